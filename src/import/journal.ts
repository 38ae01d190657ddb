/** Owns the journal: what became of each row, in a SQLite file that outlives any crash. */
import type Database from 'better-sqlite3'
import { AppError } from '../errors.ts'
import { openDatabase, write } from './journal-file.ts'
import { prepareRejects, type Settled } from './journal-rejects.ts'

/** What came of a row that was sent. */
export interface Outcome {
  readonly state: 'created' | 'existing' | 'failed'
  readonly oktaId?: string | undefined
  /** Of a user who was there already, as Okta has it now. */
  readonly oktaLogin?: string | undefined
  readonly status?: string | undefined
  /** `credentials.provider.type`. */
  readonly provider?: string | undefined
  readonly errorCode?: string | undefined
  readonly requestId?: string | undefined
  readonly reason?: string | undefined
  /** Whether Okta's answer refuses this row for what it says; not for a duplicate. */
  readonly isRefusal?: boolean
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
  readonly rejection: string | undefined
  /** Whether it may have changed where its digest has not: secrets have no part in that. */
  readonly hasSecrets?: boolean
  /** Of a row of a rejects file, its line in the input that was rejected. */
  readonly origin?: number | undefined
  /** Whether it is left out on purpose. */
  readonly isSkipped?: boolean
}

export interface Entry {
  readonly state: 'sending' | 'rejected' | 'skipped' | 'blank' | Outcome['state']
  /** Whether this very call wrote it: only then has nothing been sent for it yet. */
  readonly fresh: boolean
  /** When its sending was decided, in milliseconds of Okta's clock. */
  readonly intendedAt: number
  readonly errorCode: string | null
  readonly requestId: string | null
  readonly reason: string | null
}

export type Counts = Readonly<Record<Exclude<Entry['state'], 'blank'>, number>>

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
}

export interface Journal {
  /** The number of the last row that is in it; all before it are, too. */
  readonly last: number
  /** With the outcomes that were noted and are not on the disk yet. */
  readonly counts: Counts
  /**
   * Writes down, in one transaction with all outcomes so far, that these rows are about to be sent;
   * rows it knows come back as they stand, but for those that were never sent, or refused and changed since:
   * they are taken up anew. On return it is on the disk: the rows may be sent.
   * @param candidates in the order of their numbers
   * @param intendedAt now, in milliseconds of Okta's clock
   * @throws AppError `journal_mismatch` for a row that was sent and is not what it was; `journal_unwritable`
   */
  admit(candidates: readonly Candidate[], intendedAt: number): Entry[]
  /** Notes an outcome; it is on the disk after the next `admit` or `flush`. */
  settle(number: number, outcome: Outcome): void
  /** @throws AppError `journal_unwritable` */
  readonly flush: () => void
  /** Rejects files that were written of this journal's rows, in the order of their writing. */
  readonly rejectsFiles: () => readonly string[]
  readonly noteRejectsFile: (path: string) => void
  /** Notes that rows which did not become users here have become users by their rejects file. */
  readonly adopt: (settled: readonly Settled[]) => void
  /** The rows in these states that are on the disk, in their order; of earlier runs too. */
  readonly rowsIn: (...states: Entry['state'][]) => Iterable<KeptRow>
  close(): void
}

