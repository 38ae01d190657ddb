/** Owns the journal: what became of each row, in a SQLite file that outlives any crash. */
import Database from 'better-sqlite3'
import { closeSync, openSync } from 'node:fs'
import { AppError } from '../errors.ts'

/** What came of a row that was sent. */
export interface Outcome {
  readonly state: 'created' | 'existing' | 'failed'
  readonly oktaId?: string | undefined
  readonly errorCode?: string | undefined
  readonly requestId?: string | undefined
  readonly reason?: string | undefined
}

/** A row as it comes from the input: with a folded login when it can be sent, else with the reason. */
export interface Candidate {
  readonly number: number
  readonly line: number
  readonly digest: Buffer
  readonly login: string | undefined
  readonly rejection: string | undefined
}

export interface Entry {
  readonly state: 'sending' | 'rejected' | Outcome['state']
  /** Whether this very call wrote it: only then has nothing been sent for it yet. */
  readonly fresh: boolean
  /** When its sending was decided, in milliseconds of Okta's clock. */
  readonly intendedAt: number
  readonly errorCode: string | null
  readonly requestId: string | null
  readonly reason: string | null
}

export type Counts = Readonly<Record<Entry['state'], number>>

export interface Journal {
  /** The number of the last row that is in it; all before it are, too. */
  readonly last: number
  readonly counts: Counts
  /**
   * Writes down, in one transaction with all outcomes so far, that these rows are about to be sent;
   * rows it knows come back as they stand. On return it is on the disk: the rows may be sent.
   * @param candidates in the order of their numbers
   * @param intendedAt now, in milliseconds of Okta's clock
   * @throws AppError `journal_mismatch` for a row that is not what it was; `journal_unwritable`
   */
  admit(candidates: readonly Candidate[], intendedAt: number): Entry[]
  /** Notes an outcome; it is on the disk after the next `admit` or `flush`. */
  settle(number: number, outcome: Outcome): void
  /** @throws AppError `journal_unwritable` */
  readonly flush: () => void
  close(): void
}

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

/** "OMIJ" in ASCII marks a SQLite file as one of these journals (SQLite, PRAGMA application_id). */
const APPLICATION_ID = 0x4f4d494a

const NO_COUNTS: Counts = { sending: 0, created: 0, existing: 0, rejected: 0, failed: 0 }

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
  if (isEmpty(db)) db.transaction(() => begin(db))()
  return db
}

const openDatabase = (path: string): Database.Database => {
  try {
    return connect(path)
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    if (isBusy(cause)) throw new AppError('journal_locked', { detail: path, cause })
    throw new AppError('journal_unusable', { detail: `${path}: ${messageOf(cause)}`, cause })
  }
}

export type Settings = Readonly<Record<string, string>>

const show = (setting = ''): string => (setting === '' ? 'none' : setting)

/** Writes the settings into a new journal, or compares them with those of the run that began it. */
const checkSettings = (db: Database.Database, settings: Settings): void => {
  const known = db.prepare<[], [string, string]>('SELECT name, value FROM settings').raw().all()
  const before = new Map(known)
  if (before.size === 0) {
    const insert = db.prepare('INSERT INTO settings VALUES (?, ?)')
    db.transaction(() => {
      for (const pair of Object.entries(settings)) insert.run(...pair)
    })()
  }
  const changed = known.filter(([name, value]) => settings[name] !== value)
  if (changed.length === 0) return
  const lines = changed.map(
    ([name, value]) => `  ${name}: ${show(value)}, and now ${show(settings[name])}`,
  )
  throw new AppError('journal_mismatch', {
    detail: `The import that began it had other settings:\n${lines.join('\n')}`,
  })
}

const SELECT = `
  SELECT digest, state, intended_at AS intendedAt, error_code AS errorCode,
         request_id AS requestId, reason
    FROM rows WHERE number = ?`
const INSERT = `
  INSERT INTO rows (number, line, digest, login, state, intended_at, reason)
  VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (login) DO NOTHING`
const UPDATE = `
  UPDATE rows SET state = ?, okta_id = ?, error_code = ?, request_id = ?, reason = ?
   WHERE number = ? AND state = 'sending'`

