/** Owns the ledger as the server sees it: told of decisions, and kept by a thread of its own. */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Clock } from '../clock.ts'
import { AppError, describeUnforeseen } from '../errors/errors.ts'
import { threadUrl } from '../thread.ts'
import { toEntry, type Decided, type LedgerEntry } from './entry.ts'
import type { Guess, GuessRules } from './shared-guesses.ts'
import {
  addWaiting,
  type FromForwarder,
  type LedgerThreadOptions,
  type ForwarderStatus,
  type ToForwarder,
} from './protocol.ts'
import { ceased, tellChange, tellVanished, type LedgerLog } from './status-log.ts'
import type { LedgerTarget } from './database/connection.ts'

/** Entries that may wait in memory for the disk: minutes of sign-ins, a few megabytes. */
export const MAX_IN_MEMORY = 10_000

/**
 * The most that an answer waits for its decision to be on this machine's disk, where no crash can take
 * it. A commit takes some milliseconds; after a longer one no answer waits until IMPATIENT_MS have
 * passed. The longest deadline (HOOK_DEADLINE_MS) leaves 100 ms of Okta's 3 seconds.
 */
export const PATIENCE_MS = 50
export const IMPATIENT_MS = 10_000

const SLOW =
  "the ledger's disk is slow: for ten seconds no answer waits until its decision is on it"

export const RESPAWN_DELAY_MS = 1_000

/** What a start waits for the database's answer, and for the guesses that other replicas saw. */
export const START_TIMEOUT_MS = 2_000

/** More than the thread's own bounds for its end. */
const CLOSE_TIMEOUT_MS = 4_000

const THREAD_URL = threadUrl('./ledger-thread', import.meta.url)

/**
 * Counts of wrong guesses, shared by the replicas that have one ledger. A guess is known everywhere
 * within about two seconds. In this time whoever guesses at all replicas at once has the limit at
 * each; so for as long as the database is away.
 */
export interface GuessSharing {
  readonly rules: GuessRules
  /** Told of wrong guesses made at other replicas. */
  readonly onGuesses: (guesses: readonly Guess[]) => void
}

export interface LedgerOptions {
  readonly place: LedgerTarget
  /** A directory on this machine's disk. */
  readonly spillDir: string
  readonly sharing?: GuessSharing
  readonly clock: Clock
  readonly log: LedgerLog
  readonly maxInMemory?: number
  readonly threadUrl?: URL
}

/** How the ledger is doing, and how many decisions it could not keep since the start. */
export type LedgerStatus = Omit<ForwarderStatus, 'cause'> & {
  readonly lost: number
  /** How often its files were deleted or replaced while they were in use. */
  readonly vanished: number
}

/** How often each part ceased to do its work, since the start: beginnings of outages, not attempts. */
export interface LedgerFaults {
  readonly database: number
  readonly spill: number
  readonly thread: number
  readonly files: number
}

/** A host's name is not enough: its processes come and go, and count as replicas each. */
const nameReplica = (): string => `${hostname()}-${randomBytes(4).toString('hex')}`

/** @returns undefined when the thread ends */
const firstWord = (thread: Worker, clock: Clock): Promise<FromForwarder | undefined> =>
  new Promise((resolve) => {
    let cancel = (): void => undefined
    const end = (message?: FromForwarder): void => {
      cancel()
      resolve(message)
    }
    thread.on('message', (message: FromForwarder) => {
      if (message.kind === 'opened') {
        cancel = clock.after(START_TIMEOUT_MS, () => end({ kind: 'ready' }))
      }
      if (message.kind === 'ready' || message.kind === 'refused') end(message)
    })
    thread.once('exit', () => end())
  })

interface Unkept {
  readonly entry: LedgerEntry
  readonly kept: () => void
}

export class Ledger {
  readonly #options: LedgerOptions
  readonly #replica = nameReplica()
  /** Not on the disk yet; if the thread dies, its successor gets them all. */
  readonly #unkept: Unkept[] = []
  /** How many of these, from the first, the thread has. */
  #sent = 0
  /** On the clock's scale. */
  #impatientUntil = -Infinity
  #thread: Worker | undefined
  #standing: ForwarderStatus | undefined
  /** A thread that takes over must not tell again what was counted. */
  #toldUpTo: number | undefined
  #lost = 0
  /** `lost` when the last loss was over. */
  #lostBefore = 0
  readonly #faults = { database: 0, spill: 0, thread: 0, files: 0 }
  #closing = false
  #cancelRespawn = (): void => undefined

  private constructor(options: LedgerOptions) {
    this.#options = options
  }

  /**
   * Starts the thread and reaches for the database, for START_TIMEOUT_MS at most. A database that
   * cannot be reached is no reason not to serve, and neither is a full disk: entries wait. One that
   * refuses is, since that is a mistake of a person who is there now.
   * @throws AppError `ledger_unusable` or `ledger_newer`
   */
  static async start(options: LedgerOptions): Promise<Ledger> {
    const ledger = new Ledger(options)
    const thread = ledger.#spawn()
    const first = await firstWord(thread, options.clock)
    if (first?.kind === 'ready') return ledger
    await ledger.close()
    const { code = 'ledger_unusable', detail = 'its thread did not start' } =
      first?.kind === 'refused' ? first : {}
    throw new AppError(code, { detail })
  }

  get status(): LedgerStatus {
    const { database = 'unreachable', spill = 'ok', waiting = 0 } = this.#standing ?? {}
    return {
      database,
      spill,
      waiting: waiting + this.#unkept.length,
      lost: this.#lost,
      vanished: this.#faults.files,
    }
  }

  get faults(): LedgerFaults {
    return this.#faults
  }

