/** Owns the messages between the ledger and its thread. */
import type { ErrorCode } from '../errors/errors.ts'
import type { LedgerEntry } from './entry.ts'
import type { Guess, GuessRules } from './shared-guesses.ts'
import type { LedgerTarget } from './database/connection.ts'

export interface LedgerThreadOptions {
  readonly place: LedgerTarget
  readonly spillDir: string
  /** A name that no other process has, now or earlier. */
  readonly replica: string
  readonly guesses: GuessRules | undefined
  /** The id up to which an earlier thread has told guesses already. */
  readonly toldUpTo: number | undefined
}

/** How the ledger is doing; for probes and logs, so it names no account. */
export interface ForwarderStatus {
  /**
   * - `failing`: its disk is full or fails;
   * - `refused`: it is there, and refuses the login or a statement.
   */
  readonly database: 'ok' | 'unreachable' | 'failing' | 'refused' | 'migrating' | 'newer_schema'
  /** `failing`: this machine's disk is full or fails. */
  readonly spill: 'ok' | 'failing'
  /** Entries on this machine's disk that the database does not have yet. */
  readonly waiting: number
  /** Of the last failure, its type and code, and for the log alone what a server said of our tables or login. */
  readonly cause?: Record<string, unknown>
}

/** What `kept` says of how the ledger stands, so that it need not be told apart for each decision. */
export const addWaiting = (standing: ForwarderStatus, count: number): ForwarderStatus => ({
  ...standing,
  waiting: standing.waiting + count,
})

export type ToForwarder = readonly LedgerEntry[] | 'close'

export type FromForwarder =
  /** The spill is open, or waits for its disk. */
  | { readonly kind: 'opened' }
  /** The database has answered or not, and what other replicas have lately seen is told. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly detail: string | undefined }
  /** The oldest so many of the entries sent are on the disk and wait there, or are in the database. */
  | { readonly kind: 'kept'; readonly count: number }
  /** This file was deleted or replaced while it was in use. */
  | { readonly kind: 'vanished'; readonly file: 'spill' | 'database' }
  | { readonly kind: 'standing'; readonly standing: ForwarderStatus }
  | { readonly kind: 'guesses'; readonly guesses: readonly Guess[]; readonly upTo: number }
