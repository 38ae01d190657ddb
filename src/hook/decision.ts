/** Decides: from the accounts found and the check's outcome to VERIFIED or UNVERIFIED, with the reason. */
import type { LegacyAccount } from '../legacy/store.ts'
import type { Inspection, Outcome, Plan } from '../passwords/family.ts'

export const REASONS = [
  'match',
  'mismatch',
  'unknown_login',
  'disabled',
  'locked',
  'expired',
  'enabled_unreadable',
  'empty_password',
  'ambiguous_login',
  'too_many_guesses',
  'too_many_account_guesses',
  'hash_unrecognised',
  'hash_malformed',
  'hash_truncated',
  'hash_padded',
  'hash_out_of_bounds',
] as const

export type Reason = (typeof REASONS)[number]

export interface Decision {
  readonly credential: 'VERIFIED' | 'UNVERIFIED'
  readonly reason: Reason
}

/**
 * What the accounts found for a login allow, before anything is computed: the hash to compute, if there
 * is one, and a reason to deny access whatever the outcome.
 */
export type Assessment =
  | { readonly hash: Plan; readonly denyReason: Reason | undefined }
  | { readonly hash: undefined; readonly denyReason: Reason }

/**
 * bcrypt repeats a password with a NUL behind it, and HMAC (so PBKDF2 and scrypt) fills it up with NULs: of NULs
 * alone they make what they make of none.
 */
export const isEmptyPassword = (password: string): boolean => /^\0*$/.test(password)

export const assess = (
  accounts: readonly LegacyAccount[],
  password: string,
  inspect: (encoded: string) => Inspection,
): Assessment => {
  const [account, another] = accounts
  if (!account) return { hash: undefined, denyReason: 'unknown_login' }
  if (another) return { hash: undefined, denyReason: 'ambiguous_login' }
  // Whether this account may sign in is unknown, and the work must not show that it exists.
  if (account.enabled === undefined) return { hash: undefined, denyReason: 'enabled_unreadable' }
  const hash = inspect(account.passwordHash)
  if ('flaw' in hash) {
    return { hash: undefined, denyReason: account.enabled ? `hash_${hash.flaw}` : 'disabled' }
  }
  if (!account.enabled) return { hash, denyReason: 'disabled' }
  // Some stores hold hashes of the empty password, which must not let anyone in.
  return { hash, denyReason: isEmptyPassword(password) ? 'empty_password' : undefined }
}

const reasonFor = (outcome: Outcome): Reason =>
  outcome === 'match' || outcome === 'mismatch' ? outcome : `hash_${outcome}`

/** The only source of VERIFIED. */
export const decisionFor = (reason: Reason): Decision => ({
  credential: reason === 'match' ? 'VERIFIED' : 'UNVERIFIED',
  reason,
})

/** VERIFIED for a match without a reason to deny access. */
export const decide = ({ denyReason }: Assessment, outcome: Outcome): Decision =>
  decisionFor(denyReason ?? reasonFor(outcome))

/** Decided without a lookup or a hash, since the count for a typed login reveals nothing about an account. */
export const TOO_MANY_GUESSES: Decision = { credential: 'UNVERIFIED', reason: 'too_many_guesses' }

/** Reasons of wrong guesses at an account with a hash. Those of other servers count for the person too. */
export const COUNTED_FOR_PERSON: readonly string[] = [
  'mismatch',
  'disabled',
  'empty_password',
] satisfies Reason[]

/** Reasons of decisions that were made about what was typed, and say nothing of whose it is. */
export const FINDS_NOBODY: readonly string[] = [
  'unknown_login',
  'ambiguous_login',
  'too_many_guesses',
] satisfies Reason[]

/** Denies access to an account with many wrong guesses, under any spelling of its login. */
export const TOO_MANY_ACCOUNT_GUESSES: Reason = 'too_many_account_guesses'
