/** Runs an import: each row is in the journal before it is sent, and a limited number is in flight at once. */
import { AppError, asAppError } from '../../errors/errors.ts'
import { refusedAlike, type CircuitBreaker } from './circuit-breaker.ts'
import type { Journal } from '../journal/journal.ts'
import { NO_ENDS, type Counts, type JournalRow, type RowOutcome } from '../journal/row.ts'
import type { Prepare, Prepared, Sendable } from '../rows/prepare.ts'
import { take } from '../sources/read-ahead.ts'
import type { Rejects } from '../report/rejects.ts'
import type { ServerTime } from './server-time.ts'
import type { Source, SourceRow } from '../sources/source.ts'
import type { DueRow } from './update-user.ts'
import { createInFlight } from './in-flight.ts'

export interface RunDeps {
  readonly source: Source
  readonly prepare: Prepare
  readonly journal: Journal
  /** Creates or updates the user of a row, or shows what it would do. */
  readonly sendRow: (sendable: Sendable, due: DueRow) => Promise<RowOutcome>
  readonly serverTime: Pick<ServerTime, 'now'>
  readonly rejects: Pick<Rejects, 'write'>
  readonly circuitBreaker: CircuitBreaker
  /** A crash leaves at most this many rows to ask Okta about. Those that wait to be sent are among them. */
  readonly maxInFlight: number
  /** Aborted when the run stops: rows that still wait to be sent are left for the next run. */
  readonly halt: AbortController
  /** How many rows this run may process beyond those in the journal. */
  readonly limit: number
}

export interface Snapshot extends Counts {
  /** How many rows will be done at the end of this run, where that is known or can be estimated. */
  readonly total: number | undefined
  /** The counts of the runs before this one, and what has ended in this one. */
  readonly before: Counts
  readonly thisRun: Omit<Counts, 'sending'>
  /** The number of the last row that this run has read. */
  readonly lastRow: number
  readonly inFlight: number
}

export type RunEnd = 'finished' | 'limit' | 'stopped'

export interface Run {
  /** @throws AppError for whatever stops it early; the journal remains correct */
  readonly start: () => Promise<RunEnd>
  /** Reads and sends no more rows, and lets the requests in flight finish. */
  readonly stop: () => void
  readonly snapshot: () => Snapshot
}

const endsTooSoon = (number: number, known: number): AppError =>
  new AppError('journal_mismatch', {
    detail: `The input ends after row ${number}, but the journal has ${known} rows of it.`,
  })

/** Counts the rows of this run. The total is an estimate by the length of the rows that were read, until the end is reached. */
const createRunCounts = (journal: Journal, lastWanted: number) => {
  const { last: known, counts: before } = journal
  const thisRun = { ...NO_ENDS }
  let total: number | undefined
  let lastRow = 0
  return {
    read: () => ({ ...journal.counts, total, before, thisRun: { ...thisRun }, lastRow }),
    countEntry: ({ state, isNew }: JournalRow): void => {
      if (isNew && (state === 'rejected' || state === 'skipped')) thisRun[state]++
    },
    /** A user who was known before this run already existed, even one that we made. */
    countOutcome: ({ state }: RowOutcome, { oktaId }: JournalRow): void => {
      thisRun[state === 'created' && oktaId !== null ? 'existing' : state]++
    },
    onRead: ({ number, fractionRead = 0 }: SourceRow) => {
      lastRow = number
      if (fractionRead === 0) return
      total = Math.min(Math.max(Math.round(number / fractionRead), known), lastWanted)
    },
    onEnd: (number: number) => void (total = number),
  }
}

const isReject = ({ state }: Pick<JournalRow, 'state'>): boolean =>
  state === 'rejected' || state === 'failed'

/** Records the rows in the journal, and rejects in their file. On return the others may be sent. */
const admit = (
  rows: readonly SourceRow[],
  { prepare, journal, serverTime, rejects }: RunDeps,
): [Prepared, JournalRow][] => {
  const prepared = rows.map(prepare)
  const entries = journal.admit(prepared, serverTime.now())
  for (const [i, entry] of entries.entries()) {
    if (isReject(entry) && prepared[i]) rejects.write(prepared[i].row, entry)
  }
  return prepared.flatMap((each, i) => (entries[i] ? [[each, entries[i]]] : []))
}

