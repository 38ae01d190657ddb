/** Why an account that may sign in cannot, in words, and what to do about it. */
import type { Flaw } from '../../passwords/family.ts'

export type BlockedReason =
  | `hash_${Flaw}`
  | 'hash_missing'
  | 'ambiguous_login'
  | 'enabled_unreadable'
  | 'login_missing'
  | 'login_too_long'
  | 'row_unreadable'

interface ReasonRow {
  readonly why: string
  readonly advice: string
}

const RESET = 'Otherwise the person must reset the password in Okta.'

/** The names are those of the hook's decisions, as far as it has them. */
export const BLOCKED_REASONS: Readonly<Record<BlockedReason, ReasonRow>> = {
  hash_truncated: {
    why: 'cut off: is the column too narrow?',
    advice: `Restore the whole hash. ${RESET}`,
  },
  hash_padded: {
    why: 'blanks or NULs around it',
    advice: 'Remove them, in the column or in the lookup with trim().',
  },
  hash_malformed: {
    why: 'damaged',
    advice: `Restore the hash. ${RESET}`,
  },
  hash_out_of_bounds: {
    why: 'costs more than the server allows',
    advice: 'Raise the limit of the server if it can check the hash in time, or import the hash.',
  },
  hash_unrecognised: {
    why: 'in no format that this program knows',
    advice: `Find out which program made it. ${RESET}`,
  },
  hash_missing: {
    why: 'empty or NULL',
    advice: 'Has the person ever had a password? If so, it must be reset in Okta.',
  },
  ambiguous_login: {
    why: 'another account has this login, without regard to case and accents',
    advice: 'Give one of the accounts another login, or merge them.',
  },
  enabled_unreadable: {
    why: 'the flag "enabled" is neither yes nor no',
    advice: 'Return 1 or 0 as enabled.',
  },
  login_missing: {
    why: 'there is no login',
    advice: 'Give the account a login.',
  },
  login_too_long: {
    why: 'the login is longer than any that Okta takes',
    advice: 'Give the account a shorter login.',
  },
  row_unreadable: {
    why: 'the row cannot be read',
    advice: 'Return the login and the hash as text; in a file, correct the line.',
  },
}
