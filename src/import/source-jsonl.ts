/** Owns the reading of JSON lines: one object a line, its names the columns. */
import { RAW_COLUMN, REPORT_COLUMNS } from './columns.ts'
import type { Line } from './lines.ts'
import type { FlawedRow, SoundRow, SourceRow, Value } from './source.ts'

const isScalar = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value)

const isValue = (value: unknown): value is Value =>
  isScalar(value) || (Array.isArray(value) && value.every(isScalar))

const isEmpty = (value: unknown): boolean => value === null || value === ''

type Reading = Pick<SoundRow, 'fields'> | Pick<FlawedRow, 'flaw' | 'raw'>

const readText = (text: string): Reading => {
  const flawed = (flaw: string): Reading => ({ flaw, raw: text })
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return flawed('the line is not JSON')
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return flawed('the line is not a JSON object')
  }
  if (RAW_COLUMN in parsed) return readReject(parsed)
  const pairs = Object.entries(parsed).filter(([, value]) => !isEmpty(value))
  const odd = pairs.find(([, value]) => !isValue(value))
  if (odd) return flawed(`${odd[0]} is neither text, a number, true, false nor a list of these`)
  return { fields: new Map(pairs as [string, Value][]) }
}

/** A row of a rejects file whose text was no row before. */
const readReject = (reject: Readonly<Record<string, unknown>>): Reading => {
  const row = readText(String(reject[RAW_COLUMN]))
  if ('flaw' in row) return row
  const report = REPORT_COLUMNS.map((name) => [name, reject[name]] as const)
  const kept = report.filter(([, value]) => isValue(value)) as [string, Value][]
  return { fields: new Map([...kept, ...row.fields]) }
}

export async function* readJsonLines(
  batches: AsyncIterable<readonly Line[]>,
): AsyncGenerator<SourceRow, void> {
  let number = 0
  for await (const batch of batches) {
    for (const { text, flaw, number: line, behind } of batch) {
      if (flaw === undefined && text.trim() === '') continue
      const reading = flaw === undefined ? readText(text) : { flaw, raw: text }
      yield { number: ++number, line, behind, ...reading }
    }
  }
}
