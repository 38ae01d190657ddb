/** The SQLite files that the ledger writes: private to the user, durable at each commit, and watched. */
import Database from 'better-sqlite3'
import { closeSync, openSync, rmSync, statSync } from 'node:fs'
import { AppError } from '../../errors/errors.ts'
import { failureCodeOf, classifyFailure } from '../failures.ts'

const TRIES = 5

/**
 * SQLite waits for no lock when it changes the journal's mode, so that of several processes that make
 * one file some would fail. A transaction does wait: as long as the file is opened to, each time.
 */
const useWal = (db: Database.Database, tries = TRIES): void => {
  try {
    db.pragma('journal_mode = WAL')
  } catch (err) {
    if (failureCodeOf(err) !== 'SQLITE_BUSY' || tries === 1) throw err
    db.transaction(() => undefined).immediate()
    useWal(db, tries - 1)
  }
}

const openAt = (path: string, timeout: number, prepare: Prepare): Database.Database => {
  // SQLite would make it readable by everyone; its side files take over the file's mode.
  closeSync(openSync(path, 'a', 0o600))
  const db = new Database(path, { timeout })
  try {
    useWal(db)
    db.pragma('synchronous = FULL')
    prepare(db)
    return db
  } catch (err) {
    db.close()
    throw err
  }
}

type Prepare = (db: Database.Database) => void

/**
 * Opens a database file, made if need be.
 * `synchronous=FULL` lets a commit survive a loss of power; in WAL mode SQLite's own default does not.
 * @param timeout milliseconds to wait for another process's lock
 * @param prepare makes what must be in it
 * @throws AppError `ledger_unusable` for a place that is wrong; `ledger_unavailable` where the disk is
 * full or fails, or the file is locked, which may pass
 */
export const openSqliteFile = (
  path: string,
  timeout: number,
  prepare: Prepare = () => undefined,
): Database.Database => {
  try {
    return openAt(path, timeout, prepare)
  } catch (cause) {
    const code = classifyFailure(cause) === 'refused' ? 'ledger_unusable' : 'ledger_unavailable'
    throw new AppError(code, { detail: `${path}: ${failureCodeOf(cause) || 'unknown'}`, cause })
  }
}

/** @returns undefined where nothing can be found */
const identityOf = (path: string): string | undefined => {
  try {
    const { dev, ino } = statSync(path, { bigint: true })
    return `${dev} ${ino}`
  } catch {
    return undefined
  }
}

/**
 * - `there`: as it was opened;
 * - `moved`: the file was deleted or replaced, so that what is written to it is lost with the process;
 * - `torn`: of its side files, `-wal` with the newest rows and `-shm`, one was.
 */
export type FileState = 'there' | 'moved' | 'torn'

/**
 * Side files that stay behind when the file goes would be read as those of the next one at its path,
 * so they are removed then.
 * @param path of a database that is open and was read, so that its side files exist
 */
export const watchFile = (path: string): (() => FileState) => {
  const file = identityOf(path)
  const sides = ['-wal', '-shm']
    .map((end) => ({ path: path + end, identity: identityOf(path + end) }))
    .filter(({ identity }) => identity !== undefined)
  return () => {
    const left = sides.filter((side) => identityOf(side.path) === side.identity)
    if (identityOf(path) === file) return left.length === sides.length ? 'there' : 'torn'
    for (const side of left) rmSync(side.path, { force: true })
    return 'moved'
  }
}
