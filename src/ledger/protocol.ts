/** The messages between the ledger and its thread. */
import type { ErrorCode } from '../errors/errors.ts'
import type { LedgerEntry } from './entry.ts'
import type { Guess, GuessRules, Unlock } from './shared-guesses.ts'
import type { LedgerTarget } from './target.ts'

export interface LedgerThreadOptions {
  readonly target: LedgerTarget
  readonly spillDir: string
  /** A name that no other process has, now or earlier. */
  readonly replica: string
  readonly guesses: GuessRules | undefined
  /** The id up to which an earlier thread has sent guesses already. */
  readonly guessesUpTo: number | undefined
}

/** The state of the ledger's parts; for probes and logs, so it names no account. */
export interface ForwarderStatus {
  /**
   * - `failing`: its disk is full or broken;
   * - `refused`: it can be reached, and refuses the login or a statement.
   */
  readonly database: 'ok' | 'unreachable' | 'failing' | 'refused' | 'migrating' | 'newer_schema'
  /** The file on this machine's disk. `failing`: that is full or broken. */
  readonly spill: 'ok' | 'failing'
  /** Entries on this machine's disk that the database does not have yet; after a `persisted`, so many more. */
  readonly waiting: number
  /** Type and code of the last failure, and, for the log only, what a server said about our tables or login. */
  readonly cause?: Record<string, unknown>
}

/** `open` comes first, or `close` where the server does not start. */
export type ToForwarder = 'open' | readonly LedgerEntry[] | 'close'

export type FromForwarder =
  /** The spill file is open, or waits for its disk. */
  | { readonly kind: 'opened' }
  /** The first attempt to reach the database is over, and what other replicas have lately seen was sent. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly detail: string | undefined }
  /** So many of the entries sent, from the oldest, are on the disk and wait there, or are in the database. */
  | { readonly kind: 'persisted'; readonly count: number }
  /** This file was deleted or replaced while it was in use. */
  | { readonly kind: 'vanished'; readonly file: 'spill' | 'database' }
  | { readonly kind: 'status'; readonly status: ForwarderStatus }
  | {
      readonly kind: 'guesses'
      readonly guesses: readonly (Guess | Unlock)[]
      readonly upTo: number
    }
