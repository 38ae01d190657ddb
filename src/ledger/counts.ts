/** Reads counts about a campaign from the ledger, apart from the decisions: on a connection and a thread of their own. */
import type { Worker } from 'node:worker_threads'
import { endsWithin, type Clock } from '../clock.ts'
import { startThread, threadUrl } from '../thread.ts'
import type { LedgerTarget } from './target.ts'

export interface LedgerCounts {
  /** The newest report of a status, as JSON. */
  readonly report: string | undefined
  /** The host of the org that it is about. */
  readonly org: string | undefined
  /** People who were let in since midnight (UTC). */
  readonly today: number
  /** What Okta's event hook has told since the report, by the type of the event. */
  readonly events: ReadonlyMap<string, number>
}

export interface CountsThreadOptions {
  readonly target: LedgerTarget
  /** Undefined for the newest report of any org. */
  readonly org: string | undefined
  /** ISO 8601, UTC. */
  readonly since: string
}

/** Asks it to end, whatever it waits for. */
export type ToCountsThread = 'end'

/** Milliseconds that a page waits for them. */
const READ_MS = 5_000

const THREAD_URL = threadUrl('counts')

/** When the thread has ended, so that the next read can start another one. */
const answerOf = (thread: Worker): Promise<LedgerCounts> =>
  new Promise((resolve, reject) => {
    let counts: LedgerCounts | undefined
    thread.once('message', (message: LedgerCounts) => (counts = message))
    // Its message can quote what a database said, so it is not passed on. The exit follows.
    thread.once('error', () => undefined)
    thread.once('exit', () =>
      counts ? resolve(counts) : reject(new Error('the ledger cannot be read')),
    )
  })

/**
 * Each read starts a thread, since a disk can hang, and a report is large. One that waits for a server ends itself. One that
 * waits for a disk cannot, since it runs native code; there is no second one beside it.
 */
export const createCountsReader = (
  { target, org }: Omit<CountsThreadOptions, 'since'>,
  clock: Clock,
): (() => Promise<LedgerCounts>) => {
  let running: Worker | undefined
  return async () => {
    if (running) throw new Error('the ledger is still being read')
    const since = `${new Date(clock.epochMs()).toISOString().slice(0, 10)}T00:00:00.000Z`
    const thread = startThread(THREAD_URL, { target, org, since } satisfies CountsThreadOptions)
    running = thread
    thread.once('exit', () => (running = undefined))
    thread.unref()
    const answer = answerOf(thread)
    if (await endsWithin(clock, READ_MS, answer)) return answer
    thread.postMessage('end' satisfies ToCountsThread)
    throw new Error('timed out')
  }
}
