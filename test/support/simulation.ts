/** A simulated machine: arrivals, threads and batches as events on a simulated clock. */
import type { Kind } from '../../src/passwords/family.ts'
import type { Task } from '../../src/workers/batch.ts'
import { Estimates } from '../../src/workers/estimates.ts'
import type { Slot } from '../../src/workers/play-forward.ts'
import { LONGEST_MS, Schedule } from '../../src/workers/schedule.ts'

export const bcrypt = (cost: number): Kind => ({ name: 'bcrypt', cost })

/** How long a batch of 1 to 6 checks of cost 10 takes on the simulated machine: measured, in one thread. */
export const BATCH_MS = [59.4, 66.6, 76.5, 92.8, 115.5, 127.2] as const
export const LANES = BATCH_MS.length
export const DEADLINE_MS = 2500

/** Checks per second that one thread does in its best batches. */
export const capacityOf = (cost: number): number =>
  Math.max(
    ...BATCH_MS.map((ms) => ms * 2 ** (cost - 10))
      .filter((ms, i) => i === 0 || ms <= LONGEST_MS)
      .map((ms, i) => (1000 * (i + 1)) / ms),
  )

/** Records a batch that was expected to take as long as the current estimate. */
export const measure = (
  estimates: Estimates,
  cost: number,
  width: number,
  ms: number,
  now: number,
): void =>
  estimates.measure(
    { kind: bcrypt(cost), width, ms, expected: estimates.estimate(bcrypt(cost), width, now) },
    now,
  )

/** mulberry32, a small generator of reproducible numbers in [0, 1). */
export const seeded = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}

export interface Stream {
  readonly cost: number
  /** Arrivals per second. */
  readonly rate: number
  /** Milliseconds at which it starts and ends. */
  readonly from?: number
  readonly to?: number
}

export interface Call extends Task {
  readonly arrivedAt: number
  status: 'waiting' | 'on time' | 'late' | 'refused'
  decidedAt: number
}

/** The scheduler of the machine's threads: the schedule under test, or one to compare it with. */
export interface Policy {
  mayAdmit(deadline: number): boolean
  admit(call: Call, now: number): boolean
  dispatch(now: number): {
    readonly start: readonly Slot<Call>[]
    readonly refuse: readonly Call[]
  }
  finish(slot: Slot<Call>, now: number): readonly Call[]
}

export interface Machine {
  readonly threads: number
  readonly streams: readonly Stream[]
  readonly ms: number
  readonly seed?: number
  /** The factor by which a batch that starts at this time takes longer than the table says. */
  readonly slowness?: (at: number, random: () => number) => number
}

export const underTest = (threads: number): Policy => {
  const estimates = new Estimates()
  estimates.calibrate({ kind: bcrypt(5), ms: BATCH_MS.map((ms) => ms / 32) })
  const schedule = new Schedule<Call>(estimates, 256 * threads)
  schedule.lanes.set('bcrypt', LANES)
  for (let i = 0; i < threads; i++) schedule.addSlot(0).ready = true
  return schedule
}

/** First come, first served, in the widest batches of equal cost: no admission, nothing dropped. */
export const firstComeFirstServed = (threads: number): Policy => {
  const queue: Call[] = []
  const idle = Array.from({ length: threads }, (): Slot<Call> => ({
    ready: true,
    batch: [],
    startedAt: 0,
    freeAt: 0,
  }))
  return {
    mayAdmit: () => true,
    admit: (call) => queue.push(call) > 0,
    dispatch: () => {
      const start: Slot<Call>[] = []
      while (queue.length > 0) {
        const width = queue.findIndex(
          ({ kind }, i) => i === LANES || kind.cost !== queue[0]?.kind.cost,
        )
        const [slot] = idle.splice(0, 1)
        if (!slot) break
        slot.batch = queue.splice(0, width < 0 ? LANES : width)
        start.push(slot)
      }
      return { start, refuse: [] }
    },
    finish: (slot) => {
      idle.push(slot)
      return slot.batch
    },
  }
}

const arrivals = (
  { cost, rate, from = 0, to = Infinity }: Stream,
  ms: number,
  random: () => number,
) => {
  const calls: Call[] = []
  let at = from
  for (;;) {
    at -= (Math.log(1 - random()) * 1000) / rate
    if (at >= Math.min(ms, to)) return calls
    calls.push({
      kind: bcrypt(cost),
      arrivedAt: at,
      deadline: at + DEADLINE_MS,
      status: 'waiting',
      decidedAt: 0,
    })
  }
}

interface Event {
  readonly at: number
  readonly happen: () => void
}

/** Runs the machine to the end of its last call. */
export const simulate = (policy: Policy, machine: Machine): readonly Call[] => {
  const random = seeded(machine.seed ?? 1)
  const { slowness = () => 1 } = machine
  const calls = machine.streams.flatMap((stream) => arrivals(stream, machine.ms, random))
  const decide = (call: Call, status: Call['status'], now: number): void => {
    Object.assign(call, { status, decidedAt: now })
  }
  const ends: Event[] = []
  const dispatch = (now: number): void => {
    const { start, refuse } = policy.dispatch(now)
    for (const call of refuse) decide(call, 'refused', now)
    for (const slot of start) {
      const { batch } = slot
      const cost = batch[0]?.kind.cost ?? 0
      if (batch.some(({ kind }) => kind.cost !== cost)) throw new Error('a batch mixes costs')
      const table = (BATCH_MS[batch.length - 1] ?? NaN) * 2 ** (cost - 10)
      const end = now + table * slowness(now, random)
      const happen = (): void => {
        for (const call of policy.finish(slot, end)) {
          decide(call, end <= call.deadline ? 'on time' : 'late', end)
        }
        dispatch(end)
      }
      ends.push({ at: end, happen })
      ends.sort((a, b) => a.at - b.at)
    }
  }
  for (const call of [...calls].sort((a, b) => a.arrivedAt - b.arrivedAt)) {
    const now = call.arrivedAt
    for (let next = ends[0]; next && next.at <= now; next = ends[0]) {
      ends.shift()
      next.happen()
    }
    const isAdmitted = policy.mayAdmit(call.deadline) && policy.admit(call, now)
    if (!isAdmitted) decide(call, 'refused', now)
    dispatch(now)
  }
  for (let next = ends.shift(); next; next = ends.shift()) next.happen()
  return calls
}
