/** Forwards entries from the outbox to the ledger's database, and reads other replicas' wrong guesses there. */
import { isDeepStrictEqual } from 'node:util'
import { endsWithin, within, type Clock } from '../clock.ts'
import { AppError, describeUnforeseen } from '../errors/errors.ts'
import type { LedgerDatabase } from './database/database.ts'
import type { LedgerEntry } from './entry.ts'
import {
  createCursor,
  createGuessFilter,
  PAGE,
  type Cursor,
  type GuessFilter,
  type GuessRules,
} from './shared-guesses.ts'
import type { FromForwarder, ForwarderStatus } from './protocol.ts'
import { Outbox } from './outbox.ts'
import { describeFailure } from '../sql/failures.ts'
import { classifyFailure } from './failures.ts'

const CYCLE_INTERVAL_MS = 500
const POLL_INTERVAL_MS = 1_000

/** The time limit for one batch or page; after it, the connection is cut. */
export const REACH_TIMEOUT_MS = 5_000

/** Millions of rows take seconds, and other replicas may wait for the one that migrates. */
const MIGRATION_TIMEOUT_MS = 600_000

/** Some minutes of sign-ins; a longer backlog must not delay the guesses of other replicas. */
const CATCH_UP_BATCHES = 20

const FIRST_RETRY_MS = 1_000
const MAX_RETRY_MS = 30_000

/** The time that a shutdown leaves for a last attempt to forward. */
const CLOSE_TIMEOUT_MS = 2_000

interface ForwarderDeps {
  readonly spillDir: string
  readonly maxSpillBytes?: number | undefined
  /** Opens the database, for the first time or again; may throw, and does not connect to a server yet. */
  readonly open: (isReopened: boolean) => LedgerDatabase
  readonly replica: string
  /** If not set, other replicas' decisions are not read. */
  readonly guesses: GuessRules | undefined
  /** The id up to which guesses are known already; if not set, those of the last window are sent. */
  readonly guessesUpTo: number | undefined
  readonly clock: Clock
  readonly send: (message: FromForwarder) => void
}

const DATABASE_STATUS = { away: 'unreachable', disk: 'failing', refused: 'refused' } as const

const statusOf = (err: unknown): ForwarderStatus['database'] =>
  err instanceof AppError && err.code === 'ledger_newer'
    ? 'newer_schema'
    : DATABASE_STATUS[classifyFailure(err)]

/** Details of our own errors may be logged; messages of others may quote what was written. */
const causeOf = (err: unknown): Record<string, unknown> => ({
  ...describeUnforeseen(err),
  ...(err instanceof AppError && { detail: err.detail }),
})

export class Forwarder {
  readonly #deps: ForwarderDeps
  readonly #outbox: Outbox
  readonly #guesses: GuessFilter | undefined
  #database: LedgerDatabase | undefined
  #cursor: Cursor | undefined
  #guessesUpTo: number | undefined
  #wasOpen = false
  #polledAt = -Infinity
  #failures = 0
  /** More entries wait than the last batch held. */
  #hasBacklog = false
  #closed = false
  #reported: ForwarderStatus | undefined
  #cancelCycle = (): void => undefined
  #cycle: Promise<void> = Promise.resolve()

