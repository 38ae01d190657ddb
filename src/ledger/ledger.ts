/** The ledger as the server uses it: records decisions through a thread of its own, which an answer hardly waits for. */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { Worker } from 'node:worker_threads'
import type { DecidedCall, DecisionLog, LogSink } from '../call-record.ts'
import { endsWithin, type Clock } from '../clock.ts'
import { AppError, describeUnforeseen } from '../errors/errors.ts'
import { KeptThread, startThread, threadUrl } from '../thread.ts'
import { toEntry, type LedgerEntry } from './entry.ts'
import type { LedgerTarget } from './target.ts'
import { createDiskWait, createMemoryQueue } from './memory-queue.ts'
import type {
  ForwarderStatus,
  FromForwarder,
  LedgerThreadOptions,
  ToForwarder,
} from './protocol.ts'
import type { Guess, GuessRules, Unlock } from './shared-guesses.ts'
import { logChange, logVanished, newOutages } from './status-log.ts'

/** Entries that may wait in memory for the disk: minutes of sign-ins, a few megabytes. */
const MAX_ENTRIES_IN_MEMORY = 10_000

export const RESPAWN_DELAY_MS = 1_000

/** The longest that a start waits for the database, and for the guesses that other replicas saw. */
export const START_TIMEOUT_MS = 2_000

/** More than the thread's own limits for its end. */
const CLOSE_TIMEOUT_MS = 4_000

const THREAD_URL = threadUrl('ledger')

/**
 * Wrong guesses, counted together by the replicas that share one ledger. A guess is known everywhere
 * within about two seconds. Until then, someone who guesses at all replicas at once has the whole limit
 * at each, and so it is for as long as the database cannot be reached.
 */
export interface GuessSharing {
  readonly rules: GuessRules
  /** Called with wrong guesses made at other replicas, and with unlocks, in their order. */
  readonly onGuesses: (guesses: readonly (Guess | Unlock)[]) => void
}

export interface LedgerOptions {
  readonly target: LedgerTarget
  /** A directory on this machine's disk. */
  readonly spillDir: string
  readonly sharing?: GuessSharing
  readonly clock: Clock
  readonly log: LogSink
  readonly maxEntriesInMemory?: number
  readonly threadUrl?: URL
}

/** A host's name is not enough: its processes come and go, and count as replicas each. */
const nameReplica = (): string => `${hostname()}-${randomBytes(4).toString('hex')}`

/** The thread is ready too when the database has not answered in time. @returns undefined when the thread ends */
const untilReady = async (thread: Worker, clock: Clock): Promise<FromForwarder | undefined> => {
  let onOpened = (): void => undefined
  const opened = new Promise<void>((resolve) => (onOpened = resolve))
  const first = new Promise<FromForwarder | undefined>((resolve) => {
    thread.on('message', (message: FromForwarder) => {
      if (message.kind === 'opened') onOpened()
      if (message.kind === 'ready' || message.kind === 'refused') resolve(message)
    })
    thread.once('exit', () => resolve(undefined))
  })
  await Promise.race([opened, first])
  return (await endsWithin(clock, START_TIMEOUT_MS, first)) ? first : { kind: 'ready' }
}

const post = (thread: Worker | undefined, entries: readonly LedgerEntry[]): void => {
  if (entries.length > 0) thread?.postMessage(entries satisfies ToForwarder)
}

export class Ledger implements DecisionLog {
  readonly #options: LedgerOptions
  readonly #replica = nameReplica()
  readonly #queue = createMemoryQueue()
  readonly #waitForDisk: ReturnType<typeof createDiskWait>
  readonly #thread: KeptThread<FromForwarder>
  #forwarderStatus: ForwarderStatus | undefined
  /** A thread that takes over must not report again what was counted. */
  #guessesUpTo: number | undefined
  #lost = 0
  /** `lost` when the last loss was over. */
  #lostBefore = 0
  readonly #faults = { database: 0, spill: 0, thread: 0, files: 0 }
  #mayOpen = false
  #hasStarted = false
  /** Why the thread could not open what it writes to. */
  #refusal: { readonly code: string; readonly detail: string | undefined } | undefined
  #closing = false

