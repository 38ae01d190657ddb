/** Reads a JSON object as a row: its values, those at mapped paths, and the names of nested ones. */
import { RAW_COLUMN, REPORT_COLUMNS } from '../../rows/columns.ts'
import { BASE_ATTRIBUTES } from '../../rows/profile.ts'
import { isScalar } from '../../rows/read-value.ts'
import { isNoValue, type FlawedRow, type SoundRow, type Value } from '../source.ts'

const isValue = (value: unknown): value is Value =>
  isScalar(value) || (Array.isArray(value) && value.every(isScalar))

type Fields = Readonly<Record<string, unknown>>

export type ObjectReading = Pick<SoundRow, 'fields' | 'nested'> | Pick<FlawedRow, 'flaw' | 'raw'>

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null

/** `address.city`, or `emails.0.value`; a name that has the points itself comes first. */
const reach = (object: Fields, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (value, name) => (isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined),
      object,
    )

const ODD = 'is neither text, a number, true, false nor a list of these'

/** @param paths of the columns that are mapped */
export const toReading = (object: Fields, raw: string, paths: readonly string[]): ObjectReading => {
  const pairs = Object.entries(object).filter(([, value]) => !isNoValue(value))
  const nested = pairs.filter(([, value]) => !isValue(value)).map(([name]) => name)
  const odd = nested.find((name) => BASE_ATTRIBUTES.get(name) !== undefined || paths.includes(name))
  if (odd !== undefined) return { flaw: `${odd} ${ODD}`, raw }
  const fields = new Map(pairs.filter((pair): pair is [string, Value] => isValue(pair[1])))
  for (const path of paths) {
    const value = fields.has(path) ? undefined : reach(object, path)
    if (isNoValue(value)) continue
    if (!isValue(value)) return { flaw: `${path} ${ODD}`, raw }
    fields.set(path, value)
  }
  return nested.length > 0 ? { fields, nested } : { fields }
}

/** @param what the text is, such as "the line" */
export const readObject = (text: string, what: string, paths: readonly string[]): ObjectReading => {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return { flaw: `${what} is not JSON`, raw: text }
  }
  if (!isFields(parsed) || Array.isArray(parsed)) {
    return { flaw: `${what} is not a JSON object`, raw: text }
  }
  if (!(RAW_COLUMN in parsed)) return toReading(parsed, text, paths)
  // A row of a rejects file whose text was no row before.
  const row = readObject(String(parsed[RAW_COLUMN]), what, paths)
  if ('flaw' in row) return row
  const reject = parsed
  const report = REPORT_COLUMNS.map((name) => [name, reject[name]] as const)
  const kept = report.filter((pair): pair is [string, Value] => isValue(pair[1]))
  return { ...row, fields: new Map([...kept, ...row.fields]) }
}
