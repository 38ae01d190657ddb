/** Plays the schedule forward: which batches the threads would start, and when, if nothing else happened. */
import { nextBatch, type Batch, type BatchQueue, type Task } from './batch.ts'

/** A place for a thread, as the schedule sees it. */
export interface Slot<T extends Task> {
  /** Whether it can take a batch when it has none. */
  ready: boolean
  batch: readonly T[]
  startedAt: number
  /** When it is expected to be free, or replaced. */
  freeAt: number
}

/** The memory that its batch takes: a core of costly memory computes one check at a time. */
export const mibOf = ({ batch: [task] }: Slot<Task>): number => task?.kind.mib ?? 0

/** An overdue batch is expected to take as much longer as it is already overdue. */
const expectedFree = ({ ready, batch, freeAt }: Slot<Task>, now: number): number => {
  if (freeAt > now) return freeAt
  return ready && batch.length === 0 ? now : now + (now - freeAt)
}

/** Memory that is in use until some moment. */
interface Held {
  readonly until: number
  readonly mib: number
}

const insert = (times: number[], time: number): void => {
  let position = times.length
  while ((times[position - 1] ?? 0) > time) position--
  times.splice(position, 0, time)
}

/**
 * Every batch that would be started, in that order.
 * @param queues copies, which are changed
 * @param maxMib the memory that all batches may take together
 */
export function* playForward<T extends Task>(
  slots: readonly Slot<T>[],
  queues: readonly BatchQueue<T>[],
  maxMib: number,
  now: number,
): Generator<Batch<T>> {
  const frees = slots.map((slot) => expectedFree(slot, now)).sort((a, b) => a - b)
  let held = slots.map((slot): Held => ({ until: expectedFree(slot, now), mib: mibOf(slot) }))
  for (let at = frees.shift(); at !== undefined; at = frees.shift()) {
    const start = at
    held = held.filter(({ until, mib }) => mib > 0 && until > start)
    const busy = frees.findIndex((free) => free > start)
    const freeMib = held.reduce((free, { mib }) => free - mib, maxMib)
    const batch = nextBatch(queues, at, 1 + (busy < 0 ? frees.length : busy), freeMib)
    if (!batch && held.length === 0) return
    if (batch) {
      held.push({ until: batch.end, mib: batch.queue.mib })
      yield batch
    }
    // A thread for which nothing fits into memory looks again when some is free.
    insert(frees, batch?.end ?? Math.min(...held.map(({ until }) => until)))
  }
}
