/** Owns the journal: what became of each row, in a SQLite file that outlives any crash. */
import type Database from 'better-sqlite3'
import { AppError } from '../../errors/errors.ts'
import { openDatabase, write } from './journal-file.ts'
import { prepareRejects, type Settled } from './imported-rejects.ts'
import { prepareRows } from './journal-rows.ts'
import { UNDOING } from './journal-tables.ts'

/** What came of a row that was sent. */
export interface RowOutcome {
  readonly state: 'created' | 'updated' | 'existing' | 'failed'
  readonly oktaId?: string | undefined
  /** Of a user who was there already, as Okta has it now. */
  readonly oktaLogin?: string | undefined
  readonly status?: string | undefined
  /** `credentials.provider.type`. */
  readonly provider?: string | undefined
  readonly errorCode?: string | undefined
  readonly requestId?: string | undefined
  readonly reason?: string | undefined
  /** The request id of Okta's 200 to our own create call. */
  readonly madeBy?: string | null | undefined
  /** Names of the attributes that `--update` has changed; empty where it has found no difference. */
  readonly changed?: string | undefined
  /** Whether Okta's answer refuses this row for what it says; not for a duplicate. */
  readonly isRefusal?: boolean
  /** Whether Okta has not answered what was sent for it. */
  readonly isUnanswered?: boolean
}

/**
 * A row as it comes from the input: with a folded login when it can be sent, else with the reason; with neither
 * where it has no values, and is passed over.
 */
export interface Candidate {
  readonly number: number
  readonly line: number
  readonly digest: Buffer
  readonly login: string | undefined
  /** Whose row it is: its folded login, also where it cannot be sent. */
  readonly person?: string | undefined
  readonly rejection: string | undefined
  /** Whether it may have changed where its digest has not: secrets have no part in that. */
  readonly hasSecrets?: boolean
  /** Of a row of a rejects file, its line in the input that was rejected. */
  readonly origin?: number | undefined
  /** Whether it is left out on purpose. */
  readonly isSkipped?: boolean
}

export interface JournalRow {
  readonly state: 'sending' | 'rejected' | 'skipped' | 'blank' | 'undone' | RowOutcome['state']
  /** Whether this very call wrote it: only then has nothing been sent for it yet. */
  readonly fresh: boolean
  /** When its sending was decided, in milliseconds of Okta's clock. */
  readonly intendedAt: number
  readonly errorCode: string | null
  readonly requestId: string | null
  readonly reason: string | null
  /** Of the user that Okta is known to have for it. */
  readonly oktaId: string | null
  /** The request id of Okta's 200 to our own create call; of a user who was only found there is none. */
  readonly madeBy: string | null
  /** The attributes that `--update` has changed, or was about to; null before it has compared them. */
  readonly changed: string | null
}

export type Counts = Readonly<Record<Exclude<JournalRow['state'], 'blank' | 'undone'>, number>>

/** A row as the journal keeps it. */
export interface KeptRow {
  readonly line: number
  /** Folded. */
  readonly login: string | null
  readonly oktaLogin: string | null
  readonly oktaId: string | null
  readonly status: string | null
  readonly provider: string | null
  readonly errorCode: string | null
  readonly reason: string | null
  readonly changed: string | null
}

