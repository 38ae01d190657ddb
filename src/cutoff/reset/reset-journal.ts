/** The part of the journal about resets: each list of people that was confirmed, and what happened to each of them. */
import type Database from 'better-sqlite3'
import { recording } from '../journal-errors.ts'
import type {
  ChosenPerson,
  ListedPerson,
  ResetCount,
  ResetLine,
  ResetList,
  ResetOutcome,
  Restoration,
} from './listed.ts'

/** Times are in milliseconds since 1970. */
export const RESET_TABLES = `
  CREATE TABLE reset_lists (
    -- That of the step.
    number INTEGER PRIMARY KEY,
    -- "likely", or the digest of a file.
    who TEXT NOT NULL,
    -- The file that the links go to; NULL where Okta mails them.
    links TEXT
  ) STRICT;
  CREATE TABLE resets (
    number INTEGER PRIMARY KEY,
    list INTEGER NOT NULL,
    okta_id TEXT NOT NULL,
    login TEXT NOT NULL,
    -- Okta's passwordChanged by the status; NULL if there was none.
    changed INTEGER,
    -- waiting; open: a call was about to be sent, and what came of it is not known; done; skipped; failed; dropped: the
    -- list ended before.
    state TEXT NOT NULL,
    -- By Okta's clock: when the first call was about to be sent, and the newest one.
    intended_at INTEGER,
    sent_at INTEGER,
    ended_at INTEGER,
    -- What the outcome is known from, or why there was no reset.
    reason TEXT,
    request_id TEXT,
    -- Of reopen: open; the status after the hook was set again; kept: nothing was sent; failed.
    restored TEXT,
    restored_at INTEGER,
    -- Okta's passwordChanged after that.
    restored_changed INTEGER
  ) STRICT;
  CREATE INDEX resets_state ON resets (list, state, number);
  CREATE INDEX resets_okta_id ON resets (okta_id);`

type StoredPerson = Omit<ListedPerson, 'restoredAs' | 'isRestoring'> & {
  readonly restored: string | null
}

const PERSON = `SELECT number, okta_id AS oktaId, login, changed, state, intended_at AS intendedAt, restored FROM resets`

/** One who is open comes first: the run before was killed there. */
const NEXT = `${PERSON} WHERE list = ? AND state = ? ORDER BY number LIMIT 1`

const ADD = `INSERT INTO resets (list, okta_id, login, changed, state) VALUES (?, ?, ?, ?, 'waiting')`

const INTEND = `UPDATE resets SET state = 'open', intended_at = coalesce(intended_at, @at), sent_at = @at WHERE number = @number`

const END = `UPDATE resets SET state = @state, ended_at = @at, reason = @reason, request_id = @requestId WHERE number = @number`

const DROP = `UPDATE resets SET state = 'dropped' WHERE list = ? AND state = 'waiting'`

/** Whom a reset of ours has reached, and reopen has not answered for. */
const RESTORABLE = `state = 'done' AND coalesce(restored, 'open') IN ('open', 'failed')`

const NEXT_RESTORABLE = `${PERSON} WHERE ${RESTORABLE} AND number > ? ORDER BY number LIMIT 1`

const RESTORE = `UPDATE resets SET restored = @restored, restored_at = @at, restored_changed = @changed WHERE number = @number`

/** The newest call that was about to be sent, also where it is not known what came of it. */
const INTENTS = `SELECT okta_id AS oktaId, sent_at AS at FROM resets WHERE sent_at IS NOT NULL ORDER BY number`

const COUNTS = `
  SELECT state, reason, count(*) AS people FROM resets WHERE list = ? GROUP BY state, reason ORDER BY people DESC`

const LINES = `
  SELECT login, okta_id AS oktaId, state, reason, sent_at AS sentAt, request_id AS requestId, restored FROM resets
   WHERE list = @list OR @list IS NULL ORDER BY number`

type Statement = Database.Statement

type WithHistory = (row: StoredPerson | undefined) => ListedPerson | undefined

const createHistory = (db: Database.Database): WithHistory => {
  const restoredAs = db
    .prepare<[string], number>(
      'SELECT restored_changed FROM resets WHERE okta_id = ? AND restored_changed IS NOT NULL',
    )
    .pluck()
  return (row) =>
    row && {
      ...row,
      isRestoring: row.restored === 'open',
      restoredAs: restoredAs.all(row.oktaId),
    }
}

