/** Keeps the events that Okta pushes in the ledger, beside the decisions and after them: what does not fit is dropped. */
import type { Worker } from 'node:worker_threads'
import type { EventSink, LogSink, MoveEvent } from '../../call-record.ts'
import { endsWithin, type Clock } from '../../clock.ts'
import { KeptThread, startThread, threadUrl } from '../../thread.ts'
import type { LedgerTarget } from '../target.ts'
import type { FromEventThread, ToEventThread } from './thread.ts'

/** Some megabytes; more than an hour of the most that Okta sends in a day. */
const MAX_WAITING = 20_000

/** The uuids by which an event is known that Okta sends twice; the ledger knows those that came to other replicas. */
const MAX_SEEN = 50_000

export const EVENTS_IN_BATCH = 1_000

export const EVENTS_WRITE_MS = 5_000
const RESPAWN_MS = 30_000
const CLOSE_MS = 2_000

const THREAD_URL = threadUrl('events')

export interface EventWriterOptions {
  readonly target: LedgerTarget
  readonly clock: Clock
  readonly log: LogSink
  readonly maxWaiting?: number
  readonly threadUrl?: URL
}

/**
 * A queue, a thread and a connection of their own, so that no decision waits for an event. A batch is on its way until
 * the thread says that the database has it; one that failed is written again.
 */
export class EventWriter implements EventSink {
  readonly #options: EventWriterOptions
  readonly #thread: KeptThread<FromEventThread>
  readonly #seen = new Set<string>()
  #waiting: MoveEvent[] = []
  /** How many of those that have waited longest are on their way. */
  #onTheirWay = 0
  #isFailing = false
  #cancelWrite: (() => void) | undefined

  constructor(options: EventWriterOptions) {
    this.#options = options
    const { target, threadUrl: url = THREAD_URL, clock } = options
    this.#thread = new KeptThread<FromEventThread>({
      start: () => startThread(url, target),
      onMessage: (message) => this.#onMessage(message),
      onExit: () => {
        this.#fail({ type: 'the thread exited' })
        return RESPAWN_MS
      },
      clock,
    })
  }

  add(event: MoveEvent): ReturnType<EventSink['add']> {
    if (this.#seen.has(event.uuid)) return 'repeated'
    if (this.#waiting.length >= (this.#options.maxWaiting ?? MAX_WAITING)) return 'dropped'
    this.#seen.add(event.uuid)
    const [oldest] = this.#seen
    if (this.#seen.size > MAX_SEEN && oldest !== undefined) this.#seen.delete(oldest)
    // No event is younger than its news, whatever it says.
    const publishedMs = Math.min(event.publishedMs, this.#options.clock.epochMs())
    this.#waiting.push({ ...event, publishedMs })
    this.#schedule()
    return 'kept'
  }

  /** Writes what waits, if that is quick. */
  async close(): Promise<void> {
    this.#thread.stopReplacing()
    this.#cancelWrite?.()
    const { worker } = this.#thread
    if (!worker) return
    const ended = new Promise((resolve) => worker.once('exit', resolve))
    if (this.#onTheirWay === 0) this.#send(worker)
    worker.postMessage('close' satisfies ToEventThread)
    await endsWithin(this.#options.clock, CLOSE_MS, ended)
    worker.unref()
  }

  #schedule(delayMs = EVENTS_WRITE_MS): void {
    if (this.#waiting.length === 0 || this.#onTheirWay > 0) return
    this.#cancelWrite ??= this.#options.clock.after(delayMs, () => {
      this.#cancelWrite = undefined
      const { worker } = this.#thread
      if (worker) this.#send(worker)
      else this.#schedule()
    })
  }

  #send(worker: Worker): void {
    const events = this.#waiting.slice(0, EVENTS_IN_BATCH)
    if (events.length === 0) return
    this.#onTheirWay = events.length
    worker.postMessage({ events, now: this.#options.clock.epochMs() } satisfies ToEventThread)
  }

  #onMessage({ failure }: FromEventThread): void {
    if (failure) {
      this.#fail(failure)
      return
    }
    this.#waiting = this.#waiting.slice(this.#onTheirWay)
    this.#onTheirWay = 0
    if (this.#isFailing) this.#options.log.info({}, 'events of Okta are kept in the ledger again')
    this.#isFailing = false
    this.#schedule(0)
  }

  #fail(cause: Record<string, unknown>): void {
    this.#onTheirWay = 0
    const message = 'events of Okta cannot be kept in the ledger: some wait, later ones are dropped'
    if (!this.#isFailing) this.#options.log.warn({ cause }, message)
    this.#isFailing = true
    this.#schedule()
  }
}
