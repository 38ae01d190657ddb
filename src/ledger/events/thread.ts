/** What a thread runs to write events to the ledger's database: a connection for each batch. */
import { parentPort, workerData } from 'node:worker_threads'
import type { MoveEvent } from '../../call-record.ts'
import { systemClock, within } from '../../clock.ts'
import { describeUnforeseen } from '../../errors/errors.ts'
import type { LedgerTarget } from '../target.ts'
import { openLedgerEvents } from '../database/events.ts'

export interface EventBatch {
  readonly events: readonly MoveEvent[]
  /** Milliseconds since 1970. */
  readonly now: number
}

export type ToEventThread = EventBatch | 'close'

/** The answer to a batch. */
export interface FromEventThread {
  /** Undefined where it was written. */
  readonly failure: Record<string, unknown> | undefined
}

const BATCH_MS = 5_000

const write = async (batch: EventBatch): Promise<void> => {
  const events = openLedgerEvents(workerData as LedgerTarget)
  const deadline = systemClock.now() + BATCH_MS
  const added = events.add(batch.events, batch.now)
  await within(systemClock, deadline, added, () => new Error('timed out')).finally(events.cut)
}

const onBatch = async (batch: EventBatch): Promise<void> => {
  const failure = await write(batch).then(() => undefined, describeUnforeseen)
  parentPort?.postMessage({ failure } satisfies FromEventThread)
}

let last = Promise.resolve()
parentPort?.on('message', (message: ToEventThread) => {
  last = last.then(() => (message === 'close' ? parentPort?.close() : onBatch(message)))
})
