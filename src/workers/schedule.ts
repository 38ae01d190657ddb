/** Owns the schedule of checks: whom to admit, what to start next and on which thread, whom to refuse. */
import { nextBatch, type Batch, type BatchQueue, type Task } from './batch.ts'
import type { Estimates } from './estimates.ts'

/** A thread, as the schedule sees it. */
export interface Slot<T extends Task> {
  /** Whether it can take a batch when it has none. */
  ready: boolean
  batch: readonly T[]
  startedAt: number
  /** When it is expected to be free, or back. */
  freeAt: number
}

export interface Orders<T extends Task> {
  /** The seats whose batch is to be started. */
  readonly start: readonly Slot<T>[]
  /** Admitted, and no longer able to end in time. */
  readonly refuse: readonly T[]
}

interface Queue<T extends Task> {
  readonly cost: number
  readonly tasks: T[]
  served: number
  admittedAt: number
  /** When the check that was refused last behind others would have ended, if nothing has ended since. */
  refusedEnd: number
}

/**
 * Admission reckons with batches this much slower than they are expected to be, and those to wait for
 * slower again by as much as the machine was lately, since other programs may take a part of the cores
 * for a while. It costs no throughput: a shorter queue is still a queue.
 */
export const SLOWER = 1.2

/** An admitted check that still waits is given up only if it is late even with batches this much faster. */
const FASTER = 1 / 1.15

/**
 * No batch of several is expected to take longer: a check that finds one begun can then mostly wait for
 * its end and still take part in another.
 */
export const LONGEST_MS = 1_250

/**
 * Where checks wait, admission keeps room for one batch in each thread of every other cost that was
 * admitted within so many milliseconds: a costly check that comes between cheap ones then makes few of
 * them late.
 */
const RESERVE_FOR_MS = 10_000

/**
 * A state machine without a clock, a timer or a thread of its own: events and the time come in, orders
 * go out. A check is admitted only if the schedule, played forward on what batches took lately, ends it
 * before its deadline. So those that are admitted can be served in the order of their deadlines and all
 * be on time, and under overload every batch that runs is one that somebody still waits for.
 */
export class Schedule<T extends Task> {
  readonly #pace: Estimates
  readonly #limit: number
  /** By cost, of which there are few; each in the order of deadlines. */
  readonly #queues = new Map<number, Queue<T>>()
  readonly #seats = new Set<Slot<T>>()
  /** The thread time that the cost last started had had: where one that was away joins in again. */
  #turn = 0
  /** Whether something happened that may have made admitted checks late. */
  #shaken = false
  lanes = 1

  /** @param limit how many checks may wait, however soon they would end */
  constructor(pace: Estimates, limit: number) {
    this.#pace = pace
    this.#limit = limit
  }