const sendAndRecord = async (
  { row, sendable }: Prepared,
  entry: JournalRow,
  { sendRow, journal, rejects }: RunDeps,
): Promise<RowOutcome> => {
  if (!sendable) throw new TypeError('a row without a request was admitted')
  const outcome = await sendRow(sendable, { ...entry, number: row.number, line: row.line })
  journal.recordOutcome(row.number, outcome)
  if (isReject(outcome)) rejects.write(row, outcome)
  return outcome
}

type StopDeps = Pick<RunDeps, 'source' | 'halt' | 'circuitBreaker'>

/** Stops a run before its end: on request, after a failure, or by the circuit breaker. */
class EarlyStop {
  readonly #deps: StopDeps
  #isStopping = false
  failure: AppError | undefined
  /** The circuit breaker's, if that has stopped the run. */
  cause: string | undefined
  /** Whether the source is known to end: it may stay open then, so that its remaining rows can be counted. */
  hasEnd = false

  constructor(deps: StopDeps) {
    this.#deps = deps
  }

  readonly isStopping = (): boolean => this.#isStopping

  readonly stop = (): void => {
    this.#isStopping = true
    this.#deps.source.close()
    this.#deps.halt.abort()
  }

  readonly fail = (err: unknown): 'stopped' => {
    if (err === this.#deps.halt.signal.reason) return 'stopped'
    this.failure ??= asAppError(err)
    this.stop()
    return 'stopped'
  }

  observe(outcome: RowOutcome): void {
    this.cause ??= this.#deps.circuitBreaker.observe(outcome)
    if (this.cause === undefined || this.#isStopping) return
    if (!this.hasEnd) this.stop()
    this.#isStopping = true
    this.#deps.halt.abort()
  }
}

/** Rows that were reopened count towards the limit. */
const createLimit = (journal: Journal, limit: number) => {
  const known = journal.last
  const lastWanted = (): number => Math.max(known, known + limit - journal.reopened)
  return {
    lastWanted,
    /** How many of the next rows may be read: new ones only once it is known how many were reopened. */
    wantedAfter: (number: number): number => (number < known ? known : lastWanted()) - number,
  }
}

/** In this time Okta answers many requests of a fast run; to a slow one it makes no difference. */
const GATHER_MS = 8

export const createRun = (deps: RunDeps): Run => {
  const { source, journal } = deps
  const [inFlight, known] = [createInFlight(deps.maxInFlight, GATHER_MS), journal.last]
  const { lastWanted, wantedAfter } = createLimit(journal, deps.limit)
  const early = new EarlyStop(deps)
  const counts = createRunCounts(journal, known + deps.limit)
  let unread: readonly SourceRow[] = []

  const startRows = (rows: readonly SourceRow[]): void => {
    early.hasEnd ||= rows.at(-1)?.fractionRead !== undefined
    for (const [prepared, entry] of admit(rows, deps)) {
      if (entry.state === 'sending') {
        const onOutcome = (outcome: RowOutcome): void => {
          counts.countOutcome(outcome, entry)
          early.observe(outcome)
        }
        inFlight.add(sendAndRecord(prepared, entry, deps).then(onOutcome).catch(early.fail))
      }
      counts.countEntry(entry)
    }
    // Only now: a row that has changed since an earlier run throws above.
    rows.slice(-1).forEach(counts.onRead)
  }

  const pump = async (): Promise<RunEnd> => {
    let number = 0
    while (number < lastWanted()) {
      const room = await inFlight.room()
      if (early.isStopping()) return 'stopped'
      const { rows, done } = await take(source, Math.min(room, wantedAfter(number)))
      if (early.isStopping()) unread = rows
      if (early.isStopping()) return 'stopped'
      startRows(rows)
      number = rows.at(-1)?.number ?? number
      if (done || number === lastWanted()) counts.onEnd(number)
      if (done && number < known) throw endsTooSoon(number, known)
      if (done) return 'finished'
    }
    return 'limit'
  }

  const start = async (): Promise<RunEnd> => {
    // Errors from a read that we cancelled ourselves are ignored.
    const end = await pump().catch((err: unknown) =>
      early.isStopping() ? 'stopped' : early.fail(err),
    )
    await inFlight.empty()
    await Promise.resolve().then(journal.flush).catch(early.fail)
    const { cause, hasEnd } = early
    const stopped = { source, hasEnd, journal, unread, known }
    const refused = cause === undefined ? undefined : await refusedAlike(cause, stopped)
    source.close()
    const failure = early.failure ?? refused
    if (failure) throw failure
    return end
  }

  const snapshot = (): Snapshot => ({ ...counts.read(), inFlight: inFlight.count() })
  return { start, stop: early.stop, snapshot }
}
