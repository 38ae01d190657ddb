/** The interface of the legacy store, which holds the old accounts. */
import type { Clock } from '../clock.ts'
import type { AppError } from '../errors/errors.ts'

export interface LegacyAccount {
  /** Identifies the account, however its login is typed: `id 7`, or without an id its own login, `login anna`. */
  readonly key: string | undefined
  /** The encoded hash as stored; empty where there is none, or no text. */
  readonly passwordHash: string
  /** Undefined where the flag cannot be read as yes or no. */
  readonly enabled: boolean | undefined
}

/** The key of a person who has no other: a login, normalised. */
export const loginKey = (login: string): string => `login ${login}`

/**
 * `ok` once the statement has passed its check on the store that is there now, `refused` where it has
 * not (or the store's file is gone), `unreachable` where that is not known.
 */
export type StoreState = 'ok' | 'unreachable' | 'refused'

/** One result of the check of a store. */
export interface Finding {
  readonly topic: 'connection' | 'columns' | 'flags' | 'accounts' | 'collation' | 'plan'
  readonly level: 'ok' | 'warning'
  readonly text: string
}

/** What both sorts of store offer. */
interface CheckedStore {
  /** @throws AppError `legacy_unavailable` when a lookup would fail now. */
  ping(): Promise<void>
  close(): Promise<void>
  readonly state: StoreState
  /** What the last check that passed has found. */
  readonly findings: readonly Finding[]
}

/** A store that finds the hash of an account, to be checked here. */
export interface HashStore extends CheckedStore {
  /**
   * Finds the accounts for a login: none, one, or two when it is not unique (never more). A row counts
   * only if it is the row of what was typed: see `rowsOf`.
   * @param login normalised, see `normaliseLogin`
   * @param username as the user typed it
   * @param deadline on the clock's scale, where it comes before the store's own limit for a lookup
   * @throws AppError `legacy_unavailable`
   */
  find(login: string, username: string, deadline?: number): Promise<readonly LegacyAccount[]>
  /** Encoded hashes of some accounts: what a hash costs in this store. */
  readonly hashes: readonly string[]
  /** Rows of other people that lookups returned since the start. */
  readonly foreignRows: number
}

/** What such a store may say of a password. `expired`: the store demands another one first, mostly once it was right. */
export type StoreResult =
  | 'match'
  | 'mismatch'
  | 'unknown_login'
  | 'ambiguous_login'
  | 'disabled'
  | 'locked'
  | 'expired'
  | 'empty_password'

/** A store that verifies a password itself and gives out no hash, such as a directory. */
export interface VerifyingStore extends CheckedStore {
  /**
   * Its answer decides. Whether a login exists may show in the time that the store takes.
   * @param login normalised, see `normaliseLogin`
   * @param username as the user typed it
   * @param password never empty: some directories accept an empty one from anyone
   * @param deadline on the clock's scale
   * @param signal aborted when no caller waits for the answer any more
   * @throws AppError `legacy_unavailable` where the store does not say whether the password is right
   */
  verify(
    login: string,
    username: string,
    password: string,
    deadline: number,
    signal: AbortSignal,
  ): Promise<StoreResult>
}

export type LegacyStore = HashStore | VerifyingStore

/** Encoded hashes of some accounts; none where the store gives out no hash. */
export const sampledHashes = (store: LegacyStore): readonly string[] =>
  'hashes' in store ? store.hashes : []

export interface StoreOptions {
  /** A statement with the parameters `:login` and `:username`; the default is `DEFAULT_LOOKUP_SQL`. */
  readonly sql: string | undefined
  /** A statement that returns all accounts, of which the first rows are read as samples. */
  readonly auditSql: string | undefined
  /** Whether rows count that do not say whose they are. */
  readonly unchecked: boolean
  /** Columns that the statement may return without being read. */
  readonly ignored: readonly string[]
  /** How many connections to a server there may be. */
  readonly poolSize: number
  /** Milliseconds that a lookup may take, waiting and connecting included. */
  readonly lookupMs: number
  /** PEM certificates to trust in place of the public ones. */
  readonly ca: string | undefined
  readonly clock: Clock
  /** Called when a check has another result than the one before: `failure` says why it did not pass. */
  readonly onCheck?: (store: HashStore, failure: AppError | undefined) => void
}

/**
 * Fits the schemas in `legacy-db/`, in every dialect. A short name (`isaac.brock`) finds its account
 * while only one has it; where a whole login equals another's short name, both come back, and neither
 * is ever verified.
 */
export const DEFAULT_LOOKUP_SQL = `
  SELECT id, login, short_name, password_hash, enabled FROM accounts
   WHERE login = :login OR short_name = :login`

/** All accounts, in no order: to sort millions of them takes the database long. */
export const ALL_ACCOUNTS_SQL = 'SELECT id, login, password_hash, enabled FROM accounts'

/** The order mixes old accounts with new ones, so that the first rows are a fair sample. */
export const DEFAULT_AUDIT_SQL = `${ALL_ACCOUNTS_SQL} ORDER BY id % 997, id % 991`
