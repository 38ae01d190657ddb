/** Owns the decision: what was found and computed in, Okta's VERIFIED or UNVERIFIED and the reason out. */
import type { LegacyAccount } from '../legacy/store.ts'
import type { Inspection, Outcome } from '../passwords/family.ts'

export const REASONS = [
  'match',
  'mismatch',
  'unknown_login',
  'disabled',
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

interface SoundHash {
  readonly encoded: string
  readonly cost: number
}

/**
 * What the legacy store says of a login before anything is computed: the hash to compute, if there is
 * one, and the bar, which makes the answer UNVERIFIED whatever the computation says.
 */
export type Assessment =
  | { readonly hash: SoundHash; readonly bar: Reason | undefined }
  | { readonly hash: undefined; readonly bar: Reason }

export const assess = (
  accounts: readonly LegacyAccount[],
  password: string,
  inspect: (encoded: string) => Inspection,
): Assessment => {
  const [account, another] = accounts
  if (!account) return { hash: undefined, bar: 'unknown_login' }
  if (another) return { hash: undefined, bar: 'ambiguous_login' }
  // Nothing is known of this account's right to sign in, and its work must not tell that it exists.
  if (account.enabled === undefined) return { hash: undefined, bar: 'enabled_unreadable' }
  const found = inspect(account.passwordHash)
  if ('flaw' in found) {
    return { hash: undefined, bar: account.enabled ? `hash_${found.flaw}` : 'disabled' }
  }
  const hash = { encoded: account.passwordHash, cost: found.cost }
  if (!account.enabled) return { hash, bar: 'disabled' }
  // Some stores hold hashes of the empty password; nobody may come in on one.
  return { hash, bar: password === '' ? 'empty_password' : undefined }
}

const reasonFor = (outcome: Outcome): Reason =>
  outcome === 'match' || outcome === 'mismatch' ? outcome : `hash_${outcome}`

/** The only place where a VERIFIED comes from: a match that nothing bars. */
export const decide = ({ bar }: Assessment, outcome: Outcome): Decision => {
  const reason = bar ?? reasonFor(outcome)
  return { credential: reason === 'match' ? 'VERIFIED' : 'UNVERIFIED', reason }
}

/** Decided without a lookup or a hash, since the count of what was typed says nothing of an account. */
export const TOO_MANY_GUESSES: Decision = { credential: 'UNVERIFIED', reason: 'too_many_guesses' }

/** Of what is decided elsewhere, the guesses that count for the person too: at an account with a hash. */
export const GUESSES_AT_A_PERSON: readonly string[] = [
  'mismatch',
  'disabled',
  'empty_password',
] satisfies Reason[]

/** Bars an account for which many wrong passwords were tried, under whatever spelling of its login. */
export const TOO_MANY_ACCOUNT_GUESSES: Reason = 'too_many_account_guesses'
