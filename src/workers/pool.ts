/** Runs the worker threads that check passwords: starts what the schedule says, replaces lost threads, closes. */
import { endsWithin, type Clock } from '../clock.ts'
import { AppError, describeUnforeseen, refusal, type ErrorCode } from '../errors/errors.ts'
import type { MissingCore } from '../passwords/engine.ts'
import type { Kind, PasswordCheck, Plan } from '../passwords/family.ts'
import { KeptThread, startThread, threadUrl } from '../thread.ts'
import type { Task } from './batch.ts'
import type { Checked, PasswordChecker } from './checker.ts'
import { Estimates } from './estimates.ts'
import { KnownCores } from './known-cores.ts'
import {
  ALL_CORES,
  type BatchReply,
  type CoreInfo,
  type CoresMade,
  type FromWorker,
  type ToWorker,
  type WorkerData,
} from './protocol.ts'
import type { Slot } from './play-forward.ts'
import { Schedule } from './schedule.ts'
import { Waiters } from './waiters.ts'

export interface WorkerPoolOptions {
  readonly size: number
  /** How many checks may wait, however soon they would end. */
  readonly queueLimit: number
  /** The memory that the checks in progress may take together, in MiB; no limit by default. */
  readonly maxMib?: number
  /** Whether the start is over only when `complete` is called: what else starts meanwhile has the machine to itself. */
  readonly isHeld?: boolean
  readonly clock: Clock
  /** Called for each thread that exited unexpectedly. */
  readonly onLoss?: (what: Record<string, unknown>) => void
  /** Called once for each core that the threads have, or lack, and again where one of them has a slower one. */
  readonly onCore?: (core: CoreInfo | MissingCore) => void
  readonly workerUrl?: URL
}

const WORKER_URL = threadUrl('check')

const FIRST_RESPAWN_DELAY_MS = 1000
const MAX_RESPAWN_DELAY_MS = 30_000

interface Job extends Task, PasswordCheck {
  readonly admittedAt: number
  readonly answer: (checked: Checked) => void
  readonly refuse: (code: ErrorCode) => void
}

export class WorkerPool implements PasswordChecker {
  readonly #options: WorkerPoolOptions
  readonly #estimates = new Estimates()
  readonly #schedule: Schedule<Job>
  readonly #threads = new Map<Slot<Job>, KeptThread<FromWorker>>()
  readonly #waiters = new Waiters()
  readonly #cores: KnownCores
  /** The slots without a thread that has made all that it makes before it is asked for more. */
  readonly #starting = new Set<Slot<Job>>()
  #isComplete = false
  #failedStarts = 0
  #lost = 0
  #closing = false

  private constructor(options: WorkerPoolOptions) {
    this.#options = options
    this.#schedule = new Schedule(this.#estimates, options.queueLimit, options.maxMib)
    this.#cores = new KnownCores(options.onCore)
    this.#keep({ isFirst: true })
  }

  /**
   * Waits for one thread and its first core: the others, which would only slow that down, come while it checks.
   * @throws AppError `workers_failed` if the thread exits before it is ready
   */
  static async start(options: WorkerPoolOptions): Promise<WorkerPool> {
    const pool = new WorkerPool(options)
    await pool.#waiters.until(() => pool.alive > 0 || pool.#failedStarts > 0)
    if (pool.alive === 0) {
      await pool.close()
      throw new AppError('workers_failed')
    }
    if (options.isHeld !== true) pool.complete()
    return pool
  }

