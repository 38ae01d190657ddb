/** Keeps the ledger's database reached: forwards what waits to it, and tells of other replicas' guesses. */
import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../clock.ts'
import { AppError, describeUnforeseen } from '../errors/errors.ts'
import type { LedgerDatabase } from './database/database.ts'
import type { LedgerEntry } from './entry.ts'
import { Cursor, Guesses, PAGE, type GuessRules } from './shared-guesses.ts'
import { addWaiting, type FromForwarder, type ForwarderStatus } from './protocol.ts'
import { Outbox } from './outbox.ts'
import { describeFailure } from '../sql/failures.ts'
import { classifyFailure } from './failures.ts'

const TURN_INTERVAL_MS = 500
const POLL_INTERVAL_MS = 1_000

/** What one batch or page may take before its connection is cut. */
export const REACH_TIMEOUT_MS = 5_000

/** Millions of rows take seconds; other replicas may wait for the one that is at it. */
const MIGRATION_TIMEOUT_MS = 600_000

/** Some minutes of sign-ins; a longer backlog must not hold up what others have to tell. */
const CATCH_UP_BATCHES = 20

const FIRST_RETRY_MS = 1_000
const MAX_RETRY_MS = 30_000

/** What is left of a shutdown for a last attempt to forward. */
const CLOSE_TIMEOUT_MS = 2_000

export interface ForwarderDeps {
  readonly spillDir: string
  readonly maxSpillBytes?: number | undefined
  /** Opens the database, for the first time or again; may throw, and reaches for no server yet. */
  readonly open: (isRemade: boolean) => LedgerDatabase
  readonly replica: string
  /** Without them, other replicas' decisions are not looked at. */
  readonly guesses: GuessRules | undefined
  /** The id up to which guesses are known already; if not set, those of a window are told. */
  readonly toldUpTo: number | undefined
  readonly clock: Clock
  /** Milliseconds since the epoch. */
  readonly wall: () => number
  readonly tell: (message: FromForwarder) => void
}

const STANDINGS = { away: 'unreachable', disk: 'failing', refused: 'refused' } as const

const standingOf = (err: unknown): ForwarderStatus['database'] =>
  err instanceof AppError && err.code === 'ledger_newer'
    ? 'newer_schema'
    : STANDINGS[classifyFailure(err)]

/** Details of our own errors may be told; messages of others may quote what was written. */
const causeOf = (err: unknown): Record<string, unknown> => ({
  ...describeUnforeseen(err),
  ...(err instanceof AppError && { detail: err.detail }),
})

export class Forwarder {
  readonly #deps: ForwarderDeps
  readonly #queue: Outbox
  readonly #guesses: Guesses | undefined
  #database: LedgerDatabase | undefined
  #cursor: Cursor | undefined
  #toldUpTo: number | undefined
  #wasOpen = false
  #polledAt = -Infinity
  #failures = 0
  /** More waits than the last batch held. */
  #behind = false
  #closed = false
  #told: ForwarderStatus | undefined
  #cancelTurn = (): void => undefined
  #turn: Promise<void> = Promise.resolve()

