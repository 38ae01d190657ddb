/** Owns the limits of Okta's user profile, checked before a row is sent. */
import type { Value } from './source.ts'

export interface Limit {
  readonly min?: number
  readonly max?: number
  readonly email?: true
}

/**
 * The base attributes of a user's profile, and what Okta documents of their limits (Okta management
 * API, schema UserProfile). An attribute without a limit here is left to Okta's judgement.
 */
export const BASE_ATTRIBUTES: Readonly<Record<string, Limit>> = {
  login: { min: 5, max: 100, email: true },
  email: { min: 5, max: 100, email: true },
  firstName: { min: 1, max: 50 },
  lastName: { min: 1, max: 50 },
  middleName: {},
  honorificPrefix: {},
  honorificSuffix: {},
  title: {},
  displayName: {},
  nickName: {},
  profileUrl: {},
  secondEmail: { min: 5, max: 100, email: true },
  mobilePhone: { max: 100 },
  primaryPhone: { max: 100 },
  streetAddress: { max: 1024 },
  city: { max: 128 },
  state: { max: 128 },
  zipCode: { max: 50 },
  countryCode: { min: 2, max: 2 },
  postalAddress: { max: 4096 },
  preferredLanguage: {},
  locale: {},
  timezone: {},
  userType: {},
  employeeNumber: {},
  costCenter: {},
  organization: {},
  division: {},
  department: {},
  managerId: {},
  manager: {},
}

/** What Okta asks of every user, where the org has not made the names optional. */
export const REQUIRED = ['login', 'email', 'firstName', 'lastName'] as const

export type Profile = ReadonlyMap<string, Value>

/** Looser than any mail server's rules: what it refuses, Okta refuses. */
const EMAIL = /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/

/**
 * Okta stores characters of up to three bytes of UTF-8, so none beyond U+FFFF, which JavaScript
 * writes as surrogates (Okta API, "Character sets").
 */
const FOUR_BYTES = /[\ud800-\udfff]/

const textsOf = (value: Value): string[] =>
  (Array.isArray(value) ? (value as string[]) : [value]).filter((each) => typeof each === 'string')

const complaintsAbout = (value: Value, { min = 0, max = Infinity, email }: Limit): string[] => {
  if (typeof value !== 'string') return ['must be text']
  return [
    ...(value.length < min ? [`is shorter than ${min} characters`] : []),
    ...(value.length > max ? [`is longer than ${max} characters`] : []),
    ...(email && !EMAIL.test(value) ? ['is not an e-mail address'] : []),
  ]
}

const hasFourBytes = (value: Value): boolean => textsOf(value).some((text) => FOUR_BYTES.test(text))

/**
 * Everything that Okta would refuse in a profile, each beginning with the attribute's label and never
 * holding its value.
 * @param required the attributes that must have a value
 * @param label what the person knows an attribute by
 */
export const checkProfile = (
  profile: Profile,
  required: readonly string[],
  label: (name: string) => string,
): string[] => [
  ...required.filter((name) => !profile.has(name)).map((name) => `${label(name)} is missing`),
  ...[...profile].flatMap(([name, value]) => {
    const limit = BASE_ATTRIBUTES[name]
    const found = limit ? complaintsAbout(value, limit) : []
    const foreign = hasFourBytes(value) ? ['has a character that Okta cannot store (4 bytes)'] : []
    return [...found, ...foreign].map((what) => `${label(name)} ${what}`)
  }),
]
