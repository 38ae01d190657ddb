/** Schedules checks: which to admit, what to start next and on which thread, and which to refuse. */
import { keyOf, type Kind } from '../passwords/family.ts'
import { nextBatch, type Batch, type BatchQueue, type Task } from './batch.ts'
import type { Estimates } from './estimates.ts'
import { mibOf, playForward, type Slot } from './play-forward.ts'

export interface Dispatch<T extends Task> {
  /** The slots whose batch has to be started. */
  readonly start: readonly Slot<T>[]
  /** Admitted, but can no longer end in time. */
  readonly refuse: readonly T[]
}

interface Queue<T extends Task> {
  readonly kind: Kind
  readonly tasks: T[]
  served: number
  admittedAt: number
  /** When the check that was last refused behind others would have ended; -Infinity once a batch has ended since. */
  refusedEnd: number
}

/**
 * Admission assumes that batches take this much longer than expected, and that those waited for take longer
 * again by as much as the machine was slowed down lately, since other programs may use the cores for a while.
 * It costs no throughput: a shorter queue is still a queue.
 */
export const SLOWER = 1.2

/** An admitted check that still waits is refused only if it would be late even with batches this much faster. */
const FASTER = 1 / 1.15

/**
 * The longest that a batch of several checks is expected to take. A check that arrives while one runs can then
 * usually wait for its end and still join the next.
 */
export const LONGEST_MS = 1_250

/**
 * While checks wait, admission reserves one batch in each thread for every other kind that was admitted
 * within so many milliseconds. A costly check that comes between cheap ones then makes few of them late.
 */
const RESERVE_FOR_MS = 10_000

/**
 * A state machine without a clock, a timer or a thread of its own: events and the time come in, what to start
 * and to refuse comes out. A check is admitted only if the schedule, played forward with the current
 * estimates, ends it before its deadline. So admitted checks can be served in the order of their deadlines
 * and all be on time, and under overload no batch runs whose caller has given up.
 */
export class Schedule<T extends Task> {
  readonly #estimates: Estimates
  readonly #queueLimit: number
  readonly #maxMib: number
  /** By kind, of which there are few; each in the order of deadlines. */
  readonly #queues = new Map<string, Queue<T>>()
  readonly #slots = new Set<Slot<T>>()
  /** The thread time that the queue started last had been served: where a queue that was empty joins in. */
  #virtualTime = 0
  /** Whether something happened since the last dispatch that may have made admitted checks late. */
  #mayBeLate = false
  /** The most checks in a batch, by the name of their kind. */
  readonly lanes = new Map<string, number>()

  /**
   * @param limit how many checks may wait, however soon they would end
   * @param maxMib the memory that the batches in progress may take together
   */
  constructor(estimates: Estimates, limit: number, maxMib = Infinity) {
    this.#estimates = estimates
    this.#queueLimit = limit
    this.#maxMib = maxMib
  }

