/** Joins lines into CSV records; a damaged one costs only its own line. */
import { cutPlain, cutRecord, isOpen, type Cut } from './cut-record.ts'
import { hasSwallowedRows, swallowed, type Shape } from './stray-quotes.ts'
import { MAX_LINE_BYTES, type TextLine } from '../lines.ts'

export interface CsvRecord {
  /** Where it stands: more than one line where a quoted field holds line ends. */
  readonly lines: readonly TextLine[]
  readonly cut: Cut
}

/** A record as it stands in the input, without the end of its last line. */
export const recordText = (lines: readonly TextLine[]): string =>
  lines.map(({ text, end }, i) => (i < lines.length - 1 ? text + end : text)).join('')

const isOdd = (text: string): boolean => {
  let count = 0
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) count++
  return count % 2 === 1
}

/** A flaw of a line is one of its record. */
const withLineFlaw = (lines: readonly TextLine[], cut: Cut): CsvRecord => {
  const flaw = lines.find((line) => line.flaw !== undefined)?.flaw
  return { lines, cut: flaw === undefined ? cut : { flaw } }
}

interface Reading {
  readonly delimiter: string
  readonly shape: Shape
  readonly lines: readonly TextLine[]
  /** Whether no more lines will come. */
  readonly isLast: boolean
}

/**
 * A field that a quote opens goes on to the line that closes it: the next with an odd number of quotes.
 * Where that line cannot close it, or none within 1 MiB does, the quote is a stray one: the first line is
 * damaged alone, and the next one begins a record of its own. So no line is looked at more than twice, since
 * those between have even numbers of quotes and leave nothing open.
 * @returns undefined where more lines must be seen
 */
const readLong = (reading: Reading, from: number, first: Cut): CsvRecord | undefined => {
  const { lines, delimiter, shape, isLast } = reading
  const alone = withLineFlaw(lines.slice(from, from + 1), first)
  let size = lines[from]?.text.length ?? 0
  for (let at = from + 1; at < lines.length; at++) {
    const text = lines[at]?.text ?? ''
    size += text.length
    if (size > MAX_LINE_BYTES) return alone
    if (!isOdd(text)) continue
    const all = lines.slice(from, at + 1)
    const cut = cutRecord(recordText(all), delimiter)
    if ('flaw' in cut) return alone
    return withLineFlaw(all, hasSwallowedRows(all, shape, delimiter) ? swallowed(all) : cut)
  }
  return isLast ? alone : undefined
}

const readRecord = (reading: Reading, from: number): CsvRecord | undefined => {
  const line = reading.lines[from]
  if (!line) return undefined
  const cut = cutRecord(line.text, reading.delimiter)
  const plain = 'flaw' in cut ? (cutPlain(line.text, reading.delimiter) ?? cut) : cut
  return isOpen(cut) ? readLong(reading, from, plain) : withLineFlaw([line], plain)
}

/** Lines without a character are between the records. */
const isNothing = ({ lines, cut }: CsvRecord): boolean =>
  'values' in cut && lines.length === 1 && lines[0]?.text === ''

/** The header gives the width, and each row that was read is a sample for the next. */
const observe = (shape: Shape, { cut }: CsvRecord): void => {
  if ('flaw' in cut) return
  if (shape.width === 0) shape.width = cut.values.length
  else if (shape.width === cut.values.length) shape.sample = cut.values
}

/** Whole records, and the lines of one whose end was not seen. */
const cutLines = (reading: Reading): { records: CsvRecord[]; rest: readonly TextLine[] } => {
  const records: CsvRecord[] = []
  let at = 0
  for (;;) {
    const record = readRecord(reading, at)
    if (!record) return { records, rest: reading.lines.slice(at) }
    at += record.lines.length
    if (isNothing(record)) continue
    observe(reading.shape, record)
    records.push(record)
  }
}

export async function* readRecords(
  batches: AsyncIterable<readonly TextLine[]>,
  delimiter: string,
): AsyncGenerator<readonly CsvRecord[], void> {
  const shape: Shape = { width: 0, sample: [] }
  let rest: readonly TextLine[] = []
  for await (const batch of batches) {
    const cut = cutLines({ delimiter, shape, lines: [...rest, ...batch], isLast: false })
    rest = cut.rest
    yield cut.records
  }
  yield cutLines({ delimiter, shape, lines: rest, isLast: true }).records
}
