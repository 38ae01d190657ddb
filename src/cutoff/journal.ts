/** The journal of a cut-off: each step with its intent before the call and its outcome after, in a SQLite file. */
import type Database from 'better-sqlite3'
import { AppError, messageOf } from '../errors/errors.ts'
import { openJournalFile, type JournalKind } from '../sql/journal-file.ts'
import { printable } from '../text/printable.ts'
import { asCutOffError, recording } from './journal-errors.ts'
import { forgetHolder, lockedBy, noteHolder } from './journal-holder.ts'
import { CUT_OFF_STEPS, type CutOffStep } from './steps.ts'
import { createResetJournal, RESET_TABLES, type ResetJournal } from './reset/reset-journal.ts'

export const DEFAULT_CUT_OFF_JOURNAL = 'okta-migrate-cutoff.sqlite'

/** The states of steps have no CHECK: a later version could not add one to it. Times are in milliseconds since 1970. */
const CUT_OFF_JOURNAL: JournalKind = {
  // "OMCJ" in ASCII.
  applicationId: 0x4f4d434a,
  version: 2,
  name: 'the journal of a cut-off',
  tables: `
    CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
    CREATE TABLE steps (
      number INTEGER PRIMARY KEY,
      -- A step of the cut-off, or "register", which changes the same hook.
      step TEXT NOT NULL,
      -- open: what came of it is not known; done; failed: nothing was changed.
      state TEXT NOT NULL,
      begun_at INTEGER NOT NULL,
      ended_at INTEGER,
      -- The hook as it is to be: its status and URL.
      hook_id TEXT,
      hook_status TEXT,
      hook_url TEXT,
      -- How many people had not moved, as it was confirmed.
      people INTEGER,
      -- What the outcome is known from: an answer of Okta, a look at the hook, or the code of an error; unknown: a purge
      -- was killed, and its files may be there.
      evidence TEXT,
      request_id TEXT
    ) STRICT;
    ${RESET_TABLES}`,
  migrations: { 1: RESET_TABLES },
}

export interface JournalledHook {
  readonly hookId: string
  readonly status: string
  readonly url: string
}

export interface StepIntent {
  readonly step: CutOffStep | 'register'
  /** As it is to be. */
  readonly hook: JournalledHook
  readonly people?: number | undefined
}

export interface StepOutcome {
  readonly state: 'done' | 'failed'
  readonly evidence: string
  readonly requestId?: string | undefined
}

export interface JournalledStep extends StepIntent {
  readonly number: number
  readonly state: 'open' | StepOutcome['state']
  readonly begunAt: number
  readonly endedAt: number | undefined
  readonly evidence: string | undefined
  readonly requestId: string | undefined
}

export interface CutOffJournal {
  /** Oldest first. */
  readonly steps: () => readonly JournalledStep[]
  /**
   * Records that a call is about to be sent. On return it is on the disk.
   * @returns its number
   * @throws AppError `cutoff_journal_unwritable`
   */
  readonly begin: (intent: StepIntent, at: number) => number
  /** @throws AppError `cutoff_journal_unwritable` */
  readonly end: (number: number, outcome: StepOutcome, at: number) => void
  readonly setting: (name: string) => string | undefined
  /** @throws AppError `cutoff_journal_unwritable` */
  readonly set: (name: string, value: string) => void
  readonly resets: ResetJournal
  readonly close: () => void
}

interface StoredStep {
  readonly number: number
  readonly step: JournalledStep['step']
  readonly state: JournalledStep['state']
  readonly begun_at: number
  readonly ended_at: number | null
  readonly hook_id: string | null
  readonly hook_status: string | null
  readonly hook_url: string | null
  readonly people: number | null
  readonly evidence: string | null
  readonly request_id: string | null
}

const toStep = (row: StoredStep): JournalledStep => ({
  number: row.number,
  step: row.step,
  state: row.state,
  begunAt: row.begun_at,
  endedAt: row.ended_at ?? undefined,
  hook: { hookId: row.hook_id ?? '', status: row.hook_status ?? '', url: row.hook_url ?? '' },
  people: row.people ?? undefined,
  evidence: row.evidence ?? undefined,
  requestId: row.request_id ?? undefined,
})

const BEGIN = `
  INSERT INTO steps (step, state, begun_at, hook_id, hook_status, hook_url, people)
  VALUES (?, 'open', ?, ?, ?, ?, ?)`
const END =
  'UPDATE steps SET state = ?, ended_at = ?, evidence = ?, request_id = ? WHERE number = ?'
const SET =
  'INSERT INTO settings VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value'
const ORG = 'the org'

const journalOver = (db: Database.Database, close: () => void): CutOffJournal => {
  const find = db.prepare<[string], string>('SELECT value FROM settings WHERE name = ?').pluck()
  const put = db.prepare(SET)
  const all = db.prepare<[], StoredStep>('SELECT * FROM steps ORDER BY number')
  const [begin, end] = [db.prepare(BEGIN), db.prepare(END)]
  const set = (name: string, value: string): void => recording(() => void put.run(name, value))
  return {
    steps: () => all.all().map(toStep),
    begin: ({ step, hook: { hookId, status, url }, people = null }, at) =>
      recording(() => Number(begin.run(step, at, hookId, status, url, people).lastInsertRowid)),
    end: (number, { state, evidence, requestId = null }, at) =>
      recording(() => void end.run(state, at, evidence, requestId, number)),
    setting: (name) => find.get(name),
    set,
    resets: createResetJournal(db),
    close,
  }
}

/** What a later version has done can be what this one must not undo. */
const refuseUnknownSteps = (journal: CutOffJournal, path: string): void => {
  const unknown = journal
    .steps()
    .find(({ step }) => step !== 'register' && !(step in CUT_OFF_STEPS))
  if (!unknown) return
  const detail = `${path} has the step "${printable(unknown.step)}" of a later version of this program. Use that version.`
  throw new AppError('cutoff_journal_unusable', { detail })
}

const asJournalError = (path: string, cause: unknown): AppError =>
  cause instanceof AppError
    ? cause
    : new AppError('cutoff_journal_unusable', { detail: `${path}: ${messageOf(cause)}`, cause })

const openLocked = (path: string): Database.Database => {
  try {
    const db = openJournalFile(path, CUT_OFF_JOURNAL)
    noteHolder(path)
    return db
  } catch (err) {
    throw err instanceof AppError && err.code === 'journal_locked'
      ? lockedBy(path, err)
      : asCutOffError(err)
  }
}

/**
 * Opens or creates the journal, for this process alone and for one org.
 * @throws AppError `journal_locked`, `cutoff_journal_unusable`, or `cutoff_journal_mismatch` for that of another org
 */
export const openCutOffJournal = (path: string, orgUrl: string): CutOffJournal => {
  const db = openLocked(path)
  const close = (): void => {
    // While the lock is held: afterwards the note could be that of another process.
    forgetHolder(path)
    db.close()
  }
  try {
    const journal = journalOver(db, close)
    const before = journal.setting(ORG)
    if (before !== undefined && before !== orgUrl) {
      const detail = `${path} is the journal of the cut-off of ${before}, and OKTA_ORG_URL is ${orgUrl}.`
      throw new AppError('cutoff_journal_mismatch', { detail })
    }
    refuseUnknownSteps(journal, path)
    if (before === undefined) journal.set(ORG, orgUrl)
    return journal
  } catch (cause) {
    close()
    throw asJournalError(path, cause)
  }
}