  get waiting(): number {
    let sum = 0
    for (const { tasks } of this.#queues.values()) sum += tasks.length
    return sum
  }

  /** Adds a thread that is not ready yet. */
  addSeat(now: number): Slot<T> {
    const seat: Slot<T> = { ready: false, batch: [], startedAt: now, freeAt: now }
    this.#seats.add(seat)
    return seat
  }

  /** A seat's thread is ready. */
  welcome(seat: Slot<T>, now: number): void {
    Object.assign(seat, { ready: true, freeAt: now })
    this.#makeRoom()
  }

  /** @returns whether the check is admitted: predicted to end before its deadline */
  offer(task: T, now: number): boolean {
    const queue = this.#queueFor(task.cost)
    if (this.waiting >= this.#limit) return false
    if (queue.tasks.length === 0) queue.served = Math.max(queue.served, this.#turn)
    let place = queue.tasks.length
    while ((queue.tasks[place - 1]?.deadline ?? 0) > task.deadline) place--
    queue.tasks.splice(place, 0, task)
    const end = this.#endOf(queue, place, now)
    if (end <= task.deadline) {
      queue.admittedAt = now
      return true
    }
    queue.tasks.splice(place, 1)
    // One that is too costly even alone says nothing about others.
    if (place > 0) queue.refusedEnd = end
    return false
  }

  /**
   * Whether a check of a cost not known yet may be admitted. It may not beyond the limit, nor while one
   * of every cost ever asked for was refused behind others, would have ended after this deadline, and
   * nothing has ended since. So a cost that is asked for seldom keeps the door open for its next check.
   */
  mayAdmit(deadline: number): boolean {
    if (this.waiting >= this.#limit) return false
    const queues = [...this.#queues.values()]
    return queues.length === 0 || queues.some(({ refusedEnd }) => refusedEnd <= deadline)
  }

  /** @returns whether the check was still waiting, and so costs nothing */
  withdraw(task: T): boolean {
    const tasks = this.#queues.get(task.cost)?.tasks ?? []
    const place = tasks.indexOf(task)
    if (place < 0) return false
    tasks.splice(place, 1)
    this.#makeRoom()
    return true
  }

  /** A seat's batch has ended. @returns the batch */
  finish(seat: Slot<T>, now: number): readonly T[] {
    const { batch, startedAt, freeAt } = seat
    const times = { ms: now - startedAt, expected: freeAt - startedAt }
    const [task] = batch
    if (task) this.#pace.measure({ cost: task.cost, width: batch.length, ...times }, now)
    this.#shaken = true
    this.#makeRoom()
    seat.batch = []
    seat.freeAt = now
    return batch
  }

  /** A seat's thread is lost, and is expected back at `backAt`. @returns the batch that is lost with it */
  lose(seat: Slot<T>, backAt: number): readonly T[] {
    const { batch } = seat
    Object.assign(seat, { ready: false, batch: [], freeAt: backAt })
    this.#shaken = true
    return batch
  }

  /** What to do now. To be asked after every event, and obeyed. */
  orders(now: number): Orders<T> {
    const idle = [...this.#seats].filter(({ ready, batch }) => ready && batch.length === 0)
    if (idle.length === 0 && !this.#shaken) return { start: [], refuse: [] }
    const lines = this.#lines(now)
    for (const [i, seat] of idle.entries()) {
      const next = nextBatch([...lines.values()], now, idle.length - i)
      if (next) this.#seatBatch(seat, next)
    }
    const start = idle.filter(({ batch }) => batch.length > 0)
    const refuse = this.#settle(lines, new Set(start.flatMap(({ batch }) => batch)))
    if (this.#shaken) refuse.push(...this.#shed(now))
    this.#shaken = false
    return { start, refuse }
  }

  #makeRoom(): void {
    for (const queue of this.#queues.values()) queue.refusedEnd = -Infinity
  }

  #queueFor(cost: number): Queue<T> {
    const queue = this.#queues.get(cost) ?? {
      cost,
      tasks: [],
      served: 0,
      admittedAt: -Infinity,
      refusedEnd: -Infinity,
    }
    this.#queues.set(cost, queue)
    return queue
  }

  #seatBatch(seat: Slot<T>, { line, from, width, at, end }: Batch<T>): void {
    const batch = line.tasks.slice(from, from + width)
    this.#turn = line.served - (end - at)
    Object.assign(seat, { batch, startedAt: at, freeAt: end })
  }

  /** Takes from the queues what the lines are done with. @returns what was not started */
  #settle(lines: ReadonlyMap<Queue<T>, BatchQueue<T>>, started: ReadonlySet<T>): T[] {
    return [...lines].flatMap(([queue, { head, served }]) => {
      queue.served = served
      return queue.tasks.splice(0, head).filter((task) => !started.has(task))
    })
  }

  /** The queues as lines to play with; `slower` is the factor by which their batches are thought to differ. */
  #lines(now: number, slower: (queue: Queue<T>) => number = () => 1): Map<Queue<T>, BatchQueue<T>> {
    const widths = Array.from({ length: this.lanes }, (_, i) => i + 1)
    const lineOf = (queue: Queue<T>): BatchQueue<T> => {
      const { cost, tasks, served } = queue
      const estimates = widths.map((width) => this.#pace.estimate(cost, width, now))
      const tooLong = estimates.findIndex((ms, i) => i > 0 && ms > LONGEST_MS)
      const factor = slower(queue)
      const ms = estimates.slice(0, tooLong < 0 ? undefined : tooLong).map((ms) => ms * factor)
      return { tasks, count: tasks.length, ms, head: 0, served }
    }
    return new Map([...this.#queues.values()].map((queue) => [queue, lineOf(queue)]))
  }

  /**
   * When what would be the check number `place` of its queue ends, if all before it run. Its own batch is
   * not taken to be slower for what the machine once was: a costly check that need not wait is tried.
   */
  #endOf(own: Queue<T>, place: number, now: number): number {
    const areOthers = this.waiting > 1
    const lines = new Map<Queue<T>, BatchQueue<T>>()
    const slower = ({ cost, tasks }: Queue<T>): number =>
      tasks.length > 0 ? SLOWER * this.#pace.relapse(cost, now) : SLOWER
    for (const [queue, line] of this.#lines(now, slower)) {
      const isExpected = areOthers && queue !== own && isInDemand(queue, now)
      const reserve = isExpected ? line.ms.length * this.#seats.size : 0
      lines.set(queue, { ...line, tasks: [], count: line.count + reserve })
    }
    const line = lines.get(own)
    for (const batch of this.#play([...lines.values()], now)) {
      const isOwn = batch.line === line && batch.from + batch.width > place
      if (isOwn) return batch.at + SLOWER * this.#pace.estimate(own.cost, batch.width, now)
    }
    return Infinity
  }

  /** Refuses now what its turn would find too late. */
  #shed(now: number): T[] {
    const lines = this.#lines(now, () => FASTER)
    const saved = new Set<T>()
    for (const { line, from, width } of this.#play([...lines.values()], now)) {
      for (const task of line.tasks.slice(from, from + width)) saved.add(task)
    }
    const lost = [...lines.keys()].flatMap(({ tasks }) => tasks.filter((task) => !saved.has(task)))
    for (const task of lost) this.withdraw(task)
    return lost
  }

  /** Plays the schedule forward: every batch that would be started, in that order. */
  *#play(lines: readonly BatchQueue<T>[], now: number): Generator<Batch<T>> {
    const frees = [...this.#seats].map((seat) => expectedFree(seat, now)).sort((a, b) => a - b)
    for (let at = frees.shift(); at !== undefined; at = frees.shift()) {
      const busy = frees.findIndex((free) => free > at)
      const batch = nextBatch(lines, at, 1 + (busy < 0 ? frees.length : busy))
      if (!batch) return
      yield batch
      let place = frees.length
      while ((frees[place - 1] ?? 0) > batch.end) place--
      frees.splice(place, 0, batch.end)
    }
  }
}

const isInDemand = ({ admittedAt }: Queue<Task>, now: number): boolean =>
  now - admittedAt <= RESERVE_FOR_MS

/** A batch that is overdue is expected to take as long again as it is overdue. */
const expectedFree = ({ ready, batch, freeAt }: Slot<Task>, now: number): number => {
  if (freeAt > now) return freeAt
  return ready && batch.length === 0 ? now : now + (now - freeAt)
}
