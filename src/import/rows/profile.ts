/** Validates the profile of a row, and converts its values to the types of Okta. */
import { Flaws } from './read-value.ts'
import { createAttributes, type ProfileAttributes, type Rules } from './attributes.ts'
import type { Value } from '../sources/source.ts'

const anyText = (names: string): Readonly<Record<string, Rules>> =>
  Object.fromEntries(names.split(' ').map((name) => [name, {}]))

/**
 * The base attributes of a user's profile, with the limits that Okta documents (Okta management API, schema
 * UserProfile). Used if the org's own schema cannot be read.
 */
const BASE: Readonly<Record<string, Rules>> = {
  login: { minLength: 5, maxLength: 100, isRequired: true },
  email: { format: 'email', minLength: 5, maxLength: 100, isRequired: true },
  firstName: { minLength: 1, maxLength: 50, isRequired: true },
  lastName: { minLength: 1, maxLength: 50, isRequired: true },
  ...anyText('middleName honorificPrefix honorificSuffix title displayName nickName'),
  profileUrl: { format: 'uri' },
  secondEmail: { format: 'email', minLength: 5, maxLength: 100 },
  mobilePhone: { maxLength: 100 },
  primaryPhone: { maxLength: 100 },
  streetAddress: { maxLength: 1024 },
  city: { maxLength: 128 },
  state: { maxLength: 128 },
  zipCode: { maxLength: 50 },
  countryCode: { format: 'country-code' },
  postalAddress: { maxLength: 4096 },
  preferredLanguage: { format: 'language-code' },
  locale: { format: 'locale' },
  timezone: { format: 'timezone' },
  ...anyText('userType employeeNumber costCenter organization division department managerId'),
  manager: {},
}

const TEXTS = Object.entries(BASE).map(
  ([name, rules]) => [name, { type: 'string', ...rules }] as const,
)

/** The attributes of every org. Okta itself checks custom attributes. */
export const BASE_ATTRIBUTES: ProfileAttributes = createAttributes(new Map(TEXTS), {
  areAll: false,
})

export type Profile = ReadonlyMap<string, Value>

/**
 * Okta stores characters of up to three bytes of UTF-8, so none beyond U+FFFF, which JavaScript
 * writes as surrogates (Okta API, "Character sets").
 */
const FOUR_BYTES = /[\ud800-\udfff]/

const isForeign = (value: unknown): boolean => typeof value === 'string' && FOUR_BYTES.test(value)

const hasFourBytes = (value: Value): boolean =>
  typeof value === 'object' ? value.some(isForeign) : isForeign(value)

const FOREIGN = 'has a character that Okta cannot store (4 bytes)'

export interface ProfileCheck {
  /** The attributes that must have a value. */
  readonly required: readonly string[]
  readonly attributes: ProfileAttributes
  /** The name by which the user knows an attribute. */
  readonly label: (name: string) => string
}

/**
 * The profile with its values as Okta takes them, and everything that Okta would refuse in it. Each complaint starts
 * with the attribute's label, and contains no value. A refused value stays as it is.
 */
export const readProfile = (
  profile: Profile,
  { required, attributes, label }: ProfileCheck,
): { readonly profile: Profile; readonly complaints: string[] } => {
  const missing = required.filter((name) => !profile.has(name))
  const complaints = missing.map((name) => `${label(name)} is missing`)
  const complain = (name: string, what: string): void =>
    void complaints.push(`${label(name)} ${what}`)
  const read = new Map<string, Value>()
  for (const [name, value] of profile) {
    const found = attributes.get(name)?.read(value) ?? value
    if (found instanceof Flaws) for (const what of found.all) complain(name, what)
    read.set(name, found instanceof Flaws ? value : found)
    if (hasFourBytes(value)) complain(name, FOREIGN)
  }
  return { profile: read, complaints }
}
