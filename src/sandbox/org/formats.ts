/** The formats of profile attributes, and the errors for values that do not have them. */

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/

export const isEmail = (value: string): boolean => EMAIL.test(value)

/** Codes in Unicode's list of regions that are not in ISO 3166-1. */
const NO_COUNTRIES = new Set(['EU', 'EZ', 'UN', 'QO', 'XA', 'XB', 'ZZ'])

const regions = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })
const languages = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' })

const accepts = (test: () => unknown): boolean => {
  try {
    return test() !== undefined
  } catch {
    return false
  }
}

const isCountry = (value: string): boolean =>
  /^[A-Z]{2}$/.test(value) && !NO_COUNTRIES.has(value) && accepts(() => regions.of(value))

/** A language, with an optional country after `_` or `-`: `de`, `en_US`. */
const isLocale = (value: string): boolean => accepts(() => languages.of(value.replaceAll('_', '-')))

/** Node.js also accepts offsets such as `+01:00`, which are not names in the time zone database. */
const isTimezone = (value: string): boolean =>
  /^[A-Z]/.test(value) && accepts(() => new Intl.DateTimeFormat('en', { timeZone: value }))

interface Format {
  readonly test: (value: string) => boolean
  readonly flaw: string
}

const FORMATS: ReadonlyMap<string, Format> = new Map([
  ['email', { test: isEmail, flaw: 'Does not match required pattern' }],
  ['uri', { test: (value) => URL.canParse(value), flaw: 'Must be a valid URL' }],
  ['country-code', { test: isCountry, flaw: 'Must be a country code of two letters (ISO 3166-1)' }],
  ['locale', { test: isLocale, flaw: 'Must be a locale, such as en_US' }],
  ['language-code', { test: isLocale, flaw: 'Must be a language, such as en-US' }],
  ['timezone', { test: isTimezone, flaw: 'Must be a time zone, such as America/Los_Angeles' }],
])

const MAX_REMEMBERED = 1_000
/** Values that passed: profiles have few different ones, and checking a time zone is slow. */
const remembered = new Set<string>()

/** @returns undefined for a value that has the format, or where the format is unknown */
export const flawOfFormat = (format: string, value: string): string | undefined => {
  const key = `${format}:${value}`
  const known = FORMATS.get(format)
  if (!known || remembered.has(key)) return undefined
  if (!known.test(value)) return known.flaw
  if (format !== 'email' && remembered.size < MAX_REMEMBERED) remembered.add(key)
  return undefined
}
