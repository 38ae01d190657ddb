/** Owns the way of an entry: from memory to the spill, and from there, in order, to the database. */
import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../clock.ts'
import { AppError, describeUnforeseen } from '../errors.ts'
import type { LedgerDatabase } from './database.ts'
import type { Entry } from './entry.ts'
import { Cursor, Guesses, PAGE, type GuessRules } from './guesses.ts'
import { addWaiting, type FromKeeper, type Standing } from './protocol.ts'
import type { Spill } from './spill.ts'

const SAVE_RETRY_MS = 1_000

const TURN_INTERVAL_MS = 500
const POLL_INTERVAL_MS = 1_000
const BATCH = 500

/** What one batch or page may take before its connection is cut. */
export const REACH_TIMEOUT_MS = 5_000

/** Millions of rows take seconds; other replicas may wait for the one that is at it. */
const MIGRATION_TIMEOUT_MS = 600_000

const FIRST_RETRY_MS = 1_000
const MAX_RETRY_MS = 30_000

/** What is left of a shutdown for a last attempt to forward. */
const CLOSE_TIMEOUT_MS = 2_000

export interface KeeperParts {
  readonly spill: Spill
  /** Opens the database; may throw, and reaches for no server yet. */
  readonly open: () => LedgerDatabase
  readonly replica: string
  /** Without them, other replicas' decisions are not looked at. */
  readonly guesses: GuessRules | undefined
  /** The id up to which guesses are known already; if not set, those of a window are told. */
  readonly toldUpTo: number | undefined
  readonly clock: Clock
  /** Milliseconds since the epoch. */
  readonly wall: () => number
  readonly tell: (message: FromKeeper) => void
}

/** Codes of answers that a server will give again: a login, database or right that is wrong. */
const HOPELESS = [
  '28000',
  '28P01',
  '3D000',
  '42501',
  'ER_ACCESS_DENIED_ERROR',
  'ER_BAD_DB_ERROR',
  'ER_DBACCESS_DENIED_ERROR',
  'ER_TABLEACCESS_DENIED_ERROR',
]

const codeOf = (err: unknown): string =>
  err instanceof Error && 'code' in err ? String(err.code) : ''

export class Keeper {
  readonly #parts: KeeperParts
  readonly #pending: Entry[] = []
  #database: LedgerDatabase | undefined
  readonly #guesses: Guesses | undefined
  #cursor: Cursor | undefined
  #polledAt = -Infinity
  #failures = 0
  /** More waits than the last batch held. */
  #behind = false
  #closed = false
  #told: Standing | undefined
  #cancelSave: (() => void) | undefined
  #cancelTurn = (): void => undefined
  #turn: Promise<void> = Promise.resolve()

  constructor(parts: KeeperParts) {
    this.#parts = parts
    this.#guesses = parts.guesses && new Guesses(parts.guesses, parts.replica)
  }

  /**
   * Reaches for the database once. One that cannot be reached is waited for; one that can never
   * serve is an error.
   * @throws AppError `ledger_unusable` or `ledger_newer`
   */
  async start(): Promise<void> {
    const err = await this.#attempt(() => this.#open())
    if (err instanceof AppError && err.row.exit === 2) throw err
    if (HOPELESS.includes(codeOf(err))) {
      throw new AppError('ledger_unusable', { detail: `LEDGER_DB_URL: ${codeOf(err)}`, cause: err })
    }
    this.#schedule()
  }

