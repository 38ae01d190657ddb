/** Opens the SQLite files that this program writes: private to the user, and durable at each commit. */
import Database from 'better-sqlite3'
import { closeSync, openSync } from 'node:fs'
import { codeOf } from './failures.ts'

const TRIES = 5

/**
 * SQLite waits for no lock when it changes the journal's mode, so of several processes that make one file
 * some would fail. A transaction does wait: for the file's own timeout, each time.
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

/** With `synchronous=FULL` a commit survives a loss of power; in WAL mode, SQLite's own default does not. */
export const makeDurable = (db: Database.Database): void => {
  useWal(db)
  db.pragma('synchronous = FULL')
}

/**
 * Opens a database file, and creates it if there is none.
 * @param path empty for a database that is deleted when it is closed
 * @param timeout milliseconds to wait for another process's lock
 * @param prepare must make it durable; where it throws, the file is closed again
 */
export const openPrivateFile = (
  path: string,
  timeout: number,
  prepare: (db: Database.Database) => void,
): Database.Database => {
  // SQLite would make it readable by everyone; its side files take over the file's mode.
  if (path !== '') closeSync(openSync(path, 'a', 0o600))
  const db = new Database(path, { timeout })
  try {
    prepare(db)
    return db
  } catch (err) {
    db.close()
    throw err
  }
}
