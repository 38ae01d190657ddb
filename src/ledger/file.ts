/** Owns the SQLite files that the ledger writes: private to the user, durable at each commit. */
import Database from 'better-sqlite3'
import { closeSync, openSync } from 'node:fs'
import { AppError } from '../errors.ts'

const codeOf = (err: unknown): string =>
  err instanceof Error && 'code' in err ? String(err.code) : 'unknown'

const TRIES = 5

/**
 * SQLite waits for no lock when it changes the journal's mode, so that of several processes that make
 * one file some would fail. A transaction does wait: as long as the file is opened to, each time.
 */
const useWal = (db: Database.Database, tries = TRIES): void => {
  try {
    db.pragma('journal_mode = WAL')
  } catch (err) {
    if (codeOf(err) !== 'SQLITE_BUSY' || tries === 1) throw err
    db.transaction(() => undefined).immediate()
    useWal(db, tries - 1)
  }
}

/**
 * Opens a database file, made if need be.
 * `synchronous=FULL` lets a commit survive a loss of power; in WAL mode SQLite's own default does not.
 * @param timeout milliseconds to wait for another process's lock
 * @throws AppError `ledger_unusable`
 */
export const openFile = (path: string, timeout: number): Database.Database => {
  try {
    // SQLite would make it readable by everyone; its side files take over the file's mode.
    closeSync(openSync(path, 'a', 0o600))
    const db = new Database(path, { timeout })
    useWal(db)
    db.pragma('synchronous = FULL')
    return db
  } catch (cause) {
    throw new AppError('ledger_unusable', { detail: `${path}: ${codeOf(cause)}`, cause })
  }
}