  private constructor(options: LedgerOptions) {
    this.#options = options
    this.#waitForDisk = createDiskWait(options.clock, options.log)
    this.#thread = new KeptThread<FromForwarder>({
      start: () => this.#startThread(),
      onMessage: (message) => this.#onMessage(message),
      onExit: (_, cause) => this.#onExit(cause),
      clock: options.clock,
    })
  }

  /**
   * Starts the thread and connects to the database, for START_TIMEOUT_MS at most. The server also starts
   * where the database cannot be reached or the disk is full: entries wait. It does not where the
   * database refuses, since somebody who is there now has made a mistake.
   * @param accepted the rest of a start: until it is accepted the thread loads its code, and opens nothing
   * @throws AppError `ledger_unusable` or `ledger_newer`, or the error of `accepted`
   */
  static async start(
    options: LedgerOptions,
    accepted: Promise<unknown> = Promise.resolve(),
  ): Promise<Ledger> {
    const ledger = new Ledger(options)
    const answered = ledger.#untilReady()
    try {
      await accepted
      ledger.#open()
      const first = await answered
      if (first?.kind === 'ready') {
        ledger.#hasStarted = true
        return ledger
      }
      const { code = 'ledger_unusable', detail = 'its thread did not start' } =
        first?.kind === 'refused' ? first : {}
      throw new AppError(code, { detail })
    } catch (err) {
      await ledger.close()
      throw err
    }
  }

  /** The state of the ledger, how many decisions it could not record, and how often a file of it vanished. */
  get status() {
    const { database = 'unreachable', spill = 'ok', waiting = 0 } = this.#forwarderStatus ?? {}
    return {
      database,
      spill,
      waiting: waiting + this.#queue.size,
      lost: this.#lost,
      vanished: this.#faults.files,
    } as const
  }

  /** The outages of each part since the start. One counts once, however many attempts fail in it. */
  get faults(): Readonly<Record<'database' | 'spill' | 'thread' | 'files', number>> {
    return this.#faults
  }

  /**
   * Records a decision. It never rejects, since a failure of the ledger must not cost the caller its
   * answer. When memory is full too, the newest decision is the one that is lost, since those before
   * it were accepted.
   * @returns a promise that resolves when the decision is on this machine's disk, or cannot be waited for
   */
  async record(decided: DecidedCall): Promise<void> {
    try {
      const { maxEntriesInMemory = MAX_ENTRIES_IN_MEMORY } = this.#options
      if (this.#closing || this.#queue.size >= maxEntriesInMemory) {
        this.#drop()
        return
      }
      const persisted = this.#queue.add(
        toEntry(decided, this.#options.clock.epochMs(), this.#replica),
      )
      // Not at once: checks that ran together end together, and their decisions share a commit too.
      setImmediate(() => this.#sendBatch())
      await this.#waitForDisk(persisted)
    } catch (err) {
      this.#drop(describeUnforeseen(err))
    }
  }

  /** Writes what is in memory to the disk and tries to forward it, within a few seconds. */
  async close(): Promise<void> {
    this.#closing = true
    this.#thread.stopReplacing()
    const { worker } = this.#thread
    if (worker) {
      // The thread ends itself. Terminating one that runs native code ends the whole process (node-addon-api).
      const ended = new Promise((resolve) => worker.once('exit', resolve))
      post(worker, this.#queue.takeUnsent())
      worker.postMessage('close' satisfies ToForwarder)
      await endsWithin(this.#options.clock, CLOSE_TIMEOUT_MS, ended)
      worker.unref()
    }
    const lost = this.#queue.size
    if (lost > 0) this.#options.log.error({ lost }, 'decisions are missing from the ledger')
  }

  #sendBatch(): void {
    const { worker } = this.#thread
    if (worker) post(worker, this.#queue.takeBatch())
  }

  #drop(cause?: Record<string, unknown>): void {
    // Logged once at the start; the number is logged at the end, and is in `status`.
    const message = 'the ledger cannot accept decisions: they are being dropped'
    if (this.#lost === this.#lostBefore) this.#options.log.error({ cause }, message)
    this.#lost++
  }

  async #untilReady(): Promise<FromForwarder | undefined> {
    const { worker } = this.#thread
    return worker && untilReady(worker, this.#options.clock)
  }

  #open(): void {
    this.#mayOpen = true
    this.#thread.worker?.postMessage('open' satisfies ToForwarder)
  }

  #startThread(): Worker {
    const { target, spillDir, sharing, threadUrl: url = THREAD_URL, log } = this.#options
    const own = { replica: this.#replica, guessesUpTo: this.#guessesUpTo }
    const options: LedgerThreadOptions = { target, spillDir, guesses: sharing?.rules, ...own }
    const thread = startThread(url, options, true)
    this.#refusal = undefined
    const warn = (text: Buffer): void =>
      log.warn({ text: text.toString() }, 'warning from the ledger thread')
    // Written directly, a library's output would stand among the log's lines.
    for (const output of [thread.stdout, thread.stderr]) output.on('data', warn)
    if (this.#mayOpen) thread.postMessage('open' satisfies ToForwarder)
    post(thread, this.#queue.takeAll())
    return thread
  }

  /** The next thread gets all that this one did not report as persisted. What is written twice is forwarded once. */
  #onExit(cause: unknown): number {
    // A start that is refused says so itself.
    if (!this.#closing && (this.#hasStarted || cause !== undefined)) {
      this.#faults.thread++
      const message = 'the ledger thread exited unexpectedly; another one takes over'
      this.#options.log.error(this.#refusal ?? describeUnforeseen(cause), message)
    }
    return RESPAWN_DELAY_MS
  }

  #onMessage(message: FromForwarder): void {
    if (message.kind === 'persisted') this.#onPersisted(message.count)
    if (message.kind === 'status') this.#onStatus(message.status)
    if (message.kind === 'refused') {
      this.#refusal = { code: message.code, detail: message.detail }
    }
    if (message.kind === 'vanished') {
      this.#faults.files++
      logVanished(this.#options.log, message.file)
    }
    if (message.kind === 'guesses') {
      this.#guessesUpTo = message.upTo
      this.#options.sharing?.onGuesses(message.guesses)
    }
  }

  #onPersisted(count: number): void {
    this.#queue.remove(count)
    this.#sendBatch()
    const status = this.#forwarderStatus
    if (status) this.#forwarderStatus = { ...status, waiting: status.waiting + count }
    if (this.#lost === this.#lostBefore) return
    const lost = this.#lost - this.#lostBefore
    this.#lostBefore = this.#lost
    const message = 'the ledger accepts decisions again; the dropped ones are missing from it'
    this.#options.log.error({ lost }, message)
  }

  #onStatus(next: ForwarderStatus): void {
    const before = this.#forwarderStatus
    this.#forwarderStatus = next
    for (const part of newOutages(next, before)) this.#faults[part]++
    logChange(this.#options.log, next, before)
  }
}
