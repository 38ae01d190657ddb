/** Owns what the rest of the product knows of the place where the old accounts live. */
import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'

export interface LegacyAccount {
  /** The store's own key for the account, if the lookup statement returns one. */
  readonly id: string | undefined
  /** The encoded hash as stored; empty when the account has none. */
  readonly passwordHash: string
  readonly enabled: boolean
}

export interface LegacyStore {
  /**
   * Finds the accounts for a login: none, one, or two when it is not unique (never more).
   * @param login normalised, see `normaliseLogin`
   * @param username as the user typed it
   * @param deadline on the clock's scale, where it comes before the store's own limit for a lookup;
   *   a store that answers at once need not look at it
   * @throws AppError `legacy_unavailable`
   */
  find(login: string, username: string, deadline?: number): Promise<readonly LegacyAccount[]>
  /**
   * The encoded hashes of up to `size` accounts, taken at random. Absent where they cannot be had at a
   * start: from a server, or where the lookup statement is the operator's own.
   * @throws AppError `legacy_unavailable`
   */
  sample?(size: number): Promise<readonly string[]>
  /** @throws AppError `legacy_unavailable` when a lookup would fail now. */
  ping(): Promise<void>
  close(): Promise<void>
  /** What the operator should know about the store, found when it was opened. */
  readonly warnings: readonly string[]
}

export interface StoreOptions {
  /** A statement with the parameters `:login` and `:username`; the default is `DEFAULT_LOOKUP_SQL`. */
  readonly sql: string | undefined
  /** How many connections to a server there may be. */
  readonly poolSize: number
  /** Milliseconds that a lookup on a server may take, waiting and connecting included. */
  readonly lookupMs: number
  /** PEM certificates to trust in place of the public ones. */
  readonly ca: string | undefined
  readonly clock: Clock
}

/**
 * Fits the schemas in `legacy-db/`, in every dialect. A short name (`isaac.brock`) finds its account
 * while only one has it; where a whole login equals another's short name, both come back, and neither
 * is ever verified.
 */
export const DEFAULT_LOOKUP_SQL = `
  SELECT id, password_hash, enabled FROM accounts
   WHERE login = :login OR short_name = :login`

/** Two rows already say that a login is ambiguous. */
export const MAX_ROWS = 2

/**
 * The form in which logins are compared: trimmed, NFC, lower case. Okta holds logins unique without
 * regard to case, and sends what the user typed.
 */
export const normaliseLogin = (username: string): string =>
  username.trim().toLowerCase().normalize('NFC')

/**
 * Whether any account could have these names. NUL and lone surrogates are in nobody's login;
 * PostgreSQL fails on the one, UTF-8 has no form for the other, and some collations of MySQL pass
 * over NUL, so that one person's login would find another's account.
 */
export const isSearchable = (login: string, username: string): boolean =>
  !/[\0\p{Surrogate}]/u.test(login + '\n' + username)

const toHash = (value: unknown): string => {
  if (typeof value === 'string') return value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1')
  if (value === null) return ''
  throw new AppError('legacy_unavailable', { detail: 'password_hash must be text' })
}

/**
 * An unreadable flag is a failure and not a guess: taken as "enabled" it would let a leaver in,
 * taken as "disabled" it would lock everyone out without a word.
 */
const toEnabled = (value: unknown): boolean => {
  if (value === null || value === undefined) return true
  if (typeof value === 'boolean') return value
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value) !== 0
  throw new AppError('legacy_unavailable', { detail: 'enabled must be 0, 1, true, false or null' })
}

type Id = string | number | bigint | Uint8Array | null | undefined

const toId = (value: Id): string | undefined => {
  if (value === null || value === undefined) return undefined
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value)
}

/** Reads one row of the lookup statement; stores of every dialect share it. */
export const toAccount = (row: Readonly<Record<string, unknown>>): LegacyAccount => {
  return {
    id: toId(row['id'] as Id),
    passwordHash: toHash(row['password_hash']),
    enabled: toEnabled(row['enabled']),
  }
}
