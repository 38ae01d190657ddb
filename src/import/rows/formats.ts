/** The formats of Okta's profile attributes (Okta Management API, "Schemas"), as checks of a text. */

/** Looser than any mail server's rules: what it refuses, Okta refuses. */
const EMAIL = /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/

const regions = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })
const languages = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' })

const accepts = (test: () => unknown): boolean => {
  try {
    return test() !== undefined
  } catch {
    return false
  }
}

/** Codes that Unicode knows, and that are no countries. */
const NO_COUNTRIES = new Set(['EU', 'EZ', 'UN', 'QO', 'XA', 'XB', 'ZZ'])

/** Unicode also reads codes that are another's alias, such as UK. */
const isCountry = (text: string): boolean =>
  /^[A-Z]{2}$/.test(text) &&
  !NO_COUNTRIES.has(text) &&
  regions.of(text) !== undefined &&
  new Intl.Locale(`und-${text}`).region === text

const isLocale = (text: string): boolean => accepts(() => languages.of(text.replaceAll('_', '-')))

/** A list of languages, with weights, is left to Okta (RFC 9110, section 12.5.4). */
const isLanguage = (text: string): boolean => /[,;]/.test(text) || isLocale(text)

/** Node.js also takes offsets such as `+01:00`, which are no names of the time zone database. */
const isTimeZone = (text: string): boolean =>
  /^[A-Z]/.test(text) && accepts(() => new Intl.DateTimeFormat('en', { timeZone: text }))

/** Longer than any locale, country or time zone. */
const MAX_LENGTH = 100
const MAX_REMEMBERED = 1_000

/** A time zone takes long to check, and a million people have few of them. */
const remembering = (test: (text: string) => boolean): ((text: string) => boolean) => {
  const known = new Map<string, boolean>()
  return (text) => {
    if (text.length > MAX_LENGTH) return false
    const found = known.get(text) ?? test(text)
    if (known.size < MAX_REMEMBERED) known.set(text, found)
    return found
  }
}

interface Format {
  readonly test: (text: string) => boolean
  readonly flaw: string
}

const NO_COUNTRY = 'is not a country code of two capital letters (ISO 3166-1), such as GB'
const NO_TIME_ZONE = 'is not a time zone such as America/Los_Angeles'

const FORMATS: ReadonlyMap<string, Format> = new Map([
  ['email', { test: (text) => EMAIL.test(text), flaw: 'is not an e-mail address' }],
  ['uri', { test: (text) => URL.canParse(text), flaw: 'is not a URL such as https://x.example' }],
  ['country-code', { test: remembering(isCountry), flaw: NO_COUNTRY }],
  ['locale', { test: remembering(isLocale), flaw: 'is not a locale such as en_US' }],
  ['language-code', { test: remembering(isLanguage), flaw: 'is not a language such as en-US' }],
  ['timezone', { test: remembering(isTimeZone), flaw: NO_TIME_ZONE }],
])

/** @returns undefined for a format that is not known, whose values are left to Okta */
export const formatOf = (name: string): Format | undefined => FORMATS.get(name)