  /** Has the first thread make the other cores, and starts the other threads. */
  complete(): void {
    this.#isComplete = true
    if (this.#starting.size > 0) this.#toFirst(ALL_CORES)
    for (let i = this.#threads.size; i < this.#options.size; i++) this.#keep({ isFirst: false })
  }

  /** Threads that are ready, busy or not. */
  get alive(): number {
    return [...this.#threads.keys()].filter(({ ready }) => ready).length
  }

  get size(): number {
    return this.#options.size
  }

  /** Checks that are admitted and not started. */
  get waiting(): number {
    return this.#schedule.waiting
  }

  /** Threads that exited unexpectedly since the start. */
  get lost(): number {
    return this.#lost
  }

  /** What computes the checks; if threads differ, the slower ones. */
  get cores(): readonly CoreInfo[] {
    return this.#cores.cores
  }

  /** The cores that a thread does not have: checks of their kinds are refused. */
  get missing(): readonly MissingCore[] {
    return this.#cores.missing
  }

  /** The first core that is a fallback, otherwise the first core. */
  get engine(): CoreInfo {
    const engine = this.cores.find(({ fallback }) => fallback !== undefined) ?? this.cores[0]
    if (!engine) throw new TypeError('no thread is ready yet')
    return engine
  }

  /** Milliseconds that a check takes alone, from what has been measured; Infinity before that. */
  expectedMs(kind: Kind): number {
    return this.#estimates.estimate(kind, 1, this.#options.clock.now())
  }

  mayAdmit(deadline: number): boolean {
    return this.#schedule.mayAdmit(deadline)
  }

  async check(
    plan: Plan,
    password: string,
    deadline: number,
    signal?: AbortSignal,
  ): Promise<Checked> {
    if (!this.#isKnown(plan.kind.name)) await this.#untilKnown(plan.kind.name, deadline)
    const now = this.#options.clock.now()
    if (this.#closing) throw new AppError('shutting_down')
    if (signal?.aborted) throw new AppError('caller_gone')
    if (deadline <= now) throw new AppError('deadline_exceeded')
    if (this.#cores.isMissing(plan.kind.name)) throw new AppError('core_missing')
    const check = { plan, password, kind: plan.kind, deadline, admittedAt: now }
    let unwatch = (): void => undefined
    return new Promise<Checked>((answer, reject) => {
      const job = { ...check, answer, refuse: (code: ErrorCode) => reject(refusal(code)) }
      if (this.#schedule.admit(job, now)) {
        unwatch = this.#watch(job, signal)
        this.#dispatch()
      } else job.refuse('overloaded')
    }).finally(() => unwatch())
  }

  /** Finishes the admitted checks, whose deadlines bound how long that takes, then ends the threads. */
  async close(): Promise<void> {
    this.#closing = true
    this.#waiters.wake()
    for (const thread of this.#threads.values()) thread.stopReplacing()
    const isIdle = (): boolean => [...this.#threads.keys()].every(({ batch }) => batch.length === 0)
    await this.#waiters.until(() => this.#schedule.waiting === 0 && isIdle())
    await Promise.all([...this.#threads.values()].map(async ({ worker }) => worker?.terminate()))
  }

  /**
   * Ends a job early at its deadline, or when its caller has given up. A check that already runs goes on: to
   * stop it would cost a thread, and its result may still serve the caller's retry.
   * @returns a function that stops watching
   */
  #watch(job: Job, signal: AbortSignal | undefined): () => void {
    const cancelTimer = this.#options.clock.after(job.deadline - job.admittedAt, () => {
      this.#schedule.withdraw(job)
      job.refuse('deadline_exceeded')
      this.#waiters.wake()
    })
    const onAbort = (): void => {
      if (this.#schedule.withdraw(job)) job.refuse('caller_gone')
      this.#waiters.wake()
    }
    signal?.addEventListener('abort', onAbort)
    return () => {
      cancelTimer()
      signal?.removeEventListener('abort', onAbort)
    }
  }

  /** Whether these kinds can be checked, and how long that takes: all are known soon after the start. */
  #isKnown(name: string): boolean {
    return this.#starting.size === 0 || this.#cores.has(name)
  }

  async #untilKnown(name: string, deadline: number): Promise<void> {
    const { clock, queueLimit } = this.#options
    if (this.#waiters.size >= queueLimit) throw new AppError('overloaded')
    // Otherwise it may come last, and each core before it may wait for a batch.
    this.#toFirst(name)
    const isOver = (): boolean => this.#closing || this.#isKnown(name) || clock.now() >= deadline
    await endsWithin(clock, deadline - clock.now(), this.#waiters.until(isOver))
  }

  #toFirst(request: ToWorker): void {
    const [first] = this.#threads.values()
    first?.worker?.postMessage(request)
  }

  #keep(data: WorkerData): void {
    const slot = this.#schedule.addSlot(this.#options.clock.now())
    const thread = new KeptThread<FromWorker>({
      start: () => {
        this.#starting.add(slot)
        return startThread(this.#options.workerUrl ?? WORKER_URL, data)
      },
      onMessage: (message) => this.#onMessage(slot, message),
      onExit: (exitCode, cause) =>
        this.#onExit(slot, { exitCode, ...(cause !== undefined && describeUnforeseen(cause)) }),
      clock: this.#options.clock,
    })
    this.#threads.set(slot, thread)
  }

  #onMessage(slot: Slot<Job>, message: FromWorker): void {
    const now = this.#options.clock.now()
    if ('cores' in message) this.#onCores(slot, message, now)
    else this.#onReply(slot, message, now)
    this.#dispatch()
  }

  #onCores(slot: Slot<Job>, made: CoresMade, now: number): void {
    const { lanes: most } = this.#schedule
    for (const calibration of made.calibrations) this.#estimates.calibrate(calibration)
    for (const { computes, lanes } of made.cores) {
      most.set(computes, Math.min(lanes, most.get(computes) ?? lanes))
    }
    this.#cores.add(made)
    if (!slot.ready) {
      this.#schedule.markReady(slot, now)
      // A thread that replaces another is not asked again.
      if (made.areMore === true && this.#isComplete) this.#toFirst(ALL_CORES)
    }
    if (made.areMore === true) return
    this.#starting.delete(slot)
    this.#failedStarts = 0
  }

  #onReply(slot: Slot<Job>, { outcomes, runMs, failure }: BatchReply, now: number): void {
    const { startedAt } = slot
    const batch = this.#schedule.finish(slot, now, failure === undefined)
    for (const [i, job] of batch.entries()) {
      const outcome = outcomes[i]
      // The job's own timer may be late, too, on an overloaded machine.
      if (now > job.deadline) job.refuse('deadline_exceeded')
      else if (failure) job.refuse(failure)
      else if (!outcome) job.refuse('internal')
      else job.answer({ outcome, waitMs: startedAt - job.admittedAt, runMs, lanes: batch.length })
    }
  }

  /**
   * Threads that fail to start are restarted after ever longer delays: a broken install must not spin.
   * @returns milliseconds until the thread is replaced
   */
  #onExit(slot: Slot<Job>, what: Record<string, unknown>): number {
    const isFailedStart = this.#starting.has(slot)
    const respawnMs = isFailedStart ? FIRST_RESPAWN_DELAY_MS * 2 ** this.#failedStarts++ : 0
    const delayMs = Math.min(respawnMs, MAX_RESPAWN_DELAY_MS)
    const backAt = this.#options.clock.now() + delayMs
    for (const job of this.#schedule.markLost(slot, backAt)) job.refuse('worker_lost')
    if (!this.#closing) {
      this.#lost++
      this.#options.onLoss?.(what)
    }
    this.#dispatch()
    return delayMs
  }

  #dispatch(): void {
    const { start, refuse } = this.#schedule.dispatch(this.#options.clock.now())
    for (const job of refuse) job.refuse('overloaded')
    for (const slot of start) {
      const checks = slot.batch.map(({ plan, password }) => ({ plan, password }))
      this.#threads.get(slot)?.worker?.postMessage(checks satisfies ToWorker)
    }
    this.#waiters.wake()
  }
}
