/** Owns the journal's file: who may open it, and what is said where it cannot be written. */
import Database from 'better-sqlite3'
import { closeSync, openSync } from 'node:fs'
import { AppError } from '../../errors/errors.ts'
import { bringUpToDate, checkKind } from './journal-tables.ts'

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : '')

const isBusy = (cause: unknown): boolean =>
  cause instanceof Database.SqliteError && cause.code.startsWith('SQLITE_BUSY')

/** The index of a million logins is larger: the rest of it is in the cache of the system, and costs hardly more to read. */
const CACHE_KIB = 8_192

const connect = (path: string): Database.Database => {
  // SQLite itself would let everyone read it, and logins are personal data.
  if (path !== '') closeSync(openSync(path, 'a', 0o600))
  const db = new Database(path, { timeout: 0 })
  // The kernel drops this lock with the process, however it ends, so that none is ever left behind.
  db.pragma('locking_mode = EXCLUSIVE')
  try {
    checkKind(db, path)
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = FULL')
    db.pragma(`cache_size = -${CACHE_KIB}`)
    bringUpToDate(db)
    return db
  } catch (err) {
    db.close()
    throw err
  }
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
