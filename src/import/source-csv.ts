/** Owns the reading of CSV (RFC 4180): a header, then rows, told by csv-parse. */
import { CsvError, parse } from 'csv-parse'
import { pipeline, Readable } from 'node:stream'
import { AppError } from '../errors.ts'
import { asInputError, type SourceRow } from './source.ts'
import { MAX_LINE_BYTES, type Block } from './whole-lines.ts'

/** What spreadsheets of all countries put between fields. */
const DELIMITERS = [',', ';', '\t', '|']

const delimiterOf = (header: string): string =>
  DELIMITERS.reduce((best, each) =>
    header.split(each).length > header.split(best).length ? each : best,
  )

/** csv-parse's own messages quote the input, which may be a password. */
const PROBLEMS: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote is opened and never closed',
  CSV_INVALID_CLOSING_QUOTE: 'a closing quote is followed by more text; a quote inside is doubled',
  INVALID_OPENING_QUOTE: 'a quote stands inside an unquoted field; quote the field, and double it',
  CSV_MAX_RECORD_SIZE: 'the row is longer than 1 MiB; perhaps a quote is not closed',
}

/** @param line where the row that cannot be read begins */
const explain = (cause: unknown, line: number): AppError => {
  if (!(cause instanceof CsvError)) return asInputError(cause)
  const problem = PROBLEMS[cause.code] ?? `it is not CSV (${cause.code})`
  return new AppError('input_unusable', { detail: `In the row at line ${line}: ${problem}.` })
}

interface Parsed {
  readonly record: string[]
  readonly info: { readonly lines: number; readonly bytes: number }
}

interface Line {
  readonly values: string[]
  /** Where it begins. */
  readonly line: number
  /** How much of the input was read with it. */
  readonly bytes: number
}

const parserFor = (delimiter: string) =>
  parse({
    delimiter,
    info: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MAX_LINE_BYTES,
  })

const count = (values: readonly string[], character: string): number =>
  values.reduce((sum, value) => sum + value.split(character).length - 1, 0)

async function* parseBlocks(
  texts: AsyncIterable<string>,
  delimiter: string,
): AsyncGenerator<Line, void> {
  const parser = parserFor(delimiter)
  pipeline(Readable.from(texts), parser, () => undefined)
  // Inside quotes csv-parse counts both halves of CRLF as ends of lines.
  let overcount = 0
  let end = 0
  try {
    for await (const { record, info } of parser as AsyncIterable<Parsed>) {
      overcount += count(record, '\r\n')
      end = info.lines - overcount
      yield { values: record, line: end - count(record, '\n'), bytes: info.bytes }
    }
  } catch (cause) {
    throw explain(cause, end + 1)
  }
}

const checkHeader = (header: readonly string[]): void => {
  const twice = header.find((name, i) => name !== '' && header.indexOf(name) !== i)
  if (twice === undefined) return
  throw new AppError('input_unusable', { detail: `Two columns are named ${twice}.` })
}

type Place = Pick<SourceRow, 'number' | 'line' | 'behind'>

const toRow = (columns: readonly string[], values: readonly string[], place: Place): SourceRow => {
  if (values.length !== columns.length) {
    const flaw = `the row has ${values.length} fields where the header has ${columns.length}`
    return { ...place, flaw, raw: values }
  }
  const pairs = columns.map((name, i) => [name, values[i] ?? ''] as const)
  return { ...place, fields: new Map(pairs.filter(([, value]) => value !== '')) }
}

/**
 * @param size of the input in bytes, where it is known
 * @throws AppError `input_unusable`
 */
export const readCsv = async (
  first: Block,
  rest: AsyncIterable<Block>,
  size: number | undefined,
): Promise<{ columns: readonly string[]; rows: AsyncGenerator<SourceRow, void> }> => {
  async function* texts(): AsyncGenerator<string, void> {
    yield first.text
    for await (const { text } of rest) yield text
  }
  const [headerLine = ''] = first.text.trimStart().split(/[\r\n]/, 1)
  const parsed = parseBlocks(texts(), delimiterOf(headerLine))
  const header = await parsed.next()
  const columns = header.done ? [] : header.value.values.map((name) => name.trim())
  checkHeader(columns)
  async function* rows(): AsyncGenerator<SourceRow, void> {
    let number = 0
    for await (const { values, line, bytes } of parsed) {
      const behind = size && Math.min(1, bytes / size)
      yield toRow(columns, values, { number: ++number, line, behind })
    }
  }
  return { columns, rows: rows() }
}
