/** The journal of an import: the state and result of each row, in a SQLite file that survives any crash. */
import type Database from 'better-sqlite3'
import { AppError } from '../../errors/errors.ts'
import { openJournalFile, writing } from '../../sql/journal-file.ts'
import { prepareRejects, type ImportedReject } from './imported-rejects.ts'
import { prepareRows } from './row-store.ts'
import { NO_ENDS, type Candidate, type Counts, type JournalRow } from './row.ts'
import type { KeptRow, RowOutcome } from './row.ts'
import { IMPORT_JOURNAL, UNDOING } from './tables.ts'

export interface Journal {
  /** The number of the last row in it; it has all rows before that, too. */
  readonly last: number
  /** Includes outcomes that are not on the disk yet. */
  readonly counts: Counts
  /**
   * Records, in one transaction with all outcomes so far, that these rows are about to be sent. Known rows are
   * returned as they are, except for those that were never sent, or failed and changed since, and with `--update`
   * those not compared yet: these start again. On return all of it is on the disk, and the rows may be sent.
   * @param candidates in the order of their numbers
   * @param intendedAt now, in milliseconds of Okta's clock
   * @throws AppError `journal_mismatch` for a row that was sent and has changed since; `journal_unwritable`
   */
  admit(candidates: readonly Candidate[], intendedAt: number): JournalRow[]
  /** The outcome is on the disk after the next `admit` or `flush`. */
  recordOutcome(number: number, outcome: RowOutcome): void
  /**
   * Records that attributes of a user are about to be changed. On return it is on the disk.
   * @throws AppError `journal_unwritable`
   */
  readonly recordIntent: (number: number, oktaId: string, changed: string) => void
  /** @throws AppError `journal_unwritable` */
  readonly flush: () => void
  /** Whether an update has compared any rows with their users. */
  readonly hasCompared: boolean
  /** How many rows that had ended were reopened for an update. */
  readonly reopened: number
  /** The rejects files with rows of this journal, in the order in which they were written. */
  readonly rejectsFiles: () => readonly string[]
  readonly recordRejectsFile: (path: string) => void
  /** Records that rejected rows have become users by the import of a rejects file. */
  readonly applyImportedRejects: (imported: readonly ImportedReject[]) => void
  /** The rows on the disk in these states, in their order; those of earlier runs too. */
  readonly rowsIn: (...states: JournalRow['state'][]) => Iterable<KeptRow>
  close(): void
}

const countStates = (db: Database.Database): Counts => {
  const sql = 'SELECT state, count(*) FROM rows GROUP BY state'
  const counted = db.prepare<[], [string, number]>(sql).raw().all()
  return { sending: 0, ...NO_ENDS, ...Object.fromEntries(counted) }
}

export type Settings = Readonly<Record<string, string>>

const show = (setting = ''): string => (setting === '' ? 'none' : setting)

const begin = (db: Database.Database, settings: Settings): void => {
  const insert = db.prepare('INSERT INTO settings VALUES (?, ?)')
  db.transaction(() => {
    db.exec('DELETE FROM settings; DELETE FROM rows')
    for (const pair of Object.entries(settings)) insert.run(...pair)
  })()
}

/** Whether Okta may have users, or changes, made with these settings; not after a complete undo. */
const hasEffects = (db: Database.Database): boolean =>
  db
    .prepare("SELECT 1 FROM rows WHERE state IN ('sending', 'created', 'updated') LIMIT 1")
    .get() !== undefined

/** Writes the settings into a new journal, or compares them with those that it was started with. */
const checkSettings = (db: Database.Database, settings: Settings): void => {
  const known = db.prepare<[], [string, string]>('SELECT name, value FROM settings').raw().all()
  const before = new Map(known)
  // A journal of an earlier version lacks newer options.
  const names = new Set([...before.keys(), ...Object.keys(settings)])
  const changed = [...names]
    .map((name) => [name, before.get(name) ?? ''] as const)
    .filter(([name, value]) => (settings[name] ?? '') !== value)
  if (before.size > 0 && changed.length === 0) return
  if (before.size === 0 || !hasEffects(db)) {
    begin(db, settings)
    return
  }
  const lines = changed.map(
    ([name, value]) => `  ${name}: ${show(value)}, and now ${show(settings[name])}`,
  )
  throw new AppError('journal_mismatch', {
    detail: `The import that began it had other settings:\n${lines.join('\n')}`,
  })
}

/**
 * Opens or creates the journal, for this process alone.
 * @param path empty for a temporary journal
 * @param settings everything besides the row that decides what is sent for it
 * @param updates how many rows that have ended may be reopened, to compare their users with them
 * @throws AppError `journal_locked`, `journal_mismatch` or `journal_unusable`
 */
export const openJournal = (path: string, settings: Settings, updates = 0): Journal => {
  const db = openJournalFile(path, IMPORT_JOURNAL)
  try {
    if (UNDOING in countStates(db)) throw new AppError('undo_unfinished', { detail: path })
    checkSettings(db, settings)
    return journalOver(db, countStates(db), updates)
  } catch (err) {
    db.close()
    throw err
  }
}

const journalOver = (db: Database.Database, before: Counts, updates: number): Journal => {
  const rows = prepareRows(db, updates)
  const rejects = prepareRejects(db)
  const outcomes = new Map<number, RowOutcome>()
  let counts: Record<keyof Counts, number> = { ...before }
  let last = db.prepare<[], number>('SELECT coalesce(max(number), 0) FROM rows').pluck().get() ?? 0

  const commit = db.transaction((candidates: readonly Candidate[], intendedAt: number) => {
    for (const [number, outcome] of outcomes) rows.recordOutcome(number, outcome)
    return candidates.map((candidate) => rows.admit(candidate, intendedAt))
  })
  const admit: Journal['admit'] = (candidates, intendedAt) => {
    const admitted = writing(() => commit(candidates, intendedAt))
    for (const { state } of outcomes.values()) counts[state]++
    counts.sending -= outcomes.size
    outcomes.clear()
    for (const { entry, was } of admitted) {
      if (was !== undefined && was !== 'undone') counts[was]--
      const isNew = was !== undefined || entry.isNew
      if (isNew && entry.state !== 'blank' && entry.state !== 'undone') counts[entry.state]++
    }
    last = Math.max(last, candidates.at(-1)?.number ?? 0)
    return admitted.map(({ entry }) => entry)
  }
  return {
    get last() {
      return last
    },
    get counts() {
      const all = { ...counts, sending: counts.sending - outcomes.size }
      for (const { state } of outcomes.values()) all[state]++
      return all
    },
    get hasCompared() {
      return db.prepare('SELECT 1 FROM rows WHERE changed IS NOT NULL LIMIT 1').get() !== undefined
    },
    get reopened() {
      return rows.reopened()
    },
    admit,
    recordIntent: (...intent) => writing(() => void rows.recordIntent(...intent)),
    recordOutcome: (number, outcome) => void outcomes.set(number, outcome),
    flush: () => void admit([], 0),
    rejectsFiles: () => rejects.files.all(),
    recordRejectsFile: (path) => writing(() => void rejects.record.run(path)),
    applyImportedRejects: (imported) => {
      if (imported.length === 0) return
      writing(() => rejects.apply(imported))
      counts = { ...countStates(db) }
    },
    rowsIn: rows.rowsIn,
    close: () => db.close(),
  }
}
