/** Owns the rules of a user's profile (Okta Management API, "UserProfile"). */
import { invalid, OktaError } from './errors.ts'

export type Profile = Readonly<Record<string, unknown>>

/** Shortest and longest value, in characters, of each attribute that every org has. */
const LIMITS: Readonly<Record<string, readonly [min: number, max: number]>> = {
  login: [5, 100],
  email: [5, 100],
  firstName: [1, 50],
  lastName: [1, 50],
  secondEmail: [5, 100],
  mobilePhone: [0, 100],
  primaryPhone: [0, 100],
  middleName: [0, 100],
  honorificPrefix: [0, 100],
  honorificSuffix: [0, 100],
  title: [0, 100],
  displayName: [0, 100],
  nickName: [0, 100],
  profileUrl: [0, 1024],
  streetAddress: [0, 1024],
  city: [0, 128],
  state: [0, 128],
  zipCode: [0, 50],
  countryCode: [2, 2],
  postalAddress: [0, 4096],
  preferredLanguage: [0, 100],
  locale: [0, 100],
  timezone: [0, 100],
  userType: [0, 100],
  employeeNumber: [0, 100],
  costCenter: [0, 100],
  organization: [0, 100],
  division: [0, 100],
  department: [0, 100],
  managerId: [0, 100],
  manager: [0, 100],
}

const REQUIRED = ['login', 'email', 'firstName', 'lastName'] as const
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/
const EMAILS: Readonly<Record<string, string>> = {
  login: 'Username must be in the form of an email address',
  email: 'Does not match required pattern',
  secondEmail: 'Does not match required pattern',
}
/** Needs four bytes in UTF-8, which Okta does not store ("Core Okta API", Character sets). */
const FOUR_BYTES = /[\u{10000}-\u{10ffff}]/u

const flawOf = (name: string, value: unknown): string | undefined => {
  if (FOUR_BYTES.test(JSON.stringify(value))) return 'Unsupported character'
  const limits = LIMITS[name]
  if (!limits) return undefined
  if (typeof value !== 'string') return 'Must be a string'
  const [min, max] = limits
  if (value.length < min)
    return min > 1 ? 'The field is too short' : 'The field cannot be left blank'
  if (value.length > max) return 'The field is too long'
  return name in EMAILS && !EMAIL.test(value) ? EMAILS[name] : undefined
}

export const isAttribute = (name: string, custom: ReadonlySet<string>): boolean =>
  Object.hasOwn(LIMITS, name) || custom.has(name)

/**
 * Checks a whole profile; null is the same as no value.
 * @throws OktaError E0000001 with every flaw
 */
export const checkProfile = (given: Profile, custom: ReadonlySet<string>): Profile => {
  const profile: Record<string, unknown> = {}
  const flaws: [name: string, sentence: string][] = []
  for (const name of REQUIRED) {
    if ((given[name] ?? '') === '') flaws.push([name, 'The field cannot be left blank'])
  }
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === '') continue
    const flaw = isAttribute(name, custom) ? flawOf(name, value) : 'Unknown attribute'
    if (flaw !== undefined) flaws.push([name, flaw])
    profile[name] = value
  }
  const [first] = flaws
  if (!first) return profile
  const causes = flaws.map(([name, sentence]) => `${name}: ${sentence}`)
  throw new OktaError('E0000001', { what: first[0], causes })
}

/** The word that tells a duplicate from every other E0000001. */
export const duplicateLogin = (): OktaError =>
  invalid('login', 'An object with this field already exists in the current organization')

const ASCII = /^[\0-\x7f]*$/

/** What two logins that Okta holds for the same have in common: case and diacritics do not count. */
export const loginKey = (login: string): string =>
  (ASCII.test(login) ? login : login.normalize('NFD').replace(/\p{M}/gu, '')).toLowerCase()