export interface Journal {
  /** The number of the last row that is in it; all before it are, too. */
  readonly last: number
  /** With the outcomes that were noted and are not on the disk yet. */
  readonly counts: Counts
  /**
   * Writes down, in one transaction with all outcomes so far, that these rows are about to be sent;
   * rows it knows come back as they stand, but for those that were never sent, or refused and changed since:
   * they are taken up anew, as with `--update` are those that it has not compared yet. On return it is on the disk: the rows may be sent.
   * @param candidates in the order of their numbers
   * @param intendedAt now, in milliseconds of Okta's clock
   * @throws AppError `journal_mismatch` for a row that was sent and is not what it was; `journal_unwritable`
   */
  admit(candidates: readonly Candidate[], intendedAt: number): JournalRow[]
  /** Notes an outcome; it is on the disk after the next `admit` or `flush`. */
  settle(number: number, outcome: RowOutcome): void
  /**
   * Writes down that attributes of a user are about to be changed. On return it is on the disk.
   * @throws AppError `journal_unwritable`
   */
  readonly intend: (number: number, oktaId: string, changed: string) => void
  /** @throws AppError `journal_unwritable` */
  readonly flush: () => void
  /** Whether an update has compared any row with its user. */
  readonly hasCompared: boolean
  /** How many rows that had ended were taken up anew to be updated. */
  readonly reopened: number
  /** Rejects files that were written of this journal's rows, in the order of their writing. */
  readonly rejectsFiles: () => readonly string[]
  readonly noteRejectsFile: (path: string) => void
  /** Notes that rows which did not become users here have become users by their rejects file. */
  readonly adopt: (settled: readonly Settled[]) => void
  /** The rows in these states that are on the disk, in their order; of earlier runs too. */
  readonly rowsIn: (...states: JournalRow['state'][]) => Iterable<KeptRow>
  close(): void
}

const NO_COUNTS: Counts = {
  sending: 0,
  created: 0,
  updated: 0,
  existing: 0,
  rejected: 0,
  failed: 0,
  skipped: 0,
}

const countStates = (db: Database.Database): Counts => {
  const sql = 'SELECT state, count(*) FROM rows GROUP BY state'
  return { ...NO_COUNTS, ...Object.fromEntries(db.prepare<[], [string, number]>(sql).raw().all()) }
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

/** Whether Okta may have a user, or a change of one, by these settings: not once all are undone. */
const hasEffects = (db: Database.Database): boolean =>
  db
    .prepare("SELECT 1 FROM rows WHERE state IN ('sending', 'created', 'updated') LIMIT 1")
    .get() !== undefined

/** Writes the settings into a new journal, or compares them with those of the run that began it. */
const checkSettings = (db: Database.Database, settings: Settings): void => {
  const known = db.prepare<[], [string, string]>('SELECT name, value FROM settings').raw().all()
  const before = new Map(known)
  if (before.size === 0) {
    begin(db, settings)
    return
  }
  // A journal of an earlier version lacks what there was no option for.
  const names = new Set([...before.keys(), ...Object.keys(settings)])
  const changed = [...names]
    .map((name) => [name, before.get(name) ?? ''] as const)
    .filter(([name, value]) => (settings[name] ?? '') !== value)
  if (changed.length === 0) return
  if (!hasEffects(db)) {
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
 * Opens the journal, or begins it, for this process alone.
 * @param path of the file; empty for one that is gone when it is closed
 * @param settings whatever else decides what is sent for a row
 * @param updates how many rows that have ended may be taken up anew, to compare their users with them
 * @throws AppError `journal_locked`, `journal_mismatch` or `journal_unusable`
 */
export const openJournal = (path: string, settings: Settings, updates = 0): Journal => {
  const db = openDatabase(path)
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
    for (const [number, outcome] of outcomes) rows.settle(number, outcome)
    return candidates.map((candidate) => rows.admit(candidate, intendedAt))
  })
  const admit: Journal['admit'] = (candidates, intendedAt) => {
    const admitted = write(() => commit(candidates, intendedAt))
    for (const { state } of outcomes.values()) counts[state]++
    counts.sending -= outcomes.size
    outcomes.clear()
    for (const { entry, was } of admitted) {
      if (was !== undefined && was !== 'undone') counts[was]--
      const isNew = was !== undefined || entry.fresh
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
    intend: (...intent) => write(() => void rows.intend(...intent)),
    settle: (number, outcome) => void outcomes.set(number, outcome),
    flush: () => void admit([], 0),
    rejectsFiles: () => rejects.files.all(),
    noteRejectsFile: (path) => write(() => void rejects.note.run(path)),
    adopt: (settled) => {
      if (settled.length === 0) return
      write(() => rejects.adopt(settled))
      counts = { ...countStates(db) }
    },
    rowsIn: rows.rowsIn,
    close: () => db.close(),
  }
}
