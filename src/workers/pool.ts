/** Owns the worker threads that check passwords: the queue before them, deadlines, replacement, the end. */
import { Worker } from 'node:worker_threads'
import type { Clock } from '../clock.ts'
import { AppError, describeUnforeseen } from '../errors.ts'
import type { Bounds, Outcome } from '../passwords/family.ts'
import type { CheckRequest, FromWorker, WorkerSetup } from './protocol.ts'

export interface Checked {
  readonly outcome: Outcome
  /** Milliseconds between admission and the start of the check. */
  readonly waitMs: number
  /** Milliseconds the check took. */
  readonly runMs: number
}

/** What the hook needs of whatever checks passwords. */
export interface PasswordChecker {
  /**
   * Checks one password, answering by `deadline` (on the clock's scale) whatever happens.
   * @throws AppError `queue_full`, `deadline_exceeded`, `worker_lost` or `shutting_down`
   */
  check(encoded: string, password: string, deadline: number): Promise<Checked>
}

export interface PoolOptions {
  readonly size: number
  /** How many checks may wait; the next one is refused at once. */
  readonly queueLimit: number
  readonly bounds: Bounds
  readonly clock: Clock
  /** Told of each thread that ended unasked. */
  readonly onLoss?: (what: Record<string, unknown>) => void
  readonly workerUrl?: URL
}

/** Always the compiled file: Node.js 20 cannot start a thread from TypeScript. */
const WORKER_URL = new URL('../../dist/workers/worker.js', import.meta.url)

const FIRST_RESPAWN_DELAY_MS = 1000
const MAX_RESPAWN_DELAY_MS = 30_000

interface Job extends CheckRequest {
  readonly admittedAt: number
  startedAt: number
  readonly resolve: (checked: Checked) => void
  readonly reject: (err: AppError) => void
  readonly cancelTimer: () => void
}

interface Seat {
  readonly worker: Worker
  ready: boolean
  job: Job | undefined
}

export class WorkerPool implements PasswordChecker {
  readonly #options: PoolOptions
  readonly #seats = new Set<Seat>()
  readonly #queue: Job[] = []
  readonly #respawns = new Set<() => void>()
  readonly #waiters = new Set<() => void>()
  #stillborn = 0
  #closing = false

  private constructor(options: PoolOptions) {
    this.#options = options
    for (let i = 0; i < options.size; i++) this.#spawn()
  }

  /** @throws AppError `workers_failed` when a thread dies before it was ready. */
  static async start(options: PoolOptions): Promise<WorkerPool> {
    const pool = new WorkerPool(options)
    await pool.#until(() => pool.alive === options.size || pool.#stillborn > 0)
    if (pool.alive === options.size) return pool
    await pool.close()
    throw new AppError('workers_failed')
  }

  /** Threads that can take a check, busy or not. */
  get alive(): number {
    return [...this.#seats].filter((seat) => seat.ready).length
  }

  get size(): number {
    return this.#options.size
  }

  check(encoded: string, password: string, deadline: number): Promise<Checked> {
    const { clock, queueLimit } = this.#options
    const now = clock.now()
    if (this.#closing) return Promise.reject(new AppError('shutting_down'))
    if (deadline <= now) return Promise.reject(new AppError('deadline_exceeded'))
    if (this.#queue.length >= queueLimit) return Promise.reject(new AppError('queue_full'))
    return new Promise((resolve, reject) => {
      const cancelTimer = clock.after(deadline - now, () => this.#expire(job))
      const job: Job = {
        encoded,
        password,
        admittedAt: now,
        startedAt: now,
        resolve,
        reject,
        cancelTimer,
      }
      this.#queue.push(job)
      this.#pump()
    })
  }

  /** Finishes what was admitted, then ends the threads. Their deadlines bound how long that takes. */
  async close(): Promise<void> {
    this.#closing = true
    for (const cancel of this.#respawns) cancel()
    await this.#until(() => this.#queue.length === 0 && [...this.#seats].every((seat) => !seat.job))
    await Promise.all([...this.#seats].map(({ worker }) => worker.terminate()))
  }

  #spawn(): void {
    const { bounds, workerUrl = WORKER_URL } = this.#options
    const setup: WorkerSetup = { bounds }
    // A thread needs none of the environment, which holds the hook's secret.
    const worker = new Worker(workerUrl, { workerData: setup, env: {} })
    const seat: Seat = { worker, ready: false, job: undefined }
    let cause: unknown
    this.#seats.add(seat)
    worker.on('message', (message: FromWorker) => this.#hear(seat, message))
    worker.once('error', (err) => (cause = err))
    worker.once('exit', (code) => this.#bury(seat, { exitCode: code, ...describeCause(cause) }))
  }

  #hear(seat: Seat, message: FromWorker): void {
    const { job } = seat
    if (message === 'ready') {
      seat.ready = true
      this.#stillborn = 0
    } else if (job) {
      seat.job = undefined
      job.cancelTimer()
      const waitMs = job.startedAt - job.admittedAt
      job.resolve({ outcome: message.outcome, waitMs, runMs: message.runMs })
    }
    this.#pump()
    this.#wake()
  }

  #bury(seat: Seat, what: Record<string, unknown>): void {
    this.#seats.delete(seat)
    seat.job?.cancelTimer()
    seat.job?.reject(new AppError('worker_lost'))
    if (!seat.ready) this.#stillborn++
    if (!this.#closing) {
      this.#options.onLoss?.(what)
      this.#respawn(seat.ready ? 0 : FIRST_RESPAWN_DELAY_MS * 2 ** (this.#stillborn - 1))
    }
    this.#wake()
  }

  /** Threads that die at birth come back ever more slowly: a broken install must not spin. */
  #respawn(delayMs: number): void {
    const cancel = this.#options.clock.after(Math.min(delayMs, MAX_RESPAWN_DELAY_MS), () => {
      this.#respawns.delete(cancel)
      this.#spawn()
    })
    this.#respawns.add(cancel)
  }

  #pump(): void {
    for (const seat of this.#seats) {
      if (!seat.ready || seat.job) continue
      const job = this.#queue.shift()
      if (!job) return
      job.startedAt = this.#options.clock.now()
      seat.job = job
      seat.worker.postMessage({
        encoded: job.encoded,
        password: job.password,
      } satisfies CheckRequest)
    }
  }

  /** A check that already runs is left to run out, its result unheard: killing it would cost a thread. */
  #expire(job: Job): void {
    const place = this.#queue.indexOf(job)
    if (place >= 0) this.#queue.splice(place, 1)
    job.reject(new AppError('deadline_exceeded'))
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
