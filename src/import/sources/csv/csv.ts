/** Reads CSV (RFC 4180): a header, then rows. */
import { AppError } from '../../../errors/errors.ts'
import { readRecords, recordText, type CsvRecord } from './read-records.ts'
import type { TextLine } from '../lines.ts'
import { prepend } from '../read-ahead.ts'
import type { Layout, SourceRow } from '../source.ts'

/** What spreadsheets of all countries put between fields. */
const DELIMITERS = [',', ';', '\t', '|']

const QUOTED = /"(?:[^"]|"")*"/g

const delimiterOf = (header: string): string => {
  const bare = header.replace(QUOTED, '')
  return DELIMITERS.reduce((best, each) =>
    bare.split(each).length > bare.split(best).length ? each : best,
  )
}

const checkHeader = (header: readonly string[]): void => {
  const twice = header.find((name, i) => name !== '' && header.indexOf(name) !== i)
  if (twice === undefined) return
  throw new AppError('input_unusable', { detail: `Two columns are named ${twice}.` })
}

interface Header {
  readonly columns: readonly string[]
  /** With the columns that have no name. */
  readonly width: number
}

/** Excel's line on the delimiter, and PowerShell's on the type; neither is part of the table. */
const PREAMBLE = /^(?:sep=(?<delimiter>[,;|\t])|#TYPE\s.*)\s*$/i

const columnsOf = (header: CsvRecord | undefined): string[] => {
  if (!header) return []
  const { lines, cut } = header
  if ('flaw' in cut) {
    const detail = `In the header at line ${lines[0]?.number ?? 1}: ${cut.flaw}.`
    throw new AppError('input_unusable', { detail })
  }
  const columns = cut.values.map((name) => name.trim())
  checkHeader(columns)
  // Excel leaves columns without a name at the end.
  return columns.slice(0, columns.findLastIndex((name) => name !== '') + 1)
}

const flawOf = ({ columns, width }: Header, values: readonly string[]): string | undefined => {
  const isEmpty = values.every((value) => value.trim() === '')
  if (values.length > width || (values.length < columns.length && !isEmpty)) {
    return `the row has ${values.length} fields where the header has ${columns.length}`
  }
  const unnamed = values.findIndex((value, i) => !columns[i] && value.trim() !== '')
  return unnamed < 0 ? undefined : `it has a value in column ${unnamed + 1}, which has no name`
}

const toRow = (header: Header, { lines, cut }: CsvRecord, number: number): SourceRow => {
  const fractionRead = lines.at(-1)?.fractionRead
  const position = { number, line: lines[0]?.number ?? number, fractionRead }
  const values = 'values' in cut ? cut.values : []
  const flaw = 'flaw' in cut ? cut.flaw : flawOf(header, values)
  if (flaw !== undefined) return { ...position, flaw, raw: recordText(lines) }
  const fields = new Map<string, string>()
  for (const [i, name] of header.columns.entries()) {
    if (name && values[i]) fields.set(name, values[i])
  }
  return { ...position, fields }
}

const isHeader = ({ text }: TextLine): boolean => text.trim() !== '' && !PREAMBLE.test(text)

/** A damaged record takes the numbers of all its lines, so that the rows after it keep theirs once it is corrected. */
const numbersOf = ({ lines, cut }: CsvRecord): number =>
  'flaw' in cut ? lines.filter(({ text }) => text !== '').length || 1 : 1

/** @throws AppError `input_unusable` where the header cannot be read */
export const readCsv = async (
  batches: AsyncGenerator<readonly TextLine[], void>,
): Promise<{ columns: string[]; layout: Layout; rows: AsyncGenerator<SourceRow, void> }> => {
  const first = await firstWith(batches, isHeader)
  const start = first.findIndex(isHeader)
  const stated = first.slice(0, start).map(({ text }) => PREAMBLE.exec(text)?.groups?.['delimiter'])
  const delimiter = stated.find(Boolean) ?? delimiterOf(first[start]?.text ?? '')
  const records = readRecords(prepend([first.slice(Math.max(0, start))], batches), delimiter)
  const head = await firstWith(records, () => true)
  const columns = columnsOf(head[0])
  const width = head[0] && 'values' in head[0].cut ? head[0].cut.values.length : 0
  async function* rows(): AsyncGenerator<SourceRow, void> {
    let number = 1
    for await (const batch of prepend([head.slice(1)], records)) {
      for (const record of batch) {
        yield toRow({ columns, width }, record, number)
        number += numbersOf(record)
      }
    }
  }
  const lineEnd = first[0]?.end === '' ? '\n' : (first[0]?.end ?? '\n')
  return { columns, layout: { delimiter, lineEnd }, rows: rows() }
}

const firstWith = async <T>(
  batches: AsyncGenerator<readonly T[], void>,
  isEnough: (item: T) => boolean,
): Promise<T[]> => {
  const seen: T[] = []
  while (!seen.some(isEnough)) {
    const next = await batches.next()
    if (next.done) break
    seen.push(...next.value)
  }
  return seen
}
