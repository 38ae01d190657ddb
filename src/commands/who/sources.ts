/** What the legacy store says of one person, and how a source that says nothing is shown. */
import type { Clock } from '../../clock.ts'
import { AppError } from '../../errors/errors.ts'
import { openSqlSource, type StatementRules } from '../../import/sources/sql/sql-source.ts'
import { openLegacyStore } from '../../legacy/open.ts'
import { ALL_ACCOUNTS_SQL, type HashStore, type LegacyAccount } from '../../legacy/store.ts'
import { readLogin } from '../../login.ts'
import { inspect } from '../../passwords/registry.ts'
import { describeEncoded } from '../../passwords/tally.ts'
import { lookupLimitOf } from '../serve/open-legacy.ts'
import type { WhoLegacy } from './settings.ts'

/** A source that is not configured, that failed, that has nobody, or that has found the person. */
export type Asked<T> =
  | {
      readonly state: 'not_asked'
      readonly missing: readonly string[]
      /** In place of what is missing, where nothing is. */
      readonly why?: string
    }
  | { readonly state: 'failed'; readonly error: AppError }
  | { readonly state: 'none' }
  | ({ readonly state: 'found' } & T)

export interface LegacyFacts {
  /** Several accounts have this login, and none of them can sign in by it. */
  readonly isAmbiguous: boolean
  /** Undefined where the flag cannot be read. */
  readonly enabled: boolean | undefined
  /** In words, which hold nothing of the hash. */
  readonly hash: string
  readonly remedy: string | undefined
  readonly canBeChecked: boolean
  /** As `LegacyAccount.key`. */
  readonly key: string | undefined
  /** The login of the account, where what was typed is its id. */
  readonly loginOfId: string | undefined
  /** Whether it was found by what was typed, without a look into Okta. */
  readonly byTyped: boolean
}

/** @throws AppError for a wrong configuration; any other failure of a source is a fact of its own */
export const asked = async <T>(work: () => Promise<Asked<T>>): Promise<Asked<T>> => {
  try {
    return await work()
  } catch (err) {
    if (err instanceof AppError && err.row.exit === 3) return { state: 'failed', error: err }
    throw err
  }
}

const factsOf = (
  [account, another]: readonly LegacyAccount[],
  { hashes }: WhoLegacy,
  by: Pick<LegacyFacts, 'loginOfId' | 'byTyped'>,
): Asked<LegacyFacts> => {
  if (!account) return { state: 'none' }
  const { passwordHash, enabled, key } = account
  const { what, remedy } = describeEncoded(passwordHash, hashes)
  return {
    state: 'found',
    isAmbiguous: another !== undefined,
    enabled,
    hash: what,
    remedy,
    canBeChecked: !('flaw' in inspect(passwordHash, hashes)),
    key,
    ...by,
  }
}

/** Text that means the same in every dialect when it stands between quotes. */
const ID = /^[\w-]{1,64}$/

const BY_ID: StatementRules = { variable: 'LEGACY_AUDIT_SQL', isOrdered: false, keepsEmpty: true }

/** @returns undefined where no account has this id, or the statement has no id to compare */
const findLoginOfId = async (id: string, legacy: WhoLegacy): Promise<string | undefined> => {
  const all = legacy.auditSql ?? (legacy.sql === undefined ? ALL_ACCOUNTS_SQL : undefined)
  if (all === undefined || !ID.test(id)) return undefined
  const accounts = all.trim().replace(/;$/, '')
  // A comment at its end must not take the bracket with it.
  const sql = `SELECT * FROM (${accounts}\n) AS all_accounts WHERE id = '${id}'`
  try {
    const source = await openSqlSource(legacy, sql, BY_ID)
    try {
      for await (const row of source.rows) {
        if (!('fields' in row)) continue
        const login = row.fields.get('login')
        // MySQL takes any text for the number 0.
        if (String(row.fields.get('id')) === id && typeof login === 'string') return login
      }
      return undefined
    } finally {
      source.close()
    }
  } catch (err) {
    // PostgreSQL refuses to compare a number with text that is none.
    if (err instanceof AppError && err.row.exit === 2) return undefined
    throw err
  }
}

const find = (store: HashStore, name: string): Promise<readonly LegacyAccount[]> => {
  const { normalised, typed, isTooLong } = readLogin(name)
  return isTooLong ? Promise.resolve([]) : store.find(normalised, typed)
}

/**
 * Looks up what was typed as the hook would; then the login that Okta knows; then the account with this id.
 * @throws AppError `legacy_unusable` or `legacy_unavailable`
 */
export const askLegacy = async (
  name: string,
  oktaLogin: string | undefined,
  legacy: WhoLegacy,
  clock: Clock,
): Promise<Asked<LegacyFacts>> => {
  const { deadlineMs, url } = legacy
  const store = await openLegacyStore(url, {
    ...legacy,
    lookupMs: lookupLimitOf(deadlineMs),
    clock,
  })
  try {
    for (const login of [name, oktaLogin]) {
      const found = login === undefined ? [] : await find(store, login)
      const byTyped = login === name
      if (found.length > 0) return factsOf(found, legacy, { loginOfId: undefined, byTyped })
    }
    const loginOfId = await findLoginOfId(name.trim(), legacy)
    const found = loginOfId === undefined ? [] : await find(store, loginOfId)
    return factsOf(found, legacy, { loginOfId, byTyped: true })
  } finally {
    await store.close()
  }
}
