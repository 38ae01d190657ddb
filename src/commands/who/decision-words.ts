/** A decision of the ledger in words for people, and as an object for programs. */
import type { Reason } from '../../hook/decision.ts'
import type { PastDecision } from '../../ledger/database/history.ts'
import { printable } from '../../text/printable.ts'

const WORDS: Readonly<Record<Reason | 'unlocked', string>> = {
  match: 'right password',
  mismatch: 'wrong password',
  unknown_login: 'no such account',
  disabled: 'disabled account',
  locked: 'account locked in the legacy system',
  expired: 'password expired in the legacy system',
  enabled_unreadable: 'unclear whether enabled',
  empty_password: 'empty password',
  ambiguous_login: 'two accounts',
  too_many_guesses: 'too many wrong passwords for this login',
  too_many_account_guesses: 'too many wrong passwords for this person',
  hash_unrecognised: 'hash of an unknown format',
  hash_malformed: 'damaged hash',
  hash_truncated: 'hash cut off',
  hash_padded: 'hash with blanks around it',
  hash_out_of_bounds: 'hash too costly',
  unlocked: 'may try again',
}

/** Every reason that a decision can have. */
export const KNOWN_REASONS = Object.keys(WORDS)

const wordsOf = (reason: string): string =>
  KNOWN_REASONS.includes(reason) ? WORDS[reason as Reason] : printable(reason)

/** What was decided, and why; with an unlock, who did it and the reason that was given. */
export const describeDecision = (row: PastDecision): string => {
  const { outcome, reason, callerGone, actor, note } = row
  const gone = callerGone ? ', and nobody waited for the answer' : ''
  const by = actor === null ? '' : ` (${printable(actor)}: ${printable(note ?? '')})`
  return `${outcome.padEnd(10)}  ${wordsOf(reason)}${gone}${by}`
}

/** Fields without a value are left out. */
export const toDecisionObject = (row: PastDecision): object => ({
  at: row.decidedAt,
  outcome: row.outcome,
  reason: row.reason,
  login: row.account,
  person: row.person ?? undefined,
  family: row.hashFamily ?? undefined,
  cost: row.hashCost ?? undefined,
  callerGone: row.callerGone,
  replica: row.replica,
  by: row.actor ?? undefined,
  note: row.note ?? undefined,
})
