/** Owns the legacy store in a SQLite file, opened read-only. */
import Database from 'better-sqlite3'
import { randomInt } from 'node:crypto'
import { AppError } from '../errors.ts'
import { EMPTY, type Parameters } from './parameters.ts'
import { scannedTables, scanWarnings } from './plan.ts'
import {
  DEFAULT_LOOKUP_SQL,
  isSearchable,
  MAX_ROWS,
  toAccount,
  type LegacyAccount,
  type LegacyStore,
} from './store.ts'

/** The account that comes first from a point on: among ids without great gaps, a fair draw. */
const SAMPLE_SQL = 'SELECT password_hash FROM accounts WHERE id >= ? ORDER BY id LIMIT 1'
const SAMPLE_RANGE_SQL = 'SELECT min(id) AS least, max(id) AS most FROM accounts'

/** Waiting for a writer's lock holds up every other call, so it is kept short. */
const BUSY_TIMEOUT_MS = 50

type Lookup = Database.Statement<[Parameters], Record<string, unknown>>

const messageOf = (err: unknown): string => (err instanceof Error ? err.message : String(err))

const open = (path: string): Database.Database => {
  try {
    const db = new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS })
    // A file that is no database, or one in WAL mode without its side files, shows at the first read.
    db.pragma('schema_version')
    return db
  } catch (cause) {
    const wal =
      'A database in WAL mode on a read-only mount must first be taken out of it: PRAGMA journal_mode = DELETE.'
    throw new AppError('legacy_unusable', { detail: `${path}: ${messageOf(cause)}. ${wal}`, cause })
  }
}

const complaintAbout = (lookup: Lookup): string | undefined => {
  if (!lookup.reader || !lookup.readonly) return 'it must be one SELECT'
  const columns = new Set(lookup.columns().map(({ name }) => name))
  return columns.has('password_hash') ? undefined : 'it must return a column named password_hash'
}

/** Compiles the statement and runs it once, so that a wrong one stops the start and not a sign-in. */
const prepare = (db: Database.Database, sql: string): Lookup => {
  try {
    const lookup: Lookup = db.prepare(sql)
    const complaint = complaintAbout(lookup)
    if (complaint !== undefined) throw new TypeError(complaint)
    lookup.safeIntegers().get(EMPTY)
    return lookup
  } catch (cause) {
    const detail = `LEGACY_LOOKUP_SQL: ${messageOf(cause)}`
    throw new AppError('legacy_unusable', { detail, cause })
  }
}

const planOf = (db: Database.Database, sql: string): string[] =>
  db
    .prepare<[Parameters], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
    .all(EMPTY)
    .map(({ detail }) => detail)

/** Reads no further than the second row, whatever the statement would return. */
const firstAccounts = (lookup: Lookup, parameters: Parameters): LegacyAccount[] => {
  const accounts: LegacyAccount[] = []
  for (const row of lookup.iterate(parameters)) {
    accounts.push(toAccount(row))
    if (accounts.length === MAX_ROWS) break
  }
  return accounts
}

/**
 * @param path of the database file
 * @param sql a statement with the parameters `:login` and `:username`
 * @throws AppError `legacy_unusable` when the file or the statement cannot serve
 */
export const openSqliteStore = (path: string, sql: string = DEFAULT_LOOKUP_SQL): LegacyStore => {
  const db = open(path)
  try {
    const lookup = prepare(db, sql)
    const store = storeOver(db, lookup, scanWarnings(scannedTables(planOf(db, sql)), sql))
    return sql === DEFAULT_LOOKUP_SQL ? { ...store, sample: samplerOf(db) } : store
  } catch (err) {
    db.close()
    throw err
  }
}

const samplerOf =
  (db: Database.Database): NonNullable<LegacyStore['sample']> =>
  async (size) => {
    try {
      const range = db.prepare<[], Record<'least' | 'most', number | null>>(SAMPLE_RANGE_SQL).get()
      const { least, most } = range ?? {}
      if (least == null || most == null) return []
      const draw = db.prepare<[number], Record<string, unknown>>(SAMPLE_SQL)
      const points = Array.from({ length: size }, () => randomInt(least, most + 1))
      return points.map((point) => toAccount(draw.get(point) ?? {}).passwordHash)
    } catch (cause) {
      throw cause instanceof AppError ? cause : new AppError('legacy_unavailable', { cause })
    }
  }

const storeOver = (
  db: Database.Database,
  lookup: Lookup,
  warnings: readonly string[],
): LegacyStore => {
  const find: LegacyStore['find'] = async (login, username) => {
    if (!isSearchable(login, username)) return []
    try {
      return firstAccounts(lookup, { login, username })
    } catch (cause) {
      throw cause instanceof AppError ? cause : new AppError('legacy_unavailable', { cause })
    }
  }
  return {
    warnings,
    find,
    ping: async () => {
      await find('', '')
    },
    close: async () => {
      db.close()
    },
  }
}
