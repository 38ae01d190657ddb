/** Detects quoted fields that seem to contain rows: two stray quotes look like one long field. */
import type { Cut } from './cut-record.ts'
import type { TextLine } from '../lines.ts'

/** What rows look like so far. */
export interface Shape {
  /** How many fields the header has. */
  width: number
  /** A row that was read before, if any. */
  sample: readonly string[]
}

/** Of fewer columns, any line of prose has as many. */
const MIN_WIDTH = 3

/** So many lines in a field are no accident, where no address tells rows from prose. */
const MANY = 20

const addressesIn = (values: readonly string[]): number[] =>
  values.flatMap((value, i) => (value.includes('@') ? [i] : []))

/**
 * Taken as one row, people would be lost; taken as rows, a text that somebody wrote into a profile could
 * become users. So it is neither, and a person looks at it.
 */
export const hasSwallowedRows = (
  lines: readonly TextLine[],
  { width, sample }: Shape,
  delimiter: string,
): boolean => {
  if (width < MIN_WIDTH) return false
  const addresses = addressesIn(sample)
  const isRow = ({ text }: TextLine): boolean => {
    const fields = text.split(delimiter)
    return fields.length === width && addresses.every((i) => fields[i]?.includes('@'))
  }
  const inside = lines.slice(1)
  if (addresses.length > 0) return inside.some(isRow)
  return inside.length >= MANY && inside.every(isRow)
}

export const swallowed = (lines: readonly TextLine[]): Cut => {
  const last = lines.at(-1)?.number ?? 0
  return {
    flaw: `a quoted field goes on to line ${last} and holds what look like rows; perhaps its quote is a stray one`,
  }
}