type Known = Omit<Entry, 'fresh'> & { readonly digest: Buffer }

const checkSame = ({ number, line, digest }: Candidate, known: Known): void => {
  if (known.digest.equals(digest)) return
  throw new AppError('journal_mismatch', {
    detail: `Row ${number} (line ${line}) is not what it was when it was first read.`,
  })
}

const countStates = (db: Database.Database): Counts => {
  const sql = 'SELECT state, count(*) FROM rows GROUP BY state'
  return { ...NO_COUNTS, ...Object.fromEntries(db.prepare<[], [string, number]>(sql).raw().all()) }
}

/** Everything that reads or writes rows, each for use inside a transaction. */
const prepareRows = (db: Database.Database) => {
  const select = db.prepare<[number], Known>(SELECT)
  const insert = db.prepare(INSERT)
  const update = db.prepare(UPDATE)
  const lineOf = db.prepare<[unknown], number>('SELECT line FROM rows WHERE login = ?').pluck()

  const reject = (
    { number, line, digest, login }: Candidate,
    reason: string | undefined,
  ): Entry => {
    const why = reason ?? `login is the same as that of line ${lineOf.get(login)}`
    insert.run(number, line, digest, null, 'rejected', 0, why)
    return blank('rejected', 0, why)
  }
  const admit = (candidate: Candidate, intendedAt: number): Entry => {
    const known = select.get(candidate.number)
    if (known) {
      checkSame(candidate, known)
      return { ...known, fresh: false }
    }
    const { number, line, digest, login, rejection } = candidate
    if (login === undefined) return reject(candidate, rejection)
    const { changes } = insert.run(number, line, digest, login, 'sending', intendedAt, null)
    return changes === 1 ? blank('sending', intendedAt, null) : reject(candidate, undefined)
  }
  const settle = (number: number, { state, oktaId, errorCode, requestId, reason }: Outcome) =>
    update.run(state, oktaId, errorCode, requestId, reason, number)
  return { admit, settle }
}

const blank = (state: Entry['state'], intendedAt: number, reason: string | null): Entry => ({
  state,
  fresh: true,
  intendedAt,
  errorCode: null,
  requestId: null,
  reason,
})

/**
 * Opens the journal, or begins it, for this process alone.
 * @param path of the file; empty for one that is gone when it is closed
 * @param settings whatever else decides what is sent for a row
 * @throws AppError `journal_locked`, `journal_mismatch` or `journal_unusable`
 */
export const openJournal = (path: string, settings: Settings): Journal => {
  const db = openDatabase(path)
  try {
    checkSettings(db, settings)
    return journalOver(db)
  } catch (err) {
    db.close()
    throw err
  }
}

const journalOver = (db: Database.Database): Journal => {
  const rows = prepareRows(db)
  const outcomes = new Map<number, Outcome>()
  const counts = { ...countStates(db) }
  let last = db.prepare<[], number>('SELECT coalesce(max(number), 0) FROM rows').pluck().get() ?? 0

  const commit = db.transaction((candidates: readonly Candidate[], intendedAt: number) => {
    for (const [number, outcome] of outcomes) rows.settle(number, outcome)
    return candidates.map((candidate) => rows.admit(candidate, intendedAt))
  })
  const admit: Journal['admit'] = (candidates, intendedAt) => {
    const entries = write(() => commit(candidates, intendedAt))
    for (const { state } of outcomes.values()) counts[state]++
    counts.sending -= outcomes.size
    outcomes.clear()
    for (const { state, fresh } of entries) if (fresh) counts[state]++
    last = Math.max(last, candidates.at(-1)?.number ?? 0)
    return entries
  }
  return {
    get last() {
      return last
    },
    get counts() {
      return counts
    },
    admit,
    settle: (number, outcome) => void outcomes.set(number, outcome),
    flush: () => void admit([], 0),
    close: () => db.close(),
  }
}

const write = <T>(run: () => T): T => {
  try {
    return run()
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError('journal_unwritable', { detail: messageOf(cause), cause })
  }
}
