/** Owns what the ledger keeps of one decision, in a form that fits every database. */
import { randomUUID } from 'node:crypto'

/** What the ledger is told of a decision. */
export interface Decided {
  /** Okta's id of the call; a call without one gets its own. */
  readonly eventId: string | undefined
  /** The login as it may be written down: a keyed fingerprint, or plain where that is switched on. */
  readonly account: string
  readonly outcome: 'VERIFIED' | 'UNVERIFIED'
  readonly reason: string
  /** Of the account's own hash, where it has a sound one. */
  readonly hash: { readonly family: string; readonly cost: number } | undefined
  readonly waitMs: number
  readonly runMs: number
}

export interface Entry {
  readonly eventId: string
  /** UTC, ISO 8601 to the millisecond: it sorts as text, and no database's time zone can bend it. */
  readonly decidedAt: string
  readonly account: string
  readonly outcome: 'VERIFIED' | 'UNVERIFIED'
  readonly reason: string
  readonly hashFamily: string | null
  readonly hashCost: number | null
  readonly waitMs: number
  readonly runMs: number
  readonly replica: string
}

/** Okta's logins have at most 100 characters; what is typed at a sign-in may have any number. */
export const MAX_ACCOUNT_LENGTH = 255

/**
 * Text that every database takes: one that refused an entry would hold up all that wait behind it.
 * PostgreSQL takes no NUL, and neither it nor MySQL takes half of a surrogate pair.
 */
const storable = (text: string, length: number): string =>
  Buffer.from(text.slice(0, length)).toString().replaceAll('\0', '\uFFFD')

/** No database takes a number that is none. */
const finite = (n: number): number => (Number.isFinite(n) ? n : 0)

/** @param at milliseconds since the epoch */
export const toEntry = (decided: Decided, at: number, replica: string): Entry => ({
  eventId: decided.eventId ?? `generated:${randomUUID()}`,
  decidedAt: new Date(at).toISOString(),
  account: storable(decided.account, MAX_ACCOUNT_LENGTH),
  outcome: decided.outcome,
  reason: decided.reason,
  hashFamily: decided.hash?.family ?? null,
  hashCost: decided.hash?.cost ?? null,
  waitMs: finite(decided.waitMs),
  runMs: finite(decided.runMs),
  replica: storable(replica, MAX_ACCOUNT_LENGTH),
})
