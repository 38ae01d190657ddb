/** Owns the worker threads that check passwords: what the schedule orders, replacement, the end. */
import type { Worker } from 'node:worker_threads'
import type { Clock } from '../clock.ts'
import { AppError, describeUnforeseen, refusal, type ErrorCode } from '../errors/errors.ts'
import type { PasswordCheck } from '../passwords/engine.ts'
import type { Bounds, Outcome } from '../passwords/family.ts'
import { inspect } from '../passwords/registry.ts'
import { keepThread, startThread, threadUrl, type KeptThread } from '../thread.ts'
import type { Task } from './batch.ts'
import { Estimates } from './estimates.ts'
import type { BatchReply, BatchRequest, FromWorker, Hello, WorkerOptions } from './protocol.ts'
import { Schedule, type Slot } from './schedule.ts'

export interface Checked {
  readonly outcome: Outcome
  /** Milliseconds between admission and the start of the check. */
  readonly waitMs: number
  /** Milliseconds the check's batch took. */
  readonly runMs: number
  /** How many checks its batch held. */
  readonly lanes: number
}

/** What the hook needs of whatever checks passwords. */
export interface PasswordChecker {
  /** Whether a check may end by `deadline` (on the clock's scale): if not, looking for its hash is in vain. */
  mayAdmit(deadline: number): boolean
  /**
   * Checks one password, answering by `deadline` (on the clock's scale) whatever happens.
   * @param signal aborted when nobody waits any more: a check that has not begun is then dropped
   * @throws AppError `overloaded`, `deadline_exceeded`, `caller_gone`, `worker_lost` or `shutting_down`
   */
  check(encoded: string, password: string, deadline: number, signal?: AbortSignal): Promise<Checked>
}

export interface WorkerPoolOptions {
  readonly size: number
  /** How many checks may wait, however soon they would end. */
  readonly queueLimit: number
  readonly bounds: Bounds
  readonly clock: Clock
  /** Told of each thread that ended unasked. */
  readonly onLoss?: (what: Record<string, unknown>) => void
  readonly workerUrl?: URL
}

const WORKER_URL = threadUrl('./worker', import.meta.url)

const FIRST_RESPAWN_DELAY_MS = 1000
const MAX_RESPAWN_DELAY_MS = 30_000

interface Job extends Task, PasswordCheck {
  readonly admittedAt: number
  readonly answer: (checked: Checked) => void
  readonly refuse: (code: ErrorCode) => void
}

export class WorkerPool implements PasswordChecker {
  readonly #options: WorkerPoolOptions
  readonly #pace = new Estimates()
  readonly #schedule: Schedule<Job>
  readonly #threads = new Map<Slot<Job>, KeptThread>()
  readonly #waiters = new Set<() => void>()
  #engine: Hello['engine'] | undefined
  #stillborn = 0
  #lost = 0
  #closing = false

  private constructor(options: WorkerPoolOptions) {
    this.#options = options
    this.#schedule = new Schedule(this.#pace, options.queueLimit)
    for (let i = 0; i < options.size; i++) this.#keep(this.#schedule.addSeat(options.clock.now()))
  }

  /** @throws AppError `workers_failed` when a thread dies before it was ready. */
  static async start(options: WorkerPoolOptions): Promise<WorkerPool> {
    const pool = new WorkerPool(options)
    await pool.#until(() => pool.alive === options.size || pool.#stillborn > 0)
    if (pool.alive === options.size) return pool
    await pool.close()
    throw new AppError('workers_failed')
  }

