/** Users' credentials, in each form that Okta documents, and the rules for changing them. */
import * as z from 'zod'
import { invalid, OktaError } from '../http/errors.ts'
import { hashPassword, hashSchema, type ImportedHash, type OwnHash } from './hashes.ts'

/** `hook`: the next sign-in calls the password import hook. */
export type Password = 'none' | 'hook' | OwnHash | ImportedHash

export interface UserCredentials {
  readonly password: Password
  readonly provider: Provider
  /** The recovery question. Its answer is not stored, since nothing uses it. */
  readonly question: string | undefined
}

/** Shared objects, since there can be a million users. */
export const OKTA_PROVIDER: Provider = { type: 'OKTA', name: 'OKTA' }
const IMPORT: Provider = { type: 'IMPORT', name: 'IMPORT' }
export const NO_CREDENTIALS: UserCredentials = {
  password: 'none',
  provider: OKTA_PROVIDER,
  question: undefined,
}
/** Of a user whose password the hook will check. */
export const PENDING: UserCredentials = { password: 'hook', provider: IMPORT, question: undefined }

export const credentialsSchema = z.object({
  password: z
    .object({
      value: z.string().optional(),
      hash: hashSchema.optional(),
      hook: z.object({ type: z.literal('default') }).optional(),
    })
    .refine((password) => Object.keys(password).length <= 1, {
      error: 'Only one of value, hash and hook can be given',
    })
    .optional(),
  recovery_question: z
    .object({ question: z.string().min(1).max(100), answer: z.string().min(4).max(100) })
    .optional(),
  provider: z
    .object({
      type: z.enum(['OKTA', 'IMPORT', 'FEDERATION', 'SOCIAL']),
      name: z.string().min(1).max(100),
    })
    .optional(),
})

type GivenCredentials = z.infer<typeof credentialsSchema>
type Provider = Readonly<NonNullable<GivenCredentials['provider']>>

/** As in a new org's default policy. It does not apply to hook and hash imports. */
const MIN_PASSWORD = 8
/** From an older edition of the Users API reference. */
const MAX_PASSWORD = 72

const checkPolicy = (password: string): void => {
  const fits = password.length >= MIN_PASSWORD && password.length <= MAX_PASSWORD
  if (!fits || ![/\p{Ll}/u, /\p{Lu}/u, /\d/].every((kind) => kind.test(password))) {
    throw new OktaError('E0000080')
  }
}

const passwordFrom = async (given: GivenCredentials['password']): Promise<Password> => {
  if (given?.value !== undefined) {
    checkPolicy(given.value)
    return hashPassword(given.value)
  }
  return given?.hash ?? (given?.hook ? 'hook' : 'none')
}

/**
 * The credentials of a user after a change.
 * @throws OktaError E0000080
 */
export const changeCredentials = async (
  current: UserCredentials,
  given: GivenCredentials,
): Promise<UserCredentials> => {
  const question = given.recovery_question?.question ?? current.question
  const password = await passwordFrom(given.password)
  if (password === 'none') return { ...current, question }
  if (password === 'hook' && question === undefined) return PENDING
  return {
    password,
    provider: given.password?.value === undefined ? IMPORT : OKTA_PROVIDER,
    question,
  }
}

/**
 * The credentials of a new user.
 * @param withProvider the query parameter `provider`
 * @throws OktaError E0000001 or E0000080
 */
export const newCredentials = async (
  given: GivenCredentials = {},
  withProvider: boolean,
): Promise<UserCredentials> => {
  const { provider, password, recovery_question: question } = given
  if (provider?.type === 'IMPORT') throw invalid('provider', 'Cannot be given')
  if (!provider || provider.type === 'OKTA') return changeCredentials(NO_CREDENTIALS, given)
  if (!withProvider) throw invalid('provider', 'Needs the query parameter provider=true')
  if (password ?? question) {
    throw invalid('credentials', 'A user of another provider has no password and no question')
  }
  return { ...NO_CREDENTIALS, provider: { type: provider.type, name: provider.name } }
}