  /** Saves entries, and tells `kept` once they are on the disk; where it fails it tries again. */
  take(entries: readonly Entry[]): void {
    this.#guesses?.decided(entries)
    this.#pending.push(...entries)
    if (!this.#cancelSave) this.#save()
  }

  /** Resolves when the turn under way, if any, is over. */
  settled(): Promise<void> {
    return this.#turn
  }

  /** Saves what is in memory, tries once more to forward it, and ends within two bounded waits. */
  async close(): Promise<void> {
    this.#cancelTurn()
    this.#cancelSave?.()
    this.#save()
    this.#cancelSave?.()
    const { clock } = this.#parts
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
    this.#parts.spill.close()
  }

  #save(): void {
    this.#cancelSave = undefined
    const { spill, clock, tell } = this.#parts
    try {
      while (this.#pending.length > 0) {
        // By batches, so that a full spill takes up again as soon as there is room for one.
        const count = Math.min(this.#pending.length, BATCH)
        spill.append(this.#pending.slice(0, count))
        this.#pending.splice(0, count)
        tell({ kind: 'kept', count })
        if (this.#told) this.#told = addWaiting(this.#told, count)
      }
      if (this.#told?.spill !== 'ok') this.#stand({ spill: 'ok' })
    } catch (err) {
      this.#stand({ spill: 'failing', cause: describeUnforeseen(err) })
      this.#cancelSave = clock.after(SAVE_RETRY_MS, () => this.#save())
    }
  }

  #schedule(): void {
    if (this.#closed) return
    this.#cancelTurn = this.#parts.clock.after(this.#delay(), () => {
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
      const newer = err instanceof AppError && err.code === 'ledger_newer'
      const database = newer ? 'newer_schema' : 'unreachable'
      this.#stand({ database, cause: describeUnforeseen(err) })
      return err
    }
  }

  /** One batch and one page a turn: new entries must come to the disk while a long backlog moves. */
  async #work(): Promise<void> {
    const database = await this.#open()
    await this.#forward(database)
    await this.#poll(database)
  }

  async #open(): Promise<LedgerDatabase> {
    if (this.#database) return this.#database
    const database = this.#parts.open()
    this.#database = database
    if (!(await this.#inTime(database.isMigrated()))) {
      this.#stand({ database: 'migrating' })
      await this.#inTime(database.migrate(), MIGRATION_TIMEOUT_MS)
    }
    return database
  }

  /** The spill forgets a batch only when the database has committed it. */
  async #forward(database: LedgerDatabase): Promise<void> {
    const { spill } = this.#parts
    const batch = spill.first(BATCH)
    this.#behind = batch.length === BATCH
    const last = batch.at(-1)
    if (!last) return
    await this.#inTime(database.write(batch.map(({ entry }) => entry)))
    spill.removeUpTo(last.seq)
  }

  async #poll(database: LedgerDatabase): Promise<void> {
    const { clock, wall, guesses: rules, toldUpTo, replica, tell } = this.#parts
    if (!rules || clock.now() - this.#polledAt < POLL_INTERVAL_MS) return
    const since = new Date(wall() - rules.windowMs).toISOString()
    this.#cursor ??= new Cursor(toldUpTo ?? (await this.#inTime(database.idBefore(since))))
    const page = await this.#inTime(database.guessesAfter(this.#cursor.from, PAGE, replica))
    // A full page is followed by the next one in the next turn.
    if (page.length < PAGE) this.#polledAt = clock.now()
    const guesses = this.#guesses?.ofOthers(this.#cursor.take(page), wall()) ?? []
    if (guesses.length > 0) tell({ kind: 'guesses', guesses, upTo: this.#cursor.last })
  }

  #inTime<T>(work: Promise<T>, ms = REACH_TIMEOUT_MS): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = this.#parts.clock.after(ms, () =>
        reject(new AppError('ledger_unavailable', { detail: 'no answer in time' })),
      )
      void work.then(resolve, reject).finally(cancel)
    })
  }

  /** Tells how things stand, if that has changed. */
  #stand({ cause, ...change }: Partial<Standing>): void {
    if (this.#closed) return
    const before = this.#told ?? { database: 'unreachable', spill: 'ok', waiting: 0 }
    const next = { ...before, ...change, waiting: this.#parts.spill.waiting }
    if (this.#told && isDeepStrictEqual(next, before)) return
    this.#told = next
    const standing = cause === undefined ? next : { ...next, cause }
    this.#parts.tell({ kind: 'standing', standing })
  }
}
