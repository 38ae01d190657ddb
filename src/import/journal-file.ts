/** Owns the journal's file: its schema, who may open it, and what is said where it cannot be written. */
import Database from 'better-sqlite3'
import { closeSync, openSync } from 'node:fs'
import { AppError } from '../errors.ts'

const SCHEMA = `
  CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE rows (
    number INTEGER PRIMARY KEY,
    line INTEGER NOT NULL,
    digest BLOB NOT NULL,
    -- Folded; NULL for a row that was rejected, so that it stands in no other row's way.
    login TEXT UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('sending', 'created', 'existing', 'rejected', 'failed')),
    intended_at INTEGER NOT NULL,
    okta_id TEXT,
    error_code TEXT,
    request_id TEXT,
    reason TEXT
  ) STRICT;`

/** What journals of earlier versions lack; those versions can go on with it. */
const ADDED_TABLE = 'CREATE TABLE IF NOT EXISTS rejects_files (path TEXT PRIMARY KEY) STRICT'
const ADDED_COLUMN = 'ALTER TABLE rows ADD COLUMN origin INTEGER'

const complete = (db: Database.Database): void => {
  db.exec(ADDED_TABLE)
  const columns = db.pragma('table_info(rows)') as { name: string }[]
  if (!columns.some(({ name }) => name === 'origin')) db.exec(ADDED_COLUMN)
}

/** "OMIJ" in ASCII marks a SQLite file as one of these journals (SQLite, PRAGMA application_id). */
const APPLICATION_ID = 0x4f4d494a

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : '')

const isBusy = (cause: unknown): boolean =>
  cause instanceof Database.SqliteError && cause.code.startsWith('SQLITE_BUSY')

/** What a growing index needs in memory; the rest is in the cache of the system. */
const CACHE_KIB = 32_768

const isEmpty = (db: Database.Database): boolean =>
  db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0

const begin = (db: Database.Database): void => {
  db.pragma(`application_id = ${APPLICATION_ID}`)
  db.exec(SCHEMA)
}

const connect = (path: string): Database.Database => {
  // SQLite itself would let everyone read it, and logins are personal data.
  if (path !== '') closeSync(openSync(path, 'a', 0o600))
  const db = new Database(path, { timeout: 0 })
  // The kernel drops this lock with the process, however it ends, so that none is ever left behind.
  db.pragma('locking_mode = EXCLUSIVE')
  if (!isEmpty(db) && db.pragma('application_id', { simple: true }) !== APPLICATION_ID) {
    db.close()
    throw new AppError('journal_unusable', { detail: `${path} is no journal of an import.` })
  }
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.pragma(`cache_size = -${CACHE_KIB}`)
  db.transaction(() => {
    if (isEmpty(db)) begin(db)
    complete(db)
  })()
  return db
}

/** @throws AppError `journal_locked` or `journal_unusable` */
export const openDatabase = (path: string): Database.Database => {
  try {
    return connect(path)
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    if (isBusy(cause)) throw new AppError('journal_locked', { detail: path, cause })
    throw new AppError('journal_unusable', { detail: `${path}: ${messageOf(cause)}`, cause })
  }
}

/** @throws AppError `journal_unwritable` */
export const write = <T>(run: () => T): T => {
  try {
    return run()
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError('journal_unwritable', { detail: messageOf(cause), cause })
  }
}
