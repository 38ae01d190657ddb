/** Chooses the next batch: of which kind, how wide, and which checks are too late. */

import type { Kind } from '../passwords/family.ts'

/** A check as the schedule sees it. */
export interface Task {
  readonly kind: Kind
  /** When its answer is due, in milliseconds on the clock's scale. */
  readonly deadline: number
}

/** The waiting checks of one kind at one moment. */
export interface BatchQueue<T extends Task = Task> {
  /** In the order of their deadlines. Checks beyond its end, up to `count`, are assumed to have no deadline. */
  readonly tasks: readonly T[]
  readonly count: number
  /** Milliseconds that a batch of one check is expected to take, of two, and so on up to the lanes. */
  readonly ms: readonly number[]
  /** The memory that a batch takes: a core of costly memory computes one check at a time. */
  readonly mib: number
  /** How many are done with: started, or too late. */
  head: number
  /** Milliseconds of thread time that this kind has been served. */
  served: number
}

/** The checks `from` to `from + width` of a queue, started at `at` and expected to end at `end`. */
export interface Batch<T extends Task = Task> {
  readonly queue: BatchQueue<T>
  readonly from: number
  readonly width: number
  readonly at: number
  readonly end: number
}

const msOf = (queue: BatchQueue, width: number): number => queue.ms[width - 1] ?? 0

/** Of those with checks to start, the one that was served least. */
const leastServed = <T extends Task>(
  queues: readonly BatchQueue<T>[],
): BatchQueue<T> | undefined => {
  let least: BatchQueue<T> | undefined
  for (const queue of queues) {
    if (queue.head < queue.count && queue.served < (least?.served ?? Infinity)) least = queue
  }
  return least
}

/** The width at which a thread gets most done: 1 where an engine computes one check after another. */
const bestWidth = (queue: BatchQueue): number => {
  let best = 1
  for (let width = 2; width <= queue.ms.length; width++) {
    if (width * msOf(queue, best) > best * msOf(queue, width)) best = width
  }
  return best
}

/** The first check from the head on that a batch of this width, started at `at`, answers in time. */
const firstInTime = (queue: BatchQueue, at: number, width: number): number => {
  const end = at + msOf(queue, width)
  let position = queue.head
  while ((queue.tasks[position]?.deadline ?? Infinity) < end) position++
  return position
}

/**
 * Takes a batch from a queue. It is made narrower if its first check would otherwise be late, but not
 * while others wait to fill it: then the first check is given up, because a narrow batch would save one and
 * make many late.
 */
const take = <T extends Task>(queue: BatchQueue<T>, at: number, idle: number): Batch<T> => {
  const best = bestWidth(queue)
  let width = Math.min(best, Math.ceil((queue.count - queue.head) / idle))
  let from = firstInTime(queue, at, width)
  while (from > queue.head && queue.count - from < best) from = firstInTime(queue, at, --width)
  const ms = msOf(queue, width)
  queue.head = from + width
  queue.served += ms
  return { queue, from, width, at, end: at + ms }
}

/**
 * Takes the next batch for one of `idle` threads that are free at `at`; changes `head` and `served`.
 * - Nothing is started that would end after its deadline.
 * - Threads before lanes: a batch takes no more than the thread's share of what waits.
 * - Kinds take turns by the thread time they have been served (start-time fair queueing), so that neither a
 *   stream of costly checks nor one of cheap ones can starve the other.
 * - A kind whose turn it is may have to wait until `freeMib` is enough for it. Only kinds that need no memory are
 *   started meanwhile, since one of less memory after the other could keep it waiting for good.
 */
export const nextBatch = <T extends Task>(
  queues: readonly BatchQueue<T>[],
  at: number,
  idle: number,
  freeMib: number,
): Batch<T> | undefined => {
  for (const queue of queues) queue.head = firstInTime(queue, at, 1)
  let next = leastServed(queues)
  if (next && next.mib > freeMib) next = leastServed(queues.filter(({ mib }) => mib === 0))
  return next && take(next, at, idle)
}
