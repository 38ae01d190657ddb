/** Owns the messages between the ledger and its thread. */
import type { ErrorCode } from '../errors.ts'
import type { Entry } from './entry.ts'
import type { Guess, GuessRules } from './guesses.ts'
import type { Place } from './server.ts'

export interface LedgerSetup {
  readonly place: Place
  readonly spillDir: string
  /** A name that no other process has, now or earlier. */
  readonly replica: string
  readonly guesses: GuessRules | undefined
  /** The id up to which an earlier thread has told guesses already. */
  readonly toldUpTo: number | undefined
}

/** How the ledger is doing; for probes and logs, so it names no host and no account. */
export interface Standing {
  readonly database: 'ok' | 'unreachable' | 'migrating' | 'newer_schema'
  readonly spill: 'ok' | 'failing'
  /** Entries on this machine's disk that the database does not have yet. */
  readonly waiting: number
  /** Of the last failure, its type and code. */
  readonly cause?: Record<string, unknown>
}

/** What `kept` says of how the ledger stands, so that it need not be told apart for each decision. */
export const addWaiting = (standing: Standing, count: number): Standing => ({
  ...standing,
  waiting: standing.waiting + count,
})

export type ToKeeper = readonly Entry[] | 'close'

export type FromKeeper =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly detail: string | undefined }
  /** The oldest so many of the entries sent are on the disk, and wait there. */
  | { readonly kind: 'kept'; readonly count: number }
  | { readonly kind: 'standing'; readonly standing: Standing }
  | { readonly kind: 'guesses'; readonly guesses: readonly Guess[]; readonly upTo: number }
  | { readonly kind: 'closed' }
