/** Owns the run: rows in, each written down before it is sent, at most a window of them at once. */
import { AppError, asAppError } from '../../errors/errors.ts'
import type { CircuitBreaker } from './circuit-breaker.ts'
import type { Counts, JournalRow, Journal, RowOutcome } from '../journal/journal.ts'
import type { Prepare, Prepared, Sendable } from '../rows/prepare.ts'
import { refusedAlike, take } from './remaining-rows.ts'
import type { Rejects } from '../report/rejects.ts'
import type { ServerTime } from './server-time.ts'
import type { Source, SourceRow } from '../sources/source.ts'
import type { Due } from './update-user.ts'
import { createInFlight } from './in-flight.ts'

export interface RunDeps {
  readonly source: Source
  readonly prepare: Prepare
  readonly journal: Journal
  /** What becomes of a row that may be sent. */
  readonly settle: (sendable: Sendable, due: Due) => Promise<RowOutcome>
  readonly serverTime: Pick<ServerTime, 'now'>
  readonly rejects: Pick<Rejects, 'write'>
  readonly brake: CircuitBreaker
  /** The most rows that may be under way at once: the most that a crash leaves to be asked about. */
  readonly window: number
  /** Aborted when the run stops: rows that still wait to be sent are left to the next run. */
  readonly halt: AbortController
  /** How many rows this run may take up beyond those the journal knows. */
  readonly limit: number
}

export interface Snapshot extends Counts {
  /** How many rows will be done at the end of this run, as far as that can be told. */
  readonly total: number | undefined
  /** The counts of the runs before this one, and what has ended in this one. */
  readonly before: Counts
  readonly thisRun: Omit<Counts, 'sending'>
  /** The number of the last row that this run took up or met again. */
  readonly last: number
  readonly inFlight: number
}

export type RunEnd = 'finished' | 'limit' | 'stopped'

export interface Run {
  /** @throws AppError for whatever ends it before its time; what is in the journal stays true */
  readonly start: () => Promise<RunEnd>
  /** Takes up no more rows, sends no more, and lets those that were sent finish. */
  readonly stop: () => void
  readonly snapshot: () => Snapshot
}

const toCandidate = ({
  row,
  digest,
  login,
  person,
  rejection,
  isSkipped,
  hasSecrets,
  origin,
}: Prepared) => ({
  number: row.number,
  line: row.line,
  digest,
  login,
  person,
  rejection,
  hasSecrets,
  origin,
  isSkipped,
})

const endsTooSoon = (number: number, known: number): AppError =>
  new AppError('journal_mismatch', {
    detail: `The input ends after row ${number}, and the journal knows ${known} rows of it.`,
  })

/** Where a run began, and its end: guessed from the length of the rows that were read, until it shows. */
const createCourse = (journal: Journal, lastWanted: number) => {
  const { last: known, counts: before } = journal
  const thisRun = { created: 0, updated: 0, existing: 0, rejected: 0, failed: 0, skipped: 0 }
  let total: number | undefined
  let last = 0
  return {
    now: () => ({ ...journal.counts, total, before, thisRun: { ...thisRun }, last }),
    met: ({ state, fresh }: JournalRow): void => {
      if (fresh && (state === 'rejected' || state === 'skipped')) thisRun[state]++
    },
    /** A user who was known before this run was there already, also one that we made. */
    ended: ({ state }: RowOutcome, { oktaId }: JournalRow): void => {
      thisRun[state === 'created' && oktaId !== null ? 'existing' : state]++
    },
    read: ({ number, behind = 0 }: SourceRow) => {
      last = number
      if (behind > 0) total = Math.min(Math.max(Math.round(number / behind), known), lastWanted)
    },
    end: (number: number) => void (total = number),
  }
}

const isReject = ({ state }: Pick<JournalRow, 'state'>): boolean =>
  state === 'rejected' || state === 'failed'

/** Writes the rows down, and the rejects; on return, those to be sent may be sent. */
const admit = (
  rows: readonly SourceRow[],
  { prepare, journal, serverTime, rejects }: RunDeps,
): [Prepared, JournalRow][] => {
  const prepared = rows.map(prepare)
  const entries = journal.admit(prepared.map(toCandidate), serverTime.now())
  for (const [i, entry] of entries.entries()) {
    if (isReject(entry) && prepared[i]) rejects.write(prepared[i].row, entry)
  }
  return prepared.flatMap((each, i) => (entries[i] ? [[each, entries[i]]] : []))
}

