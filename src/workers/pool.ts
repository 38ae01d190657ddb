/** Runs the worker threads that check passwords: starts what the schedule says, replaces lost threads, closes. */
import type { Clock } from '../clock.ts'
import { AppError, describeUnforeseen, refusal, type ErrorCode } from '../errors/errors.ts'
import type { MissingCore } from '../passwords/engine.ts'
import type { Outcome, PasswordCheck, Plan } from '../passwords/family.ts'
import { KeptThread, startThread, threadUrl } from '../thread.ts'
import type { Task } from './batch.ts'
import { Estimates } from './estimates.ts'
import type { BatchReply, BatchRequest, CoreInfo, FromWorker, Ready } from './protocol.ts'
import type { Slot } from './play-forward.ts'
import { Schedule } from './schedule.ts'

export interface Checked {
  readonly outcome: Outcome
  /** Milliseconds between admission and the start of the check. */
  readonly waitMs: number
  /** Milliseconds the check's batch took. */
  readonly runMs: number
  /** How many checks its batch held. */
  readonly lanes: number
}

/** What the hook needs from the part that checks passwords. */
export interface PasswordChecker {
  /** Whether a check may end by `deadline` (on the clock's scale): if not, looking up its hash is pointless. */
  mayAdmit(deadline: number): boolean
  /**
   * Checks one password, and always settles by `deadline` (on the clock's scale).
   * @param signal aborted when the caller has given up: a check that has not started is then dropped
   * @throws AppError `overloaded`, `deadline_exceeded`, `caller_gone`, `worker_lost`, `out_of_memory`,
   * `core_missing` or `shutting_down`
   */
  check(plan: Plan, password: string, deadline: number, signal?: AbortSignal): Promise<Checked>
}

export interface WorkerPoolOptions {
  readonly size: number
  /** How many checks may wait, however soon they would end. */
  readonly queueLimit: number
  /** The memory that the checks in progress may take together, in MiB; no limit by default. */
  readonly maxMib?: number
  readonly clock: Clock
  /** Called for each thread that exited unexpectedly. */
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
  readonly #estimates = new Estimates()
  readonly #schedule: Schedule<Job>
  readonly #threads = new Map<Slot<Job>, KeptThread<FromWorker>>()
  readonly #waiters = new Set<() => void>()
  /** By what they compute; if threads differ, the slower one. */
  readonly #cores = new Map<string, CoreInfo>()
  /** What not every thread can compute, and why. */
  readonly #missing = new Map<string, MissingCore>()
  #failedStarts = 0
  #lost = 0
  #closing = false

  private constructor(options: WorkerPoolOptions) {
    this.#options = options
    this.#schedule = new Schedule(this.#estimates, options.queueLimit, options.maxMib)
    for (let i = 0; i < options.size; i++) this.#keep(this.#schedule.addSlot(options.clock.now()))
  }

  /** @throws AppError `workers_failed` if a thread exits before it is ready */
  static async start(options: WorkerPoolOptions): Promise<WorkerPool> {
    const pool = new WorkerPool(options)
    await pool.#until(() => pool.alive === options.size || pool.#failedStarts > 0)
    if (pool.alive === options.size) return pool
    await pool.close()
    throw new AppError('workers_failed')
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
    return [...this.#cores.values()]
  }

  /** The cores that a thread does not have: checks of their kinds are refused. */
  get missing(): readonly MissingCore[] {
    return [...this.#missing.values()]
  }

  /** The first core that is a fallback, otherwise the first core. */
  get engine(): CoreInfo {
    const engine = this.cores.find(({ fallback }) => fallback !== undefined) ?? this.cores[0]
    if (!engine) throw new TypeError('no thread is ready yet')
    return engine
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
    const now = this.#options.clock.now()
    if (this.#closing) throw new AppError('shutting_down')
    if (signal?.aborted) throw new AppError('caller_gone')
    if (deadline <= now) throw new AppError('deadline_exceeded')
    if (this.#missing.has(plan.kind.name)) throw new AppError('core_missing')
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
    for (const thread of this.#threads.values()) thread.stopReplacing()
    const isIdle = (): boolean => [...this.#threads.keys()].every(({ batch }) => batch.length === 0)
    await this.#until(() => this.#schedule.waiting === 0 && isIdle())
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
      this.#wake()
    })
    const onAbort = (): void => {
      if (this.#schedule.withdraw(job)) job.refuse('caller_gone')
      this.#wake()
    }
    signal?.addEventListener('abort', onAbort)
    return () => {
      cancelTimer()
      signal?.removeEventListener('abort', onAbort)
    }
  }

  #keep(slot: Slot<Job>): void {
    const thread = new KeptThread<FromWorker>({
      start: () => startThread(this.#options.workerUrl ?? WORKER_URL),
      onMessage: (message) => this.#onMessage(slot, message),
      onExit: (exitCode, cause) =>
        this.#onExit(slot, { exitCode, ...(cause !== undefined && describeUnforeseen(cause)) }),
      clock: this.#options.clock,
    })
    this.#threads.set(slot, thread)
  }

  #onMessage(slot: Slot<Job>, message: FromWorker): void {
    const now = this.#options.clock.now()
    if ('cores' in message) this.#onReady(slot, message, now)
    else this.#onReply(slot, message, now)
    this.#dispatch()
  }

  #onReady(slot: Slot<Job>, { cores, missing = [], calibrations }: Ready, now: number): void {
    const { lanes: most } = this.#schedule
    for (const calibration of calibrations) this.#estimates.calibrate(calibration)
    for (const core of cores) {
      const { computes, lanes, fallback } = core
      const known = this.#cores.get(computes)
      most.set(computes, Math.min(lanes, most.get(computes) ?? lanes))
      if (!known || fallback !== undefined) this.#cores.set(computes, core)
    }
    for (const core of missing) this.#missing.set(core.computes, core)
    this.#schedule.markReady(slot, now)
    this.#failedStarts = 0
  }

  #onReply(
    slot: Slot<Job>,
    { outcomes, runMs, isOutOfMemory = false }: BatchReply,
    now: number,
  ): void {
    const { startedAt } = slot
    const batch = this.#schedule.finish(slot, now, !isOutOfMemory)
    for (const [i, job] of batch.entries()) {
      const outcome = outcomes[i]
      // The job's own timer may be late, too, on an overloaded machine.
      if (now > job.deadline) job.refuse('deadline_exceeded')
      else if (isOutOfMemory) job.refuse('out_of_memory')
      else if (!outcome) job.refuse('internal')
      else job.answer({ outcome, waitMs: startedAt - job.admittedAt, runMs, lanes: batch.length })
    }
  }

  /**
   * Threads that fail to start are restarted after ever longer delays: a broken install must not spin.
   * @returns milliseconds until the thread is replaced
   */
  #onExit(slot: Slot<Job>, what: Record<string, unknown>): number {
    if (!slot.ready) this.#failedStarts++
    const respawnMs = slot.ready ? 0 : FIRST_RESPAWN_DELAY_MS * 2 ** (this.#failedStarts - 1)
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
      this.#threads.get(slot)?.worker?.postMessage(checks satisfies BatchRequest)
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
