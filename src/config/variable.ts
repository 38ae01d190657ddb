/** Describes one environment variable: its rule as a schema, and its help and fix for people. */
import * as z from 'zod'

export interface VariableNote {
  /** What the variable is, in a help text. */
  readonly help: string
  /** How to correct it. */
  readonly fix: string
  /** Only shown as set or not set: a key, a URL with a password, or a statement, which can contain keys too. */
  readonly secret?: true
  /** The largest file that NAME_FILE can name, where the usual size is too small. */
  readonly maxFileBytes?: number
  /** The default in words, where its value depends on the machine. */
  readonly defaultWords?: string
}

export const variable = <T extends z.ZodType>(schema: T, note: VariableNote): T =>
  schema.meta({ ...note })

export const noteOf = (schema: z.ZodType): VariableNote => schema.meta() as unknown as VariableNote

export const whole = (min: number, max: number) =>
  z.stringFormat('whole-number', /^\d+$/).transform(Number).pipe(z.number().min(min).max(max))

export const text = (pattern: RegExp) => z.string().regex(pattern)

/** A field value that reaches the server unchanged: RFC 9110, section 5.5. */
export const headerValue = text(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/)

export const checkedText = (isValid: (value: string) => boolean) =>
  z.string().refine(isValid, 'is not valid')

export const pemCertificates = z.string().includes('-----BEGIN CERTIFICATE-----')

/** The certificate bundle of a cloud or a system is several hundred KiB. */
export const MAX_BUNDLE_BYTES = 1024 * 1024

type Default = string | number | boolean | readonly string[] | undefined

const schemaOf = (schema: z.ZodType) =>
  z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' })

/** @returns undefined where the rule has no list and no range */
export const choicesOf = (schema: z.ZodType): string | undefined => {
  const { enum: words, type, minimum, maximum } = schemaOf(schema)
  if (words) return words.join(', ')
  if (type === 'boolean') return 'true, false'
  return minimum === undefined || maximum === undefined ? undefined : `${minimum} to ${maximum}`
}

/** @returns undefined where there is none; an empty list is none */
export const defaultOf = (schema: z.ZodType): string | undefined => {
  const value = noteOf(schema).defaultWords ?? (schemaOf(schema).default as Default)
  const words = String(value ?? '')
  return words === '' ? undefined : words
}