const send = async (
  { row, sendable }: Prepared,
  entry: JournalRow,
  { settle, journal, rejects }: RunDeps,
): Promise<RowOutcome> => {
  if (!sendable) throw new TypeError('a row without a request was admitted')
  const outcome = await settle(sendable, { ...entry, number: row.number, line: row.line })
  journal.settle(row.number, outcome)
  if (isReject(outcome)) rejects.write(row, outcome)
  return outcome
}

/** How a run is ended before its time. */
const createEnding = ({ source, halt, brake }: RunDeps) => {
  let stopping = false
  let failure: AppError | undefined
  /** What Okta says to too many rows in a row. */
  let cause: string | undefined

  const stop = (): void => {
    stopping = true
    source.close()
    halt.abort()
  }
  return {
    stop,
    isOver: (): boolean => stopping,
    fail: (err: unknown): 'stopped' => {
      if (err === halt.signal.reason) return 'stopped'
      failure ??= asAppError(err)
      stop()
      return 'stopped'
    },
    /** @param hasEnd whether the source may stay open, so that what is left in it can be counted */
    observe: (outcome: RowOutcome, hasEnd: boolean): void => {
      cause ??= brake.observe(outcome)
      if (cause === undefined || stopping) return
      if (!hasEnd) stop()
      stopping = true
      halt.abort()
    },
    failure: () => failure,
    cause: () => cause,
  }
}

/** Rows that were taken up anew are among those of the limit. */
const createLimit = (journal: Journal, limit: number) => {
  const known = journal.last
  const lastWanted = (): number => Math.max(known, known + limit - journal.reopened)
  return {
    lastWanted,
    /** How many of the next rows may be taken up: no new ones before it is known how many were taken up anew. */
    wantedAfter: (number: number): number => (number < known ? known : lastWanted()) - number,
  }
}

export const createRun = (deps: RunDeps): Run => {
  const { source, journal } = deps
  const [window, known] = [createInFlight(deps.window), journal.last]
  const { lastWanted, wantedAfter } = createLimit(journal, deps.limit)
  const { stop, isOver, fail, observe, ...ended } = createEnding(deps)
  const course = createCourse(journal, known + deps.limit)
  let hasEnd = false
  let unread: readonly SourceRow[] = []

  const end = (outcome: RowOutcome, entry: JournalRow): void => {
    course.ended(outcome, entry)
    observe(outcome, hasEnd)
  }
  const takeUp = (rows: readonly SourceRow[]): void => {
    hasEnd ||= rows.at(-1)?.behind !== undefined
    for (const [prepared, entry] of admit(rows, deps)) {
      if (entry.state === 'sending') {
        const sent = send(prepared, entry, deps)
        window.enter(sent.then((outcome) => end(outcome, entry)).catch(fail))
      }
      course.met(entry)
    }
    // Not before: a row that is not what it was ends the run here.
    rows.slice(-1).forEach(course.read)
  }

  const pump = async (): Promise<RunEnd> => {
    let number = 0
    while (number < lastWanted()) {
      const room = await window.room()
      if (isOver()) return 'stopped'
      const { rows, done } = await take(source, Math.min(room, wantedAfter(number)))
      if (isOver()) unread = rows
      if (isOver()) return 'stopped'
      takeUp(rows)
      number = rows.at(-1)?.number ?? number
      if (done || number === lastWanted()) course.end(number)
      if (done && number < known) throw endsTooSoon(number, known)
      if (done) return 'finished'
    }
    return 'limit'
  }

  const start = async (): Promise<RunEnd> => {
    // A reading that was ended on purpose may end in an error, and then it is nobody's.
    const end = await pump().catch((err: unknown) => (isOver() ? 'stopped' : fail(err)))
    await window.empty()
    await Promise.resolve().then(journal.flush).catch(fail)
    const cause = ended.cause()
    const stopped = { source, hasEnd, journal, unread, known }
    const refused = cause === undefined ? undefined : await refusedAlike(cause, stopped)
    source.close()
    const failure = ended.failure() ?? refused
    if (failure) throw failure
    return end
  }

  const snapshot = (): Snapshot => ({ ...course.now(), inFlight: window.inFlight() })
  return { start, stop, snapshot }
}
