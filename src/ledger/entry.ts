/** One decision as the ledger stores it, in a form that fits every database. */
import type { DecidedCall } from '../call-record.ts'

export interface LedgerEntry {
  /**
   * The decision's own id. Versions before `person` was added have Okta's id under this name. They may
   * share a table or a spill file with this one, and write it as the unique key.
   */
  readonly eventId: string
  /** The id of Okta's call. Null in entries of such a version too, whose `eventId` it is. */
  readonly oktaEventId: string | null
  /** Null in entries of such a version, as is `callerGone`. */
  readonly person: string | null
  readonly callerGone: boolean | null
  /** UTC, ISO 8601 to the millisecond: it sorts as text, and no database's time zone can change it. */
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

/** Okta's logins have at most 100 characters; one that is typed at a sign-in may be of any length. */
export const MAX_ACCOUNT_LENGTH = 255

const MAX_PERSON_LENGTH = 64

/**
 * Text that every database takes: a refused entry would hold up all that wait behind it.
 * PostgreSQL takes no NUL, and neither it nor MySQL takes half of a surrogate pair.
 */
export const storable = (text: string, length: number): string =>
  Buffer.from(text.slice(0, length)).toString().replaceAll('\0', '\uFFFD')

/** No database takes NaN or an infinite number. */
const finite = (n: number): number => (Number.isFinite(n) ? n : 0)

/** @param at milliseconds since the epoch */
export const toEntry = (decided: DecidedCall, at: number, replica: string): LedgerEntry => ({
  eventId: decided.id,
  oktaEventId: decided.eventId ?? null,
  person: storable(decided.person, MAX_PERSON_LENGTH),
  callerGone: decided.callerGone,
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

/** The fields that earlier versions did not write to the spill file. */
const UNKNOWN = { oktaEventId: null, person: null, callerGone: null }

/** @param text an entry as it is in the spill file */
export const parseEntry = (text: string) => ({ ...UNKNOWN, ...(JSON.parse(text) as LedgerEntry) })
