/** The rules for users' profiles: which values a schema takes, and which logins are equal. */
import { invalid, OktaError } from '../http/errors.ts'
import { flawOfFormat, isEmail } from './formats.ts'
import type { AttributeSchema, OrgUserSchema } from './schema.ts'

export type UserProfile = Readonly<Record<string, unknown>>

/** Needs four bytes in UTF-8, which Okta does not store ("Core Okta API", Character sets). */
const FOUR_BYTES = /[\u{10000}-\u{10ffff}]/u

const IS_A: Readonly<Record<NonNullable<AttributeSchema['type']>, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  number: (value) => typeof value === 'number',
  integer: (value) => Number.isSafeInteger(value),
  array: Array.isArray,
}

type Options = Pick<AttributeSchema, 'enum' | 'oneOf'>

const isOption = (value: unknown, { enum: options, oneOf }: Options): boolean => {
  const allowed: readonly unknown[] | undefined = oneOf?.map((one) => one.const) ?? options
  return allowed?.includes(value) ?? true
}

const flawOfText = (name: string, attribute: AttributeSchema, value: string) => {
  const { minLength = 0, maxLength = Infinity, format, pattern } = attribute
  if (value.length < minLength) return 'The field is too short'
  if (value.length > maxLength) return 'The field is too long'
  if (format !== undefined) return flawOfFormat(format, value)
  if (typeof pattern === 'string') {
    return new RegExp(`^${pattern}$`).test(value) ? undefined : 'Does not match required pattern'
  }
  const isBadLogin = name === 'login' && !isEmail(value)
  return isBadLogin ? 'Username must be in the form of an email address' : undefined
}

const flawOf = (name: string, attribute: AttributeSchema, value: unknown): string | undefined => {
  const { type = 'string', items } = attribute
  if (attribute.mutability === 'READ_ONLY') return 'The field is read-only'
  if (!IS_A[type](value)) return `Must be of type ${type}`
  if (FOUR_BYTES.test(JSON.stringify(value))) return 'Unsupported character'
  if (!isOption(value, attribute)) return 'The value specified is not in the list of allowed values'
  if (Array.isArray(value) && items) {
    if (!value.every((item) => IS_A[items.type](item)))
      return `Must hold items of type ${items.type}`
    if (!value.every((item) => isOption(item, items)))
      return 'An item is not in the list of allowed values'
  }
  return typeof value === 'string' ? flawOfText(name, attribute, value) : undefined
}

const isEmpty = (value: unknown): boolean => value === null || value === undefined || value === ''

/**
 * Checks a whole profile. Null and an empty string count as no value.
 * @throws OktaError E0000001 with all errors
 */
export const checkProfile = (
  given: UserProfile,
  { all, required }: OrgUserSchema,
  current: UserProfile = {},
): UserProfile => {
  const profile: Record<string, unknown> = {}
  const flaws: [name: string, sentence: string][] = []
  for (const name of required) {
    if (isEmpty(given[name])) flaws.push([name, 'The field cannot be left blank'])
  }
  for (const [name, value] of Object.entries(given)) {
    const attribute = all.get(name)
    if (!attribute) throw unknownAttribute(name)
    const isSame = value === current[name]
    if (attribute.mutability === 'IMMUTABLE' && !isEmpty(current[name]) && !isSame) {
      flaws.push([name, 'The field cannot be changed'])
    }
    if (isEmpty(value)) continue
    const flaw = isSame ? undefined : flawOf(name, attribute, value)
    if (flaw !== undefined) flaws.push([name, flaw])
    profile[name] = value
  }
  const [first] = flaws
  if (!first) return profile
  const causes = flaws.map(([name, sentence]) => `${name}: ${sentence}`)
  throw new OktaError('E0000001', { what: first[0], causes })
}

/** As in recorded answers: without the attribute's name in front. */
const unknownAttribute = (name: string): OktaError =>
  new OktaError('E0000001', {
    what: 'newUser',
    causes: [`Property name '${name}' is not defined in profile`],
  })

/** The sentence that distinguishes a duplicate from every other E0000001. */
export const duplicateLogin = (): OktaError =>
  invalid('login', 'An object with this field already exists in the current organization')

const ASCII = /^[\0-\x7f]*$/

/** Equal for logins that Okta treats as one: it ignores case and diacritics. */
export const uniqueLogin = (login: string): string =>
  (ASCII.test(login) ? login : login.normalize('NFD').replace(/\p{M}/gu, '')).toLowerCase()