  /**
   * Takes note of a decision. What is wrong with the ledger is not the caller's affair: it never
   * rejects. When memory is full too, the newest decision is the one that is lost, since those before
   * it were accepted.
   * @returns a promise that resolves when the decision is on this machine's disk, or cannot be waited for
   */
  async record(decided: Decided): Promise<void> {
    try {
      const { maxInMemory = MAX_IN_MEMORY } = this.#options
      if (this.#closing || this.#unkept.length >= maxInMemory) {
        this.#lose()
        return
      }
      await this.#keep(toEntry(decided, Date.now(), this.#replica))
    } catch (err) {
      this.#lose(describeUnforeseen(err))
    }
  }

  /** Brings what is in memory to the disk and tries to forward it, within a few seconds. */
  async close(): Promise<void> {
    this.#closing = true
    this.#cancelRespawn()
    const thread = this.#thread
    if (thread) {
      // It ends by itself. Native code that finds its thread terminated ends the whole process (node-addon-api).
      await new Promise<void>((resolve) => {
        const cancel = this.#options.clock.after(CLOSE_TIMEOUT_MS, resolve)
        thread.once('exit', () => {
          cancel()
          resolve()
        })
        this.#post(thread)
        thread.postMessage('close' satisfies ToForwarder)
      })
      thread.unref()
    }
    const unkept = this.#unkept.length
    if (unkept > 0) this.#options.log.error({ lost: unkept }, 'decisions are missing in the ledger')
  }

  async #keep(entry: LedgerEntry): Promise<void> {
    const isKept = new Promise<void>((resolve) => this.#unkept.push({ entry, kept: resolve }))
    // Not at once: checks that ran together end together, and their decisions share a commit too.
    setImmediate(() => this.#send())
    const { clock } = this.#options
    if (clock.now() < this.#impatientUntil) return
    await new Promise<void>((resolve) => {
      const cancel = clock.after(PATIENCE_MS, () => {
        this.#loseTrust()
        resolve()
      })
      void isKept.then(cancel).then(resolve)
    })
  }

  #loseTrust(): void {
    const { clock, log } = this.#options
    if (clock.now() < this.#impatientUntil) return
    this.#impatientUntil = clock.now() + IMPATIENT_MS
    log.warn({}, SLOW)
  }

  /** One batch at a time: what comes while one is written is the next, and shares its commit. */
  #send(): void {
    if (this.#thread && this.#sent === 0) this.#post(this.#thread)
  }

  #post(thread: Worker): void {
    const entries: ToForwarder = this.#unkept.slice(this.#sent).map(({ entry }) => entry)
    if (entries.length > 0) thread.postMessage(entries)
    this.#sent = this.#unkept.length
  }

  #lose(cause?: Record<string, unknown>): void {
    // Said once at the beginning; how many there were is said at the end, and in `status`.
    if (this.#lost === this.#lostBefore) {
      this.#options.log.error({ cause }, 'the ledger takes no more: decisions are being lost')
    }
    this.#lost++
  }

  #spawn(): Worker {
    const { place, spillDir, sharing, threadUrl: url = THREAD_URL } = this.#options
    const guesses = sharing?.rules
    const setup: LedgerThreadOptions = {
      place,
      spillDir,
      replica: this.#replica,
      guesses,
      toldUpTo: this.#toldUpTo,
    }
    // A thread needs none of the environment, which holds the hook's secret.
    const thread = new Worker(url, { workerData: setup, env: {}, stdout: true, stderr: true })
    this.#thread = thread
    // What a library there has to say would stand among the log's lines as it is.
    for (const output of [thread.stdout, thread.stderr])
      output.on('data', (text: Buffer) =>
        this.#options.log.warn({ text: text.toString() }, "a warning in the ledger's thread"),
      )
    let cause: unknown
    thread.on('message', (message: FromForwarder) => this.#hear(message))
    thread.once('error', (err) => (cause = err))
    thread.once('exit', () => this.#bury(cause))
    this.#sent = 0
    this.#send()
    return thread
  }

  /** What the dead thread had not kept is sent again; what it had kept without saying is kept twice, and forwarded once. */
  #bury(cause: unknown): void {
    this.#thread = undefined
    if (this.#closing) return
    this.#faults.thread++
    const { log, clock } = this.#options
    log.error(describeUnforeseen(cause), "the ledger's thread was lost")
    this.#cancelRespawn = clock.after(RESPAWN_DELAY_MS, () => this.#spawn())
  }

  #hear(message: FromForwarder): void {
    if (message.kind === 'kept') this.#forget(message.count)
    if (message.kind === 'standing') this.#judge(message.standing)
    if (message.kind === 'vanished') {
      this.#faults.files++
      tellVanished(this.#options.log, message.file)
    }
    if (message.kind === 'guesses') this.#learn(message.guesses, message.upTo)
  }

  #learn(guesses: readonly Guess[], upTo: number): void {
    this.#toldUpTo = upTo
    this.#options.sharing?.onGuesses(guesses)
  }

  #forget(count: number): void {
    for (const { kept } of this.#unkept.splice(0, count)) kept()
    this.#sent -= count
    this.#send()
    if (this.#standing) this.#standing = addWaiting(this.#standing, count)
    if (this.#lost === this.#lostBefore) return
    const lost = this.#lost - this.#lostBefore
    this.#lostBefore = this.#lost
    this.#options.log.error({ lost }, 'the ledger takes decisions again; these are missing in it')
  }

  #judge(next: ForwarderStatus): void {
    const before = this.#standing
    this.#standing = next
    for (const part of ceased(next, before)) this.#faults[part]++
    tellChange(this.#options.log, next, before)
  }
}
