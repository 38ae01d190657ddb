/** The SQLite files that the ledger writes: private to the user, durable at each commit, and watched. */
import BetterSqlite, { type Database } from 'better-sqlite3'
import { rmSync, statSync } from 'node:fs'
import { AppError } from '../../errors/errors.ts'
import { codeOf } from '../../sql/failures.ts'
import { makeDurable, openPrivateFile } from '../../sql/private-file.ts'
import { classifyFailure } from '../failures.ts'

const failureOf = (path: string, cause: unknown): AppError => {
  const code = classifyFailure(cause) === 'refused' ? 'ledger_unusable' : 'ledger_unavailable'
  return new AppError(code, { detail: `${path}: ${codeOf(cause) || 'unknown'}`, cause })
}

/**
 * Opens a database file, and creates it if there is none.
 * @param timeout milliseconds to wait for another process's lock
 * @param prepare makes what must be in it
 * @throws AppError `ledger_unusable` for a place that is wrong; `ledger_unavailable` where the disk is
 * full or fails, or the file is locked, which may pass
 */
export const openSqliteFile = (
  path: string,
  timeout: number,
  prepare: (db: Database) => void = () => undefined,
): Database => {
  try {
    return openPrivateFile(path, timeout, (db) => {
      makeDurable(db)
      prepare(db)
    })
  } catch (cause) {
    throw failureOf(path, cause)
  }
}

/**
 * Opens a database file that another process may be using, and never creates one: a mistyped path must not look like
 * an empty ledger.
 * @throws AppError `ledger_absent`, and as `openSqliteFile`
 */
export const openExistingFile = (path: string, timeout: number, readonly: boolean): Database => {
  try {
    statSync(path)
    const db = new BetterSqlite(path, { timeout, readonly })
    if (!readonly) makeDurable(db)
    return db
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT') throw failureOf(path, cause)
    throw new AppError('ledger_absent', { detail: `${path} does not exist.`, cause })
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