  constructor(deps: ForwarderDeps) {
    this.#deps = deps
    this.#toldUpTo = deps.toldUpTo
    const { tell, replica, guesses, clock, spillDir: dir, maxSpillBytes: maxBytes } = deps
    this.#guesses = guesses && new Guesses(guesses, replica)
    this.#queue = new Outbox({
      dir,
      maxBytes,
      clock,
      onKept: (count) => {
        tell({ kind: 'kept', count })
        if (this.#told) this.#told = addWaiting(this.#told, count)
      },
      onDisk: (err) =>
        err === undefined
          ? this.#stand({ spill: 'ok' })
          : this.#stand({ spill: 'failing', cause: causeOf(err) }),
      onVanished: () => tell({ kind: 'vanished', file: 'spill' }),
    })
  }

  /** @throws AppError `ledger_unusable` for a directory that is wrong */
  open(): void {
    this.#queue.open()
  }

  /**
   * Reaches for the database once, and for what other replicas have lately seen. One that cannot be
   * reached is waited for. One that will not do is an error, and it is asked again all the same.
   * @throws AppError `ledger_unusable` or `ledger_newer`
   */
  async start(): Promise<void> {
    const err = await this.#attempt(() => this.#open())
    if (err === undefined) await this.#attempt(() => this.#catchUp())
    this.#schedule()
    if (err instanceof AppError && err.row.exit === 2) throw err
  }

  /** Saves entries, and tells `kept` once they are on the disk; where it fails it tries again. */
  take(entries: readonly LedgerEntry[]): void {
    this.#guesses?.decided(entries)
    this.#queue.take(entries)
  }

  /** Entries on the disk that the database does not have. */
  get waiting(): number {
    return this.#queue.waiting
  }

  /** Resolves when the turn under way, if any, is over. */
  settled(): Promise<void> {
    return this.#turn
  }

  /** Saves what is in memory, tries once more to forward it, and ends within two bounded waits. */
  async close(): Promise<void> {
    this.#cancelTurn()
    this.#queue.save()
    const { clock } = this.#deps
    await new Promise<void>((resolve) => {
      const cancel = clock.after(CLOSE_TIMEOUT_MS, resolve)
      const last = this.#turn.then(() =>
        this.#attempt(async () => this.#forward(await this.#open())),
      )
      void last.then(() => {
        cancel()
        resolve()
      })
    })
    this.#closed = true
    this.#cancelTurn()
    this.#database?.cut()
    this.#queue.close()
  }

  #schedule(): void {
    if (this.#closed) return
    this.#cancelTurn = this.#deps.clock.after(this.#delay(), () => {
      this.#turn = this.#attempt(() => this.#work()).then(() => this.#schedule())
    })
  }

  #delay(): number {
    if (this.#failures === 0) return this.#behind ? 0 : TURN_INTERVAL_MS
    return Math.min(FIRST_RETRY_MS * 2 ** (this.#failures - 1), MAX_RETRY_MS)
  }

  /** @returns what went wrong, if anything did; the connection is then given up */
  async #attempt(work: () => Promise<unknown>): Promise<unknown> {
    try {
      await work()
      this.#failures = 0
      this.#stand({ database: 'ok' })
      return undefined
    } catch (err) {
      this.#failures++
      this.#database?.cut()
      this.#database = undefined
      this.#stand({ database: standingOf(err), cause: causeOf(err) })
      return err
    }
  }

  /** One batch and one page a turn: new entries must come to the disk while a long backlog moves. */
  async #work(): Promise<void> {
    this.#queue.save()
    const database = await this.#open()
    await this.#forward(database)
    await this.#poll(database)
  }

  /** What this machine decided before a restart is among what others are told, so it goes first. */
  async #catchUp(): Promise<void> {
    const database = await this.#open()
    for (let i = 0; i < CATCH_UP_BATCHES; i++) {
      await this.#forward(database)
      if (!this.#behind) break
    }
    while (await this.#poll(database)) continue
  }

  async #open(): Promise<LedgerDatabase> {
    if (this.#database?.isThere()) return this.#database
    if (this.#database) this.#leave(this.#database)
    const database = this.#deps.open(this.#wasOpen)
    this.#database = database
    try {
      await this.#migrate(database)
    } catch (err) {
      if (err instanceof AppError || classifyFailure(err) !== 'refused') throw err
      // Such statements hold nothing secret, so what the server says of them may be told.
      throw new AppError('ledger_unusable', {
        detail: `LEDGER_DB_URL: ${describeFailure(err)}`,
        cause: err,
      })
    }
    this.#wasOpen = true
    return database
  }

  /** Its file is another one now, with other ids. */
  #leave(database: LedgerDatabase): void {
    this.#deps.tell({ kind: 'vanished', file: 'database' })
    database.cut()
    this.#cursor = undefined
    this.#toldUpTo = undefined
  }

  async #migrate(database: LedgerDatabase): Promise<void> {
    if (await this.#inTime(database.isMigrated())) return
    this.#stand({ database: 'migrating' })
    await this.#inTime(database.migrate(), MIGRATION_TIMEOUT_MS)
  }

  /** The queue forgets a batch only when the database has committed it. */
  async #forward(database: LedgerDatabase): Promise<void> {
    this.#behind = await this.#queue.forward((entries) => this.#inTime(database.write(entries)))
  }

  /** @returns whether there is more to read at once */
  async #poll(database: LedgerDatabase): Promise<boolean> {
    const { clock, wall, guesses: rules, replica, tell } = this.#deps
    if (!rules || clock.now() - this.#polledAt < POLL_INTERVAL_MS) return false
    const since = new Date(wall() - rules.windowMs).toISOString()
    this.#cursor ??= new Cursor(this.#toldUpTo ?? (await this.#inTime(database.idBefore(since))))
    const page = await this.#inTime(database.guessesAfter(this.#cursor.from, PAGE, replica))
    const isFull = page.length >= PAGE
    if (!isFull) this.#polledAt = clock.now()
    const guesses = this.#guesses?.ofOthers(this.#cursor.take(page), wall()) ?? []
    if (guesses.length > 0) tell({ kind: 'guesses', guesses, upTo: this.#cursor.last })
    return isFull
  }

  #inTime<T>(work: Promise<T>, ms = REACH_TIMEOUT_MS): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = this.#deps.clock.after(ms, () =>
        reject(new AppError('ledger_unavailable', { detail: 'no answer in time' })),
      )
      void work.then(resolve, reject).finally(cancel)
    })
  }

  /** Tells how things stand, if that has changed. */
  #stand({ cause, ...change }: Partial<ForwarderStatus>): void {
    if (this.#closed) return
    const before = this.#told ?? { database: 'unreachable', spill: 'ok', waiting: 0 }
    const next = { ...before, ...change, waiting: this.#queue.waiting }
    if (this.#told && isDeepStrictEqual(next, before)) return
    this.#told = next
    const standing = cause === undefined ? next : { ...next, cause }
    this.#deps.tell({ kind: 'standing', standing })
  }
}
