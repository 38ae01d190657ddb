/** Owns the SQLite files that the ledger writes: private to the user, durable at each commit. */
import Database from 'better-sqlite3'
import { closeSync, openSync } from 'node:fs'
import { AppError } from '../errors.ts'

const codeOf = (err: unknown): string =>
  err instanceof Error && 'code' in err ? String(err.code) : 'unknown'

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
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = FULL')
    return db
  } catch (cause) {
    throw new AppError('ledger_unusable', { detail: `${path}: ${codeOf(cause)}`, cause })
  }
}