  /** Threads that can take a check, busy or not. */
  get alive(): number {
    return [...this.#threads.keys()].filter(({ ready }) => ready).length
  }

  get size(): number {
    return this.#options.size
  }

  /** Checks that are admitted and not begun. */
  get waiting(): number {
    return this.#schedule.waiting
  }

  /** Threads that ended unasked, since the start. */
  get lost(): number {
    return this.#lost
  }

  /** What computes the checks; if threads differ, the slower one. */
  get engine(): Hello['engine'] {
    if (!this.#engine) throw new TypeError('no thread has said hello')
    return this.#engine
  }

  mayAdmit(deadline: number): boolean {
    return this.#schedule.mayAdmit(deadline)
  }

  async check(
    encoded: string,
    password: string,
    deadline: number,
    signal?: AbortSignal,
  ): Promise<Checked> {
    const { bounds, clock } = this.#options
    const now = clock.now()
    const found = inspect(encoded, bounds)
    if (this.#closing) throw new AppError('shutting_down')
    if (signal?.aborted) throw new AppError('caller_gone')
    if (deadline <= now) throw new AppError('deadline_exceeded')
    if ('flaw' in found) return { outcome: found.flaw, waitMs: 0, runMs: 0, lanes: 0 }
    const check = { encoded, password, cost: found.cost, deadline, admittedAt: now }
    let unwatch = (): void => undefined
    return new Promise<Checked>((answer, reject) => {
      const job = { ...check, answer, refuse: (code: ErrorCode) => reject(refusal(code)) }
      if (this.#schedule.offer(job, now)) {
        unwatch = this.#watch(job, signal)
        this.#obey()
      } else job.refuse('overloaded')
    }).finally(() => unwatch())
  }

  /** Finishes what was admitted, then ends the threads. Their deadlines bound how long that takes. */
  async close(): Promise<void> {
    this.#closing = true
    for (const thread of this.#threads.values()) thread.stopReplacing()
    const isIdle = (): boolean => [...this.#threads.keys()].every(({ batch }) => batch.length === 0)
    await this.#until(() => this.#schedule.waiting === 0 && isIdle())
    await Promise.all([...this.#threads.values()].map(({ worker }) => worker?.terminate()))
  }

  /**
   * Looks out for whatever ends a job before its check does. A check that already runs is left to run
   * out: killing it would cost a thread, and a result that its caller did not stay for may still serve
   * the caller's retry.
   * @returns a function that stops looking
   */
  #watch(job: Job, signal: AbortSignal | undefined): () => void {
    const cancelTimer = this.#options.clock.after(job.deadline - job.admittedAt, () => {
      this.#schedule.withdraw(job)
      job.refuse('deadline_exceeded')
      this.#wake()
    })
    const hangUp = (): void => {
      if (this.#schedule.withdraw(job)) job.refuse('caller_gone')
      this.#wake()
    }
    signal?.addEventListener('abort', hangUp)
    return () => {
      cancelTimer()
      signal?.removeEventListener('abort', hangUp)
    }
  }

  #keep(seat: Slot<Job>): void {
    const start = (): Worker => {
      const { bounds, workerUrl = WORKER_URL } = this.#options
      return startThread(workerUrl, { bounds } satisfies WorkerOptions)
    }
    const thread = keepThread<FromWorker>({
      start,
      onMessage: (message) => this.#hear(seat, message),
      onExit: (exitCode, cause) => this.#bury(seat, { exitCode, ...describeCause(cause) }),
      clock: this.#options.clock,
    })
    this.#threads.set(seat, thread)
  }

  #hear(seat: Slot<Job>, message: FromWorker): void {
    const now = this.#options.clock.now()
    if ('engine' in message) this.#greet(seat, message, now)
    else this.#answer(this.#schedule.finish(seat, now), message, seat.startedAt, now)
    this.#obey()
  }

  #greet(seat: Slot<Job>, { engine, calibration }: Hello, now: number): void {
    this.#pace.calibrate(calibration)
    this.#schedule.lanes = Math.min(engine.lanes, this.#engine?.lanes ?? engine.lanes)
    if (!this.#engine || engine.fallback !== undefined) this.#engine = engine
    this.#schedule.welcome(seat, now)
    this.#stillborn = 0
  }

  #answer(
    batch: readonly Job[],
    { outcomes, runMs }: BatchReply,
    begun: number,
    now: number,
  ): void {
    for (const [i, job] of batch.entries()) {
      const outcome = outcomes[i]
      // The timer that would have said so may itself be late, where the machine is.
      if (now > job.deadline) job.refuse('deadline_exceeded')
      else if (!outcome) job.refuse('internal')
      else job.answer({ outcome, waitMs: begun - job.admittedAt, runMs, lanes: batch.length })
    }
  }

  /**
   * Threads that die at birth come back ever more slowly: a broken install must not spin.
   * @returns milliseconds until the thread is replaced
   */
  #bury(seat: Slot<Job>, what: Record<string, unknown>): number {
    if (!seat.ready) this.#stillborn++
    const respawnMs = seat.ready ? 0 : FIRST_RESPAWN_DELAY_MS * 2 ** (this.#stillborn - 1)
    const delayMs = Math.min(respawnMs, MAX_RESPAWN_DELAY_MS)
    const backAt = this.#options.clock.now() + delayMs
    for (const job of this.#schedule.lose(seat, backAt)) job.refuse('worker_lost')
    if (!this.#closing) {
      this.#lost++
      this.#options.onLoss?.(what)
    }
    this.#obey()
    return delayMs
  }

  #obey(): void {
    const { start, refuse } = this.#schedule.orders(this.#options.clock.now())
    for (const job of refuse) job.refuse('overloaded')
    for (const seat of start) {
      const checks = seat.batch.map(({ encoded, password }) => ({ encoded, password }))
      this.#threads.get(seat)?.worker?.postMessage(checks satisfies BatchRequest)
    }
    this.#wake()
  }

  async #until(done: () => boolean): Promise<void> {
    while (!done()) await new Promise<void>((resolve) => this.#waiters.add(resolve))
  }

  #wake(): void {
    for (const resolve of this.#waiters) resolve()
    this.#waiters.clear()
  }
}

const describeCause = (cause: unknown): Record<string, unknown> =>
  cause === undefined ? {} : describeUnforeseen(cause)
