/** Owns the choice of the next batch: of which cost, how wide, and which checks are past helping. */

/** A check as the schedule sees it. */
export interface Task {
  readonly cost: number
  /** When its answer is due, in milliseconds on the clock's scale. */
  readonly deadline: number
}

/** The checks of one cost that wait, as they look at one moment. */
export interface BatchQueue<T extends Task = Task> {
  /** In the order of their deadlines. Those beyond its end, up to `count`, are taken to be patient. */
  readonly tasks: readonly T[]
  readonly count: number
  /** Milliseconds that a batch of one is expected to take, of two, and so on up to the lanes. */
  readonly ms: readonly number[]
  /** How many are done with, started or past helping. */
  head: number
  /** Milliseconds of thread time that this cost has had. */
  served: number
}

/** The checks `from` to `from + width` of a line, started at `at` and expected to end at `end`. */
export interface Batch<T extends Task = Task> {
  readonly line: BatchQueue<T>
  readonly from: number
  readonly width: number
  readonly at: number
  readonly end: number
}

const msOf = (line: BatchQueue, width: number): number => line.ms[width - 1] ?? 0

/** The width at which a thread gets most done: 1 where an engine computes one check after another. */
const bestWidth = (line: BatchQueue): number => {
  let best = 1
  for (let width = 2; width <= line.ms.length; width++) {
    if (width * msOf(line, best) > best * msOf(line, width)) best = width
  }
  return best
}

/** The first check from the head on that a batch of this width, started at `at`, answers in time. */
const firstInTime = (line: BatchQueue, at: number, width: number): number => {
  const end = at + msOf(line, width)
  let place = line.head
  while ((line.tasks[place]?.deadline ?? Infinity) < end) place++
  return place
}

/**
 * Takes a batch from a line. It is made narrower where its first check would otherwise be late, but not
 * while others wait to fill it: then the first check is given up, because the narrow batch would save
 * one and make many late.
 */
const take = <T extends Task>(line: BatchQueue<T>, at: number, idle: number): Batch<T> => {
  const best = bestWidth(line)
  let width = Math.min(best, Math.ceil((line.count - line.head) / idle))
  let from = firstInTime(line, at, width)
  while (from > line.head && line.count - from < best) from = firstInTime(line, at, --width)
  const ms = msOf(line, width)
  line.head = from + width
  line.served += ms
  return { line, from, width, at, end: at + ms }
}

/**
 * Takes the next batch for one of `idle` threads that are free at `at`, moving `head` and `served`.
 * - Nothing is started that would end after its deadline.
 * - Threads first, lanes second: a batch takes no more than the thread's share of what waits.
 * - Costs take turns by the thread time they have had (start-time fair queueing), so that neither a
 *   stream of costly checks nor one of cheap ones can starve the other.
 */
export const nextBatch = <T extends Task>(
  lines: readonly BatchQueue<T>[],
  at: number,
  idle: number,
): Batch<T> | undefined => {
  let turn: BatchQueue<T> | undefined
  for (const line of lines) {
    line.head = firstInTime(line, at, 1)
    if (line.head < line.count && line.served < (turn?.served ?? Infinity)) turn = line
  }
  return turn && take(turn, at, idle)
}