const NO_COUNTS: Counts = {
  sending: 0,
  created: 0,
  existing: 0,
  rejected: 0,
  failed: 0,
  skipped: 0,
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
    return
  }
  // A journal of an earlier version lacks what there was no option for.
  const names = new Set([...before.keys(), ...Object.keys(settings)])
  const changed = [...names]
    .map((name) => [name, before.get(name) ?? ''] as const)
    .filter(([name, value]) => (settings[name] ?? '') !== value)
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
  INSERT INTO rows (number, line, digest, login, state, intended_at, reason, origin)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (login) DO NOTHING`
const UPDATE = `
  UPDATE rows SET state = @state, okta_id = @oktaId, error_code = @errorCode, request_id = @requestId,
         reason = @reason, okta_login = @oktaLogin, status = @status, provider = @provider
   WHERE number = @number AND state = 'sending'`
const SELECT_ALL = `
  SELECT line, login, okta_login AS oktaLogin, okta_id AS oktaId, status, provider,
         error_code AS errorCode, reason
    FROM rows WHERE state IN (SELECT value FROM json_each(?))
     -- What a rejects file has settled is in that file's own journal.
     AND NOT (state = 'existing' AND login IS NULL)
   ORDER BY number`

const NOTHING = {
  ...{ oktaId: null, errorCode: null, requestId: null, reason: null },
  ...{ oktaLogin: null, status: null, provider: null },
}

type Known = Omit<Entry, 'fresh' | 'state'> & {
  readonly state: Exclude<Entry['state'], 'blank'>
  readonly digest: Buffer
}

/** The digest of a row that its rejects file has settled: whatever it says here, it is the same row. */
const ANY = Buffer.alloc(0)

const isSame = ({ digest }: Candidate, known: Known): boolean =>
  known.digest.equals(ANY) || known.digest.equals(digest)

/** Whether nothing of a row can be in Okta, and something about it may be other than it was. */
const isOpen = (candidate: Candidate, known: Known): boolean =>
  known.state === 'rejected' ||
  (known.state === 'skipped' && !isSame(candidate, known)) ||
  (known.state === 'failed' && (!isSame(candidate, known) || candidate.hasSecrets === true))

const checkSame = (candidate: Candidate, known: Known): void => {
  if (isSame(candidate, known)) return
  const { number, line } = candidate
  throw new AppError('journal_mismatch', {
    detail: `Row ${number} (line ${line}) is not what it was when it was first read.`,
  })
}

const countStates = (db: Database.Database): Counts => {
  const sql = 'SELECT state, count(*) FROM rows GROUP BY state'
  return { ...NO_COUNTS, ...Object.fromEntries(db.prepare<[], [string, number]>(sql).raw().all()) }
}

interface Admitted {
  readonly entry: Entry
  /** What it was before, where that is no longer so. */
  readonly was: Known['state'] | undefined
}

/** Everything that reads or writes rows, each for use inside a transaction. */
const prepareRows = (db: Database.Database) => {
  const select = db.prepare<[number], Known>(SELECT)
  const insert = db.prepare(INSERT)
  const update = db.prepare(UPDATE)
  const remove = db.prepare('DELETE FROM rows WHERE number = ?')
  const lineOf = db.prepare<[unknown], number>('SELECT line FROM rows WHERE login = ?').pluck()

  const reject = (candidate: Candidate, reason: string | undefined): Entry => {
    const { number, line, digest, login, origin } = candidate
    const why = reason ?? `login is the same as that of line ${lineOf.get(login)}`
    insert.run(number, line, digest, null, 'rejected', 0, why, origin)
    return blank('rejected', 0, why)
  }
  const take = (candidate: Candidate, intendedAt: number): Entry => {
    const { number, line, digest, login, rejection, isSkipped, origin } = candidate
    if (isSkipped) {
      insert.run(number, line, digest, null, 'skipped', 0, null, origin)
      return blank('skipped', 0, null)
    }
    if (login === undefined && rejection === undefined) return blank('blank', 0, null)
    if (login === undefined) return reject(candidate, rejection)
    const { changes } = insert.run(number, line, digest, login, 'sending', intendedAt, null, origin)
    return changes === 1 ? blank('sending', intendedAt, null) : reject(candidate, undefined)
  }
  const admit = (candidate: Candidate, intendedAt: number): Admitted => {
    const known = select.get(candidate.number)
    if (!known) return { entry: take(candidate, intendedAt), was: undefined }
    if (!isOpen(candidate, known)) {
      checkSame(candidate, known)
      return { entry: { ...known, fresh: false }, was: undefined }
    }
    remove.run(candidate.number)
    const entry = take(candidate, intendedAt)
    // What Okta has refused may be there all the same, where its answer was lost.
    const fresh = entry.state === 'sending' && known.state !== 'failed'
    return { entry: { ...entry, fresh }, was: known.state }
  }
  const settle = (number: number, outcome: Outcome) =>
    update.run({ ...NOTHING, ...outcome, number })
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
  const rejects = prepareRejects(db)
  const outcomes = new Map<number, Outcome>()
  let counts: Record<keyof Counts, number> = { ...countStates(db) }
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
      if (was !== undefined) counts[was]--
      if ((was !== undefined || entry.fresh) && entry.state !== 'blank') counts[entry.state]++
    }
    last = Math.max(last, candidates.at(-1)?.number ?? 0)
    return admitted.map(({ entry }) => entry)
  }
  const all = db.prepare<[string], KeptRow>(SELECT_ALL)
  /** Begun by the first row that is asked for: a statement that was begun and left would stay busy. */
  function* rowsIn(...states: Entry['state'][]): Generator<KeptRow> {
    yield* all.iterate(JSON.stringify(states))
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
    admit,
    settle: (number, outcome) => void outcomes.set(number, outcome),
    flush: () => void admit([], 0),
    rejectsFiles: () => rejects.files.all(),
    noteRejectsFile: (path) => write(() => void rejects.note.run(path)),
    adopt: (settled) => {
      if (settled.length === 0) return
      write(() => rejects.adopt(settled))
      counts = { ...countStates(db) }
    },
    rowsIn,
    close: () => db.close(),
  }
}
