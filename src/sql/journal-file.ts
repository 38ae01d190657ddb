/** Opens the SQLite file of a journal for one process, creates or migrates its tables, and reports failures to write it. */
import Database from 'better-sqlite3'
import { AppError, messageOf } from '../errors/errors.ts'
import { makeDurable, openPrivateFile } from './private-file.ts'

export interface JournalKind {
  /** Marks a SQLite file as one of this kind (SQLite, PRAGMA application_id). */
  readonly applicationId: number
  readonly version: number
  /** In words, such as "the journal of an import". */
  readonly name: string
  /** Creates the tables of this version. */
  readonly tables: string
  /** By the version that they start from. */
  readonly migrations: Readonly<Record<number, string>>
}

const isBusy = (cause: unknown): boolean =>
  cause instanceof Database.SqliteError && cause.code.startsWith('SQLITE_BUSY')

/** The index of a million logins is larger, but the system's cache has the rest at hardly any cost. */
const CACHE_KIB = 8_192

const isEmpty = (db: Database.Database): boolean =>
  db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0

const pragma = (db: Database.Database, name: string): number =>
  Number(db.pragma(name, { simple: true }))

/** @throws AppError `journal_unusable` for another file, or a journal of a later version */
const checkKind = (db: Database.Database, path: string, kind: JournalKind): void => {
  if (isEmpty(db)) return
  const isOurs = pragma(db, 'application_id') === kind.applicationId
  if (isOurs && pragma(db, 'user_version') <= kind.version) return
  const flaw = isOurs
    ? 'was written by a later version of this program. Use that version.'
    : `is not ${kind.name}.`
  throw new AppError('journal_unusable', { detail: `${path} ${flaw}` })
}

/** Creates the tables, or migrates those of an earlier version, in one transaction. */
const migrateJournal = (db: Database.Database, kind: JournalKind): void => {
  db.transaction(() => {
    if (isEmpty(db)) {
      db.pragma(`application_id = ${kind.applicationId}`)
      db.exec(kind.tables)
    } else db.exec(kind.migrations[pragma(db, 'user_version')] ?? '')
    db.pragma(`user_version = ${kind.version}`)
  })()
}

/** Journals can hold logins, so the file is private. */
const connect = (path: string, kind: JournalKind): Database.Database =>
  openPrivateFile(path, 0, (db) => {
    // The kernel drops this lock with the process, however it ends, so that none is ever left behind.
    db.pragma('locking_mode = EXCLUSIVE')
    checkKind(db, path, kind)
    makeDurable(db)
    db.pragma(`cache_size = -${CACHE_KIB}`)
    migrateJournal(db, kind)
  })

/** @throws AppError `journal_locked` or `journal_unusable` */
export const openJournalFile = (path: string, kind: JournalKind): Database.Database => {
  try {
    return connect(path, kind)
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
