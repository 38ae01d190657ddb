/** Owns the reading of CSV (RFC 4180): a header, then rows. */
import { AppError } from '../errors.ts'
import { readRecords, textOf, type CsvRecord } from './csv-lines.ts'
import type { Line } from './lines.ts'
import type { Layout, SourceRow } from './source.ts'

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

const columnsOf = (header: CsvRecord | undefined): string[] => {
  if (!header) return []
  const { lines, cut } = header
  if ('flaw' in cut) {
    const detail = `In the header at line ${lines[0]?.number ?? 1}: ${cut.flaw}.`
    throw new AppError('input_unusable', { detail })
  }
  const columns = cut.values.map((name) => name.trim())
  checkHeader(columns)
  return columns
}

const toRow = (
  columns: readonly string[],
  { lines, cut }: CsvRecord,
  number: number,
): SourceRow => {
  const place = { number, line: lines[0]?.number ?? number, behind: lines.at(-1)?.behind }
  if ('flaw' in cut) return { ...place, flaw: cut.flaw, raw: textOf(lines) }
  const { values } = cut
  if (values.length !== columns.length) {
    const flaw = `the row has ${values.length} fields where the header has ${columns.length}`
    return { ...place, flaw, raw: textOf(lines) }
  }
  const fields = new Map<string, string>()
  for (const [i, name] of columns.entries()) if (values[i]) fields.set(name, values[i])
  return { ...place, fields }
}

async function* before<T>(first: readonly T[], rest: AsyncIterable<T>): AsyncGenerator<T, void> {
  yield* first
  yield* rest
}

/** A damaged record takes the numbers of all its lines, so that the rows after it keep theirs once it is corrected. */
const numbersOf = ({ lines, cut }: CsvRecord): number =>
  'flaw' in cut ? lines.filter(({ text }) => text !== '').length || 1 : 1

/** @throws AppError `input_unusable` where the header cannot be read */
export const readCsv = async (
  batches: AsyncGenerator<readonly Line[], void>,
): Promise<{ columns: string[]; layout: Layout; rows: AsyncGenerator<SourceRow, void> }> => {
  const first = await firstText(batches)
  const delimiter = delimiterOf(first.find(({ text }) => text.trim() !== '')?.text ?? '')
  const records = readRecords(before([first], batches), delimiter)
  const head = await firstRecords(records)
  const columns = columnsOf(head[0])
  async function* rows(): AsyncGenerator<SourceRow, void> {
    let number = 1
    for await (const batch of before([head.slice(1)], records)) {
      for (const record of batch) {
        yield toRow(columns, record, number)
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

const firstText = (batches: AsyncGenerator<readonly Line[], void>): Promise<Line[]> =>
  firstWith(batches, ({ text }) => text.trim() !== '')

const firstRecords = (records: AsyncGenerator<readonly CsvRecord[], void>): Promise<CsvRecord[]> =>
  firstWith(records, () => true)
