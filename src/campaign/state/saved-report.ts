/** Keeps the report of each status beside the state that it was counted from, and reads the newest one. */
import Database from 'better-sqlite3'
import { existsSync } from 'node:fs'
import { AppError } from '../../errors/errors.ts'
import { codeOf } from '../../sql/failures.ts'
import { asStateError, refuseOtherFile } from './state-errors.ts'
import { REPORTS } from './tables.ts'

/** What a status said. */
export interface SavedReport {
  /** The host of the org. */
  readonly org: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly notMoved: number
  /** The object that `status --json` prints (docs/EVENTS.md). */
  readonly json: string
}

/** One for each day of a long campaign. */
export const STATE_REPORTS_KEPT = 400

/**
 * By their numbers: a clock can be set back.
 * @throws AppError `output_unwritable`
 */
export const keepReport = (db: Database.Database, report: SavedReport): void => {
  const insert =
    'INSERT INTO reports (org, at, not_moved, json) VALUES (@org, @at, @notMoved, @json)'
  const forget = 'DELETE FROM reports WHERE number <= ?'
  try {
    db.transaction(() => {
      db.exec(REPORTS)
      const { lastInsertRowid } = db.prepare(insert).run(report)
      db.prepare(forget).run(Number(lastInsertRowid) - STATE_REPORTS_KEPT)
    })()
  } catch (cause) {
    throw new AppError('output_unwritable', { detail: `--state: ${codeOf(cause)}`, cause })
  }
}

const NEWEST =
  'SELECT org, at, not_moved AS notMoved, json FROM reports ORDER BY number DESC LIMIT 1'

const HAS_REPORTS = "SELECT 1 FROM sqlite_schema WHERE name = 'reports'"

/**
 * Nothing is changed, except that SQLite takes back what a run that was killed has left half-written. It could not do
 * so in a file that is opened for reading alone, and would refuse to read it.
 */
const openForReading = (path: string): Database.Database => {
  const db = new Database(path, { fileMustExist: true, timeout: 0 })
  try {
    db.pragma('query_only = ON')
    refuseOtherFile(db, path)
    return db
  } catch (err) {
    db.close()
    throw err
  }
}

/**
 * @returns undefined where no status has been saved
 * @throws AppError `state_unusable`, also while a run is using the file
 */
export const readSavedReport = (path: string): SavedReport | undefined => {
  if (!existsSync(path)) return undefined
  try {
    const db = openForReading(path)
    try {
      if (db.prepare(HAS_REPORTS).get() === undefined) return undefined
      return db.prepare<[], SavedReport>(NEWEST).get()
    } finally {
      db.close()
    }
  } catch (cause) {
    throw asStateError(path, cause)
  }
}
