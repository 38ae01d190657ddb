/** Owns what the rest of the product knows of the place where the old accounts live. */
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
   * @throws AppError `legacy_unavailable`
   */
  find(login: string, username: string): Promise<readonly LegacyAccount[]>
  /**
   * The encoded hashes of up to `size` accounts, taken at random; of none where the store does not know
   * where they are, because the lookup statement is the operator's own.
   * @throws AppError `legacy_unavailable`
   */
  sample?(size: number): Promise<readonly string[]>
  /** @throws AppError `legacy_unavailable` when a lookup would fail now. */
  ping(): Promise<void>
  close(): Promise<void>
  /** What the operator should know about the store, found when it was opened. */
  readonly warnings: readonly string[]
}

/**
 * The form in which logins are compared: trimmed, NFC, lower case. Okta holds logins unique without
 * regard to case, and sends what the user typed.
 */
export const normaliseLogin = (username: string): string =>
  username.trim().toLowerCase().normalize('NFC')

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

/** Reads one row of the lookup statement; stores of every dialect share it. */
export const toAccount = (row: Readonly<Record<string, unknown>>): LegacyAccount => {
  const { id } = row as { id?: string | number | bigint | null }
  return {
    id: id === null || id === undefined ? undefined : String(id),
    passwordHash: toHash(row['password_hash']),
    enabled: toEnabled(row['enabled']),
  }
}