/** SQLite is busy from the start of a reading to its end, so it must not start before somebody reads. */
const reading = <T>(start: () => Iterator<T>): Iterable<T> => ({ [Symbol.iterator]: start })

const createLists = (db: Database.Database) => {
  const add = db.prepare(ADD)
  return {
    /**
     * Keeps a list that was confirmed, all of it or nothing. On return it is on the disk.
     * @param begin records its step, and returns the number of it
     */
    begin: (
      { who, links }: Omit<ResetList, 'number'>,
      people: Iterable<ChosenPerson>,
      begin: () => number,
    ): ResetList =>
      recording(() =>
        db.transaction(() => {
          const number = begin()
          db.prepare('INSERT INTO reset_lists VALUES (?, ?, ?)').run(number, who, links)
          for (const { oktaId, login, changed } of people) add.run(number, oktaId, login, changed)
          return { number, who, links }
        })(),
      ),
    list: (number: number): ResetList | undefined =>
      db.prepare<[number], ResetList>('SELECT * FROM reset_lists WHERE number = ?').get(number),
    /** Whether a call for somebody of the list was about to be sent. */
    hasSent: (list: number): boolean =>
      db
        .prepare('SELECT 1 FROM resets WHERE list = ? AND sent_at IS NOT NULL LIMIT 1')
        .get(list) !== undefined,
    counts: (list: number): ResetCount[] => db.prepare<[number], ResetCount>(COUNTS).all(list),
    /** Of one list, or of all. */
    lines: (list: number | null): Iterable<ResetLine> =>
      reading(() => db.prepare<[{ list: number | null }], ResetLine>(LINES).iterate({ list })),
    /** Whom we have reset, or were about to, and when. */
    intents: (): Iterable<{ readonly oktaId: string; readonly at: number }> =>
      reading(() => db.prepare<[], { oktaId: string; at: number }>(INTENTS).iterate()),
  }
}

const createResets = (db: Database.Database, withHistory: WithHistory) => {
  const next = db.prepare<[number, string], StoredPerson>(NEXT)
  const [intend, end, drop] = [INTEND, END, DROP].map((sql) => db.prepare(sql)) as [
    Statement,
    Statement,
    Statement,
  ]
  return {
    next: (list: number): ListedPerson | undefined =>
      withHistory(next.get(list, 'open') ?? next.get(list, 'waiting')),
    open: (list: number): ListedPerson | undefined => withHistory(next.get(list, 'open')),
    /** Records that a call is about to be sent. On return it is on the disk. */
    intend: (number: number, at: number): void => recording(() => void intend.run({ number, at })),
    end: (number: number, { state, reason, requestId }: ResetOutcome, at: number): void =>
      recording(() => void end.run({ number, state, reason, requestId: requestId ?? null, at })),
    /** Who waits is left as they are. */
    drop: (list: number): void => recording(() => void drop.run(list)),
    lastSentAt: (): number | null =>
      db.prepare<[], number | null>('SELECT max(sent_at) FROM resets').pluck().get() ?? null,
  }
}

const createRestorations = (db: Database.Database, withHistory: WithHistory) => {
  const next = db.prepare<[number], StoredPerson>(NEXT_RESTORABLE)
  const restore = db.prepare(RESTORE)
  return {
    restorable: (): number =>
      db.prepare<[], number>(`SELECT count(*) FROM resets WHERE ${RESTORABLE}`).pluck().get() ?? 0,
    nextRestorable: (after: number): ListedPerson | undefined => withHistory(next.get(after)),
    /** With `open` it is the intent: on return it is on the disk. */
    restore: (number: number, { restored, changed = null }: Restoration, at: number): void =>
      recording(() => void restore.run({ number, restored, changed, at })),
  }
}

export const createResetJournal = (db: Database.Database) => {
  const withHistory = createHistory(db)
  return {
    ...createLists(db),
    ...createResets(db, withHistory),
    ...createRestorations(db, withHistory),
  }
}

export type ResetJournal = ReturnType<typeof createResetJournal>