  constructor(deps: ForwarderDeps) {
    this.#deps = deps
    this.#guessesUpTo = deps.guessesUpTo
    const { send, replica, guesses, clock, spillDir: dir, maxSpillBytes: maxBytes } = deps
    this.#guesses = guesses && createGuessFilter(guesses, replica)
    this.#outbox = new Outbox({
      dir,
      maxBytes,
      clock,
      onPersisted: (count) => {
        send({ kind: 'persisted', count })
        const status = this.#reported
        if (status) this.#reported = { ...status, waiting: status.waiting + count }
      },
      onDiskResult: (err) =>
        err === undefined
          ? this.#reportStatus({ spill: 'ok' })
          : this.#reportStatus({ spill: 'failing', cause: causeOf(err) }),
      onVanished: () => send({ kind: 'vanished', file: 'spill' }),
    })
  }

  /** @throws AppError `ledger_unusable` for a directory that is wrong */
  open(): void {
    this.#outbox.open()
  }

  /**
   * Connects to the database once, and reads what other replicas have lately seen. Where it cannot be
   * reached, this is tried again. Where it is unusable, that is an error, and is tried again as well.
   * @throws AppError `ledger_unusable` or `ledger_newer`
   */
  async start(): Promise<void> {
    const err = await this.#attempt(() => this.#open())
    if (err === undefined) await this.#attempt(() => this.#catchUp())
    this.#schedule()
    if (err instanceof AppError && err.row.exit === 2) throw err
  }

  /** Saves entries, and sends `persisted` once they are on the disk; tries again where that fails. */
  enqueue(entries: readonly LedgerEntry[]): void {
    this.#guesses?.noteOwn(entries)
    this.#outbox.enqueue(entries)
  }

  /** Entries on the disk that the database does not have. */
  get waiting(): number {
    return this.#outbox.waiting
  }

  /** Resolves when the cycle under way, if any, is over. */
  cycleEnd(): Promise<void> {
    return this.#cycle
  }

  /** Saves what is in memory, tries once more to forward it, and ends within two bounded waits. */
  async close(): Promise<void> {
    this.#cancelCycle()
    this.#outbox.save()
    const forward = async () => this.#forward(await this.#open())
    const last = this.#cycle.then(() => this.#attempt(forward))
    await endsWithin(this.#deps.clock, CLOSE_TIMEOUT_MS, last)
    this.#closed = true
    this.#cancelCycle()
    this.#database?.cut()
    this.#outbox.close()
  }

  #schedule(): void {
    if (this.#closed) return
    this.#cancelCycle = this.#deps.clock.after(this.#delay(), () => {
      this.#cycle = this.#attempt(() => this.#runCycle()).then(() => this.#schedule())
    })
  }

  #delay(): number {
    if (this.#failures === 0) return this.#hasBacklog ? 0 : CYCLE_INTERVAL_MS
    return Math.min(FIRST_RETRY_MS * 2 ** (this.#failures - 1), MAX_RETRY_MS)
  }

  /** @returns the error, if there was one; the connection is then given up */
  async #attempt(work: () => Promise<unknown>): Promise<unknown> {
    try {
      await work()
      this.#failures = 0
      this.#reportStatus({ database: 'ok' })
      return undefined
    } catch (err) {
      this.#failures++
      this.#database?.cut()
      this.#database = undefined
      this.#reportStatus({ database: statusOf(err), cause: causeOf(err) })
      return err
    }
  }

  /** One batch and one page a cycle: new entries must reach the disk while a long backlog is forwarded. */
  async #runCycle(): Promise<void> {
    this.#outbox.save()
    const database = await this.#open()
    await this.#forward(database)
    await this.#poll(database)
  }

  /** Other replicas read this machine's decisions of before a restart too, so these go first. */
  async #catchUp(): Promise<void> {
    const database = await this.#open()
    for (let i = 0; i < CATCH_UP_BATCHES; i++) {
      await this.#forward(database)
      if (!this.#hasBacklog) break
    }
    while (await this.#poll(database)) continue
  }

  async #open(): Promise<LedgerDatabase> {
    if (this.#database?.isThere()) return this.#database
    if (this.#database) this.#onReplaced(this.#database)
    const database = this.#deps.open(this.#wasOpen)
    this.#database = database
    try {
      await this.#migrate(database)
    } catch (err) {
      if (err instanceof AppError || classifyFailure(err) !== 'refused') throw err
      // Such statements hold nothing secret, so the server's message may be logged.
      const detail = `LEDGER_DB_URL: ${describeFailure(err)}`
      throw new AppError('ledger_unusable', { detail, cause: err })
    }
    this.#wasOpen = true
    return database
  }

  /** Its file is another one now, and has other ids. */
  #onReplaced(database: LedgerDatabase): void {
    this.#deps.send({ kind: 'vanished', file: 'database' })
    database.cut()
    this.#cursor = undefined
    this.#guessesUpTo = undefined
  }

  async #migrate(database: LedgerDatabase): Promise<void> {
    if (await this.#inTime(database.isMigrated())) return
    this.#reportStatus({ database: 'migrating' })
    await this.#inTime(database.migrate(), MIGRATION_TIMEOUT_MS)
  }

  /** The outbox removes a batch only when the database has committed it. */
  async #forward(database: LedgerDatabase): Promise<void> {
    const write = (entries: readonly LedgerEntry[]) => this.#inTime(database.write(entries))
    this.#hasBacklog = await this.#outbox.forward(write)
  }

  /** @returns whether there is more to read at once */
  async #poll(database: LedgerDatabase): Promise<boolean> {
    const { clock, guesses: rules, replica, send } = this.#deps
    if (!rules || clock.now() - this.#polledAt < POLL_INTERVAL_MS) return false
    const since = new Date(clock.epochMs() - rules.windowMs).toISOString()
    this.#guessesUpTo ??= await this.#inTime(database.idBefore(since))
    this.#cursor ??= createCursor(this.#guessesUpTo)
    const page = await this.#inTime(database.guessesAfter(this.#cursor.from, PAGE, replica))
    const isFull = page.length >= PAGE
    if (!isFull) this.#polledAt = clock.now()
    const guesses = this.#guesses?.fromOthers(this.#cursor.accept(page), clock.epochMs()) ?? []
    if (guesses.length > 0) send({ kind: 'guesses', guesses, upTo: this.#cursor.last })
    return isFull
  }

  #inTime<T>(work: Promise<T>, ms = REACH_TIMEOUT_MS): Promise<T> {
    const { clock } = this.#deps
    const late = (): Error => new AppError('ledger_unavailable', { detail: 'no answer in time' })
    return within(clock, clock.now() + ms, work, late)
  }

  /** Sends the status, if that has changed. */
  #reportStatus({ cause, ...change }: Partial<ForwarderStatus>): void {
    if (this.#closed) return
    const before = this.#reported ?? { database: 'unreachable', spill: 'ok', waiting: 0 }
    const next = { ...before, ...change, waiting: this.#outbox.waiting }
    if (this.#reported && isDeepStrictEqual(next, before)) return
    this.#reported = next
    const status = cause === undefined ? next : { ...next, cause }
    this.#deps.send({ kind: 'status', status })
  }
}
