/** Opens the file of the journal for one process, and reports failures to write it. */
import Database from 'better-sqlite3'
import { AppError, messageOf } from '../../errors/errors.ts'
import { makeDurable, openPrivateFile } from '../../sql/private-file.ts'
import { migrateJournal, checkKind } from './tables.ts'

const isBusy = (cause: unknown): boolean =>
  cause instanceof Database.SqliteError && cause.code.startsWith('SQLITE_BUSY')

/** The index of a million logins is larger, but the system's cache has the rest at hardly any cost. */
const CACHE_KIB = 8_192

/** Logins are personal data, so the file is private. */
const connect = (path: string): Database.Database =>
  openPrivateFile(path, 0, (db) => {
    // The kernel drops this lock with the process, however it ends, so that none is ever left behind.
    db.pragma('locking_mode = EXCLUSIVE')
    checkKind(db, path)
    makeDurable(db)
    db.pragma(`cache_size = -${CACHE_KIB}`)
    migrateJournal(db)
  })

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
export const writing = <T>(run: () => T): T => {
  try {
    return run()
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError('journal_unwritable', { detail: messageOf(cause), cause })
  }
}