  get waiting(): number {
    let sum = 0
    for (const { tasks } of this.#queues.values()) sum += tasks.length
    return sum
  }

  /** Adds a thread that is not ready yet. */
  addSlot(now: number): Slot<T> {
    const slot: Slot<T> = { ready: false, batch: [], startedAt: now, freeAt: now }
    this.#slots.add(slot)
    return slot
  }

  /** A slot's thread is ready. */
  markReady(slot: Slot<T>, now: number): void {
    Object.assign(slot, { ready: true, freeAt: now })
    this.#forgetRefusals()
  }

  /** @returns whether the check is admitted, because it is expected to end before its deadline */
  admit(task: T, now: number): boolean {
    const queue = this.#queueFor(task.kind)
    if (this.waiting >= this.#queueLimit) return false
    if (queue.tasks.length === 0) queue.served = Math.max(queue.served, this.#virtualTime)
    let position = queue.tasks.length
    while ((queue.tasks[position - 1]?.deadline ?? 0) > task.deadline) position--
    queue.tasks.splice(position, 0, task)
    const end = this.#predictEnd(queue, position, now)
    if (end <= task.deadline) {
      queue.admittedAt = now
      return true
    }
    queue.tasks.splice(position, 1)
    // A check that is too costly even alone says nothing about others.
    if (position > 0) queue.refusedEnd = end
    return false
  }

  /**
   * Whether a check whose kind is not known yet may be admitted. It may not while the queue is full, nor while
   * for every kind asked for so far a check was refused behind others that would have ended after this
   * deadline, and no batch has ended since. So a kind that is rarely asked for keeps admission open.
   */
  mayAdmit(deadline: number): boolean {
    if (this.waiting >= this.#queueLimit) return false
    const queues = [...this.#queues.values()]
    return queues.length === 0 || queues.some(({ refusedEnd }) => refusedEnd <= deadline)
  }

  /** @returns whether the check was still waiting, so that it costs nothing */
  withdraw(task: T): boolean {
    const tasks = this.#queues.get(keyOf(task.kind))?.tasks ?? []
    const position = tasks.indexOf(task)
    if (position < 0) return false
    tasks.splice(position, 1)
    this.#forgetRefusals()
    return true
  }

  /**
   * A slot's batch has ended.
   * @param isMeasured false if it was given up, so that its time says nothing about others
   * @returns the batch
   */
  finish(slot: Slot<T>, now: number, isMeasured = true): readonly T[] {
    const { batch, startedAt, freeAt } = slot
    const times = { ms: now - startedAt, expected: freeAt - startedAt }
    const [task] = batch
    if (task && isMeasured)
      this.#estimates.measure({ kind: task.kind, width: batch.length, ...times }, now)
    this.#mayBeLate = true
    this.#forgetRefusals()
    slot.batch = []
    slot.freeAt = now
    return batch
  }

  /** A slot's thread is lost, and is expected back at `backAt`. @returns the batch that is lost with it */
  markLost(slot: Slot<T>, backAt: number): readonly T[] {
    const { batch } = slot
    Object.assign(slot, { ready: false, batch: [], freeAt: backAt })
    this.#mayBeLate = true
    return batch
  }

  /** What to do now: call it after every event, and do what it says. */
  dispatch(now: number): Dispatch<T> {
    const idle = [...this.#slots].filter(({ ready, batch }) => ready && batch.length === 0)
    if (idle.length === 0 && !this.#mayBeLate) return { start: [], refuse: [] }
    const copies = this.#copyQueues(now)
    for (const [i, slot] of idle.entries()) {
      const next = nextBatch([...copies.values()], now, idle.length - i, this.#freeMib)
      if (next) this.#assign(slot, next)
    }
    const start = idle.filter(({ batch }) => batch.length > 0)
    const refuse = this.#removeServed(copies, new Set(start.flatMap(({ batch }) => batch)))
    if (this.#mayBeLate) refuse.push(...this.#shed(now))
    this.#mayBeLate = false
    return { start, refuse }
  }

  get #freeMib(): number {
    return [...this.#slots].reduce((free, slot) => free - mibOf(slot), this.#maxMib)
  }

  #playForward(copies: ReadonlyMap<unknown, BatchQueue<T>>, now: number): Iterable<Batch<T>> {
    return playForward([...this.#slots], [...copies.values()], this.#maxMib, now)
  }

  #forgetRefusals(): void {
    for (const queue of this.#queues.values()) queue.refusedEnd = -Infinity
  }

  #queueFor(kind: Kind): Queue<T> {
    const queue = this.#queues.get(keyOf(kind)) ?? {
      kind,
      tasks: [],
      served: 0,
      admittedAt: -Infinity,
      refusedEnd: -Infinity,
    }
    this.#queues.set(keyOf(kind), queue)
    return queue
  }

  #assign(slot: Slot<T>, { queue, from, width, at, end }: Batch<T>): void {
    const batch = queue.tasks.slice(from, from + width)
    this.#virtualTime = queue.served - (end - at)
    Object.assign(slot, { batch, startedAt: at, freeAt: end })
  }

  /** Removes from the queues what their copies are done with. @returns what was not started */
  #removeServed(copies: ReadonlyMap<Queue<T>, BatchQueue<T>>, started: ReadonlySet<T>): T[] {
    return [...copies].flatMap(([queue, { head, served }]) => {
      queue.served = served
      return queue.tasks.splice(0, head).filter((task) => !started.has(task))
    })
  }

  /** Copies of the queues to play forward; their batches are assumed to take longer by the factor `slower`. */
  #copyQueues(
    now: number,
    slower: (queue: Queue<T>) => number = () => 1,
  ): Map<Queue<T>, BatchQueue<T>> {
    const lineOf = (queue: Queue<T>): BatchQueue<T> => {
      const { kind, tasks, served } = queue
      const widths = Array.from({ length: this.lanes.get(kind.name) ?? 1 }, (_, i) => i + 1)
      const estimates = widths.map((width) => this.#estimates.estimate(kind, width, now))
      const tooLong = estimates.findIndex((ms, i) => i > 0 && ms > LONGEST_MS)
      const factor = slower(queue)
      const ms = estimates.slice(0, tooLong < 0 ? undefined : tooLong).map((ms) => ms * factor)
      return { tasks, count: tasks.length, ms, mib: kind.mib ?? 0, head: 0, served }
    }
    return new Map([...this.#queues.values()].map((queue) => [queue, lineOf(queue)]))
  }

  /**
   * When the check at `position` of its queue would end, if all before it run. A recent slowdown does not count
   * for its own batch: a costly check that need not wait is tried.
   */
  #predictEnd(own: Queue<T>, position: number, now: number): number {
    const areOthers = this.waiting > 1
    const copies = new Map<Queue<T>, BatchQueue<T>>()
    const slower = ({ kind, tasks }: Queue<T>): number =>
      tasks.length > 0 ? SLOWER * this.#estimates.recentSlowdown(kind, now) : SLOWER
    for (const [queue, copy] of this.#copyQueues(now, slower)) {
      const isExpected = areOthers && queue !== own && isInDemand(queue, now)
      const reserve = isExpected ? copy.ms.length * this.#slots.size : 0
      copies.set(queue, { ...copy, tasks: [], count: copy.count + reserve })
    }
    const copy = copies.get(own)
    for (const batch of this.#playForward(copies, now)) {
      const isOwn = batch.queue === copy && batch.from + batch.width > position
      if (isOwn) return batch.at + SLOWER * this.#estimates.estimate(own.kind, batch.width, now)
    }
    return Infinity
  }

  /** Refuses now what would be too late when its turn comes. */
  #shed(now: number): T[] {
    const copies = this.#copyQueues(now, () => FASTER)
    const saved = new Set<T>()
    for (const { queue, from, width } of this.#playForward(copies, now)) {
      for (const task of queue.tasks.slice(from, from + width)) saved.add(task)
    }
    const lost = [...copies.keys()].flatMap(({ tasks }) => tasks.filter((task) => !saved.has(task)))
    for (const task of lost) this.withdraw(task)
    return lost
  }
}

const isInDemand = ({ admittedAt }: Queue<Task>, now: number): boolean =>
  now - admittedAt <= RESERVE_FOR_MS
