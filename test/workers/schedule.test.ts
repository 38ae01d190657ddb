/** The schedule on a simulated machine: which checks are admitted, in what batches, and how it takes overload. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { Task } from '../../src/workers/batch.ts'
import { Estimates } from '../../src/workers/estimates.ts'
import type { Slot } from '../../src/workers/play-forward.ts'
import { Schedule } from '../../src/workers/schedule.ts'
import { fc } from '../support/properties.ts'
import {
  BATCH_MS,
  bcrypt,
  capacityOf,
  DEADLINE_MS,
  firstComeFirstServed,
  measure,
  simulate,
  underTest,
  type Call,
  type Machine,
  type Stream,
} from '../support/simulation.ts'

const THREADS = 2
const RUN_MS = 30_000
const REFUSAL_MS = 100

const run = (streams: readonly Stream[], more: Partial<Machine> = {}): readonly Call[] =>
  simulate(underTest(THREADS), { threads: THREADS, ms: RUN_MS, streams, ...more })

const load = (times: number, cost = 10): Stream => ({
  cost,
  rate: times * THREADS * capacityOf(cost),
})

const count = (calls: readonly Call[], status: Call['status'], from = 0, to = Infinity): number =>
  calls.filter((call) => call.status === status && call.decidedAt >= from && call.decidedAt < to)
    .length

/** On-time answers as a share of what the threads can do, once the queue has found its length. */
const goodput = (calls: readonly Call[], cost: number, from = DEADLINE_MS, to = RUN_MS): number => {
  const done = count(
    calls.filter((call) => call.kind.cost === cost),
    'on time',
    from,
    to,
  )
  return done / (((to - from) / 1000) * THREADS * capacityOf(cost))
}

const slowRefusals = (calls: readonly Call[]): number =>
  calls.filter(
    ({ status, decidedAt, arrivedAt }) =>
      status === 'refused' && decidedAt - arrivedAt > REFUSAL_MS,
  ).length

describe('overload', () => {
  it.each([0.5, 1, 2, 4])('of %d times the capacity does not lower the goodput', (times) => {
    const calls = run([load(times)])
    expect(goodput(calls, 10)).toBeGreaterThan(0.95 * Math.min(times, 1))
    expect(count(calls, 'late')).toBe(0)
    expect(count(calls, 'waiting')).toBe(0)
    expect(slowRefusals(calls)).toBe(0)
    if (times < 1) expect(count(calls, 'refused')).toBe(0)
  })

  it('ruins the goodput of first come, first served', () => {
    const machine = { threads: THREADS, ms: RUN_MS, streams: [load(4)] }
    const calls = simulate(firstComeFirstServed(THREADS), machine)
    expect(goodput(calls, 10)).toBeLessThan(0.1)
    expect(count(calls, 'late')).toBeGreaterThan(count(calls, 'on time'))
  })

  it('of a machine whose batches vary costs a little, and refusals stay prompt', () => {
    const slowness: Machine['slowness'] = (_, random) =>
      0.8 + 0.4 * random() + (random() < 0.01 ? 2 : 0)
    const calls = run([load(4)], { slowness })
    expect(goodput(calls, 10)).toBeGreaterThan(0.92)
    expect(count(calls, 'late')).toBeLessThan(0.01 * count(calls, 'on time'))
    expect(slowRefusals(calls)).toBeLessThan(0.02 * calls.length)
  })

  it('next to a program that comes and goes is refused late only the first time', () => {
    const period = 6000
    const calls = run([load(4)], { slowness: (at) => (at % period > 4000 ? 1.65 : 1) })
    expect(goodput(calls, 10)).toBeGreaterThan(0.8)
    const after = calls.filter(({ arrivedAt }) => arrivedAt > period)
    expect(count(after, 'late')).toBe(0)
    expect(slowRefusals(after)).toBeLessThan(0.001 * after.length)
  })

  it('is recognised within two seconds when a machine is suddenly three times slower', () => {
    const slowAt = 15_000
    const calls = run([load(4)], { slowness: (at) => (at >= slowAt ? 3 : 1) })
    expect(3 * goodput(calls, 10, slowAt + 2000)).toBeGreaterThan(0.95)
    const after = calls.filter(({ arrivedAt }) => arrivedAt > slowAt + 2000)
    expect(count(after, 'late')).toBeLessThan(0.01 * count(after, 'on time'))
  })

  it('leaves no delay when it is over', () => {
    const calls = run([
      { ...load(8), to: 5000 },
      { ...load(0.3), from: 8000 },
    ])
    const after = calls.filter(({ arrivedAt }) => arrivedAt > 8000)
    expect(after.every(({ status }) => status === 'on time')).toBe(true)
    expect(Math.max(...after.map((call) => call.decidedAt - call.arrivedAt))).toBeLessThan(300)
  })
})

describe('a burst', () => {
  it('is served as far as the deadline allows, and the rest is refused at once', () => {
    const calls = run([{ cost: 10, rate: 4000, to: 100 }])
    const possible = THREADS * capacityOf(10) * (DEADLINE_MS / 1000)
    expect(count(calls, 'on time')).toBeGreaterThan(0.83 * possible)
    expect(count(calls, 'late')).toBe(0)
    expect(slowRefusals(calls)).toBe(0)
  })
})

describe('with mixed costs', () => {
  const ofCost = (calls: readonly Call[], cost: number) => calls.filter((c) => c.kind.cost === cost)

  it('a flood of cost 14 makes no check of cost 10 late or refused', () => {
    const calls = run([load(4, 14), load(0.25, 10)])
    expect(ofCost(calls, 10).every(({ status }) => status === 'on time')).toBe(true)
    expect(goodput(calls, 14)).toBeGreaterThan(0.6)
  })

  it('a flood of cost 10 makes no check of cost 14 late or refused', () => {
    // Starts before the flood, so that admission is not closed to a cost that was never requested.
    const floodAt = 5000
    const calls = run([{ ...load(4, 10), from: floodAt }, load(0.1, 14)])
    expect(ofCost(calls, 14).length).toBeGreaterThan(5)
    expect(ofCost(calls, 14).every(({ status }) => status === 'on time')).toBe(true)
    expect(goodput(calls, 10, floodAt + DEADLINE_MS)).toBeGreaterThan(0.5)
    expect(slowRefusals(calls)).toBeLessThan(0.001 * calls.length)
  })

  it('two floods share the threads', () => {
    const calls = run([load(4, 10), load(4, 12)])
    expect(goodput(calls, 10)).toBeGreaterThan(0.45)
    expect(goodput(calls, 12)).toBeGreaterThan(0.45)
    expect(count(calls, 'late')).toBe(0)
  })
})

describe('a cost that pauses', () => {
  it('takes turns afterwards, and does not catch up', () => {
    const backAt = 10_000
    const calls = run([load(4, 10), { ...load(4, 12), from: backAt }])
    expect(goodput(calls, 10, backAt + DEADLINE_MS, backAt + 3 * DEADLINE_MS)).toBeGreaterThan(0.4)
  })
})

describe('one thread', () => {
  let estimates: Estimates
  let schedule: Schedule<Task>
  let slot: Slot<Task>
  let now: number

  beforeEach(() => {
    now = 0
    estimates = new Estimates()
    estimates.calibrate({ kind: bcrypt(10), ms: BATCH_MS })
    schedule = new Schedule<Task>(estimates, 64)
    schedule.lanes.set('bcrypt', BATCH_MS.length)
    slot = schedule.addSlot(now)
    schedule.markReady(slot, now)
  })

  const offer = (cost: number, ms = DEADLINE_MS): boolean =>
    schedule.admit({ kind: bcrypt(cost), deadline: now + ms }, now)
  const serve = (cost: number, ms = DEADLINE_MS): boolean => {
    const isAdmitted = offer(cost, ms)
    schedule.dispatch(now)
    now = slot.freeAt
    schedule.finish(slot, now)
    return isAdmitted
  }
  /** Cheap checks until they have used as much of the thread as the costly one, and their turn is over. */
  const catchUp = (ms = DEADLINE_MS): boolean[] => Array.from({ length: 40 }, () => serve(10, ms))
  const queueUp = (ms = DEADLINE_MS): boolean[] =>
    [10, 10, 10].map((cost) => {
      const isAdmitted = offer(cost, ms)
      schedule.dispatch(now)
      return isAdmitted
    })

  it('learns nothing from a batch that was given up', () => {
    const expected = estimates.estimate(bcrypt(10), 1, now)
    expect(offer(10)).toBe(true)
    schedule.dispatch(now)
    schedule.finish(slot, now + 0.01, false)
    expect(estimates.estimate(bcrypt(10), 1, now)).toBe(expected)
    expect(offer(10)).toBe(true)
    schedule.dispatch(now)
    schedule.finish(slot, now + 0.01)
    expect(estimates.estimate(bcrypt(10), 1, now)).toBeLessThan(expected)
  })

  it('serves cheap checks after one that could not end in time', () => {
    expect(serve(10)).toBe(true)
    expect(offer(16)).toBe(false)
    expect(queueUp()).toEqual([true, true, true])
  })

  it('serves a cheap check that waits alone, despite the time reserved for another cost', () => {
    const ms = 2300
    expect(serve(15, ms)).toBe(true)
    expect(new Set(catchUp(ms))).toEqual(new Set([true]))
    expect(queueUp(ms)).toEqual([true, true, false])
  })

  it('reserves time for another cost for ten seconds', () => {
    const ms = 2300
    expect(serve(15, ms)).toBe(true)
    catchUp(ms)
    now += 10_000
    expect(queueUp(ms)).toEqual([true, true, true])
  })

  it('reserves no more time for a cost that was slow', () => {
    for (let i = 0; i < 20; i++) measure(estimates, 14, 1, 2 * 16 * BATCH_MS[0], 0)
    now = 60_000
    expect(serve(14)).toBe(true)
    expect(estimates.recentSlowdown(bcrypt(14), now)).toBeGreaterThan(1.7)
    catchUp()
    expect(queueUp()).toEqual([true, true, true])
  })

  it('counts a stall of two threads once', () => {
    const other = schedule.addSlot(now)
    schedule.markReady(other, now)
    offer(10)
    offer(10)
    expect(schedule.dispatch(now).start).toEqual([slot, other])
    now = 10_000
    for (const stalled of [slot, other]) schedule.finish(stalled, now)
    expect(estimates.estimate(bcrypt(10), 1, now)).toBeLessThan(1.5 * BATCH_MS[0])
  })

  it('expects an overdue batch to take as long again as it is overdue', () => {
    expect(offer(10)).toBe(true)
    schedule.dispatch(now)
    now = slot.freeAt + 1000
    expect(offer(10, 1000)).toBe(false)
    expect(offer(10, 1100)).toBe(true)
  })
})

describe('any load', () => {
  const stream = fc.record<Stream>({
    cost: fc.integer({ min: 8, max: 15 }),
    rate: fc.integer({ min: 1, max: 200 }),
    from: fc.integer({ min: 0, max: 2000 }),
    to: fc.integer({ min: 2000, max: 4000 }),
  })

  it('ends each check once, delays none past its deadline on a steady machine, and mixes no costs in a batch', () => {
    fc.assert(
      fc.property(
        fc.array(stream, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer(),
        (streams, threads, seed) => {
          const calls = simulate(underTest(threads), { threads, ms: 4000, streams, seed })
          expect(count(calls, 'waiting')).toBe(0)
          expect(count(calls, 'late')).toBe(0)
        },
      ),
      { numRuns: 50 },
    )
  })
})

describe('admission before the kind is known', () => {
  const setUp = (): { schedule: Schedule<Task>; slot: Slot<Task> } => {
    const estimates = new Estimates()
    estimates.calibrate({ kind: bcrypt(10), ms: [100] })
    const schedule = new Schedule<Task>(estimates, 64)
    const slot = schedule.addSlot(0)
    schedule.markReady(slot, 0)
    return { schedule, slot }
  }
  /** Offers checks that are all due at `deadline` until one is refused. */
  const fill = (schedule: Schedule<Task>, deadline: number, cost = 10): void => {
    while (schedule.admit({ kind: bcrypt(cost), deadline }, 0)) schedule.dispatch(0)
  }

  it('is closed after a refusal, for deadlines before the end that the refused check would have had', () => {
    const { schedule, slot } = setUp()
    expect(schedule.mayAdmit(0)).toBe(true)
    fill(schedule, 1000)
    expect([1000, 1010, 5000].map((deadline) => schedule.mayAdmit(deadline))).toEqual([
      false,
      false,
      true,
    ])
    schedule.finish(slot, 100)
    expect(schedule.mayAdmit(1000)).toBe(true)
  })

  it('is open again when a waiting check is withdrawn', () => {
    const { schedule } = setUp()
    fill(schedule, 1000)
    const waiting = { kind: bcrypt(10), deadline: 100_000 }
    expect(schedule.admit(waiting, 0)).toBe(true)
    fill(schedule, 1000)
    expect(schedule.mayAdmit(1000)).toBe(false)
    schedule.withdraw(waiting)
    expect(schedule.mayAdmit(1000)).toBe(true)
  })

  it('stays open while a check of another cost might be admitted', () => {
    const { schedule } = setUp()
    expect(schedule.admit({ kind: bcrypt(4), deadline: 1000 }, 0)).toBe(true)
    fill(schedule, 1000)
    expect(schedule.mayAdmit(1000)).toBe(true)
  })

  it('is closed at the limit', () => {
    const { schedule } = setUp()
    for (let i = 0; i < 65; i++) {
      expect(schedule.mayAdmit(1e9)).toBe(true)
      expect(schedule.admit({ kind: bcrypt(4), deadline: 1e9 }, 0)).toBe(true)
      schedule.dispatch(0)
    }
    expect(schedule.waiting).toBe(64)
    expect(schedule.mayAdmit(1e9)).toBe(false)
  })

  it('stays open after the refusal of a check that is too costly even alone', () => {
    const { schedule } = setUp()
    expect(schedule.admit({ kind: bcrypt(16), deadline: 1000 }, 0)).toBe(false)
    expect(schedule.mayAdmit(1000)).toBe(true)
  })
})

describe('a batch', () => {
  let schedule: Schedule<Task>
  let slots: Slot<Task>[]

  const calibrated = (ms: readonly number[]): Estimates => {
    const estimates = new Estimates()
    estimates.calibrate({ kind: bcrypt(10), ms })
    return estimates
  }
  const setUp = (threads: number, ms: readonly number[] = BATCH_MS): void => {
    schedule = new Schedule(calibrated(ms), 64)
    schedule.lanes.set('bcrypt', ms.length)
    slots = Array.from({ length: threads }, () => schedule.addSlot(0))
  }
  const offer = (cost = 10, deadline = 2500): Task => {
    const task = { kind: bcrypt(cost), deadline }
    expect(schedule.admit(task, 0)).toBe(true)
    return task
  }
  const start = (now = 0): number[] => {
    for (const slot of slots) schedule.markReady(slot, now)
    return schedule.dispatch(now).start.map(({ batch }) => batch.length)
  }

  beforeEach(() => setUp(2))

  it('takes one check at once where a thread is idle', () => {
    for (const slot of slots) schedule.markReady(slot, 0)
    offer()
    expect(schedule.dispatch(0).start.map(({ batch }) => batch.length)).toEqual([1])
    offer()
    expect(schedule.dispatch(0).start.map(({ batch }) => batch.length)).toEqual([1])
  })

  it.each([
    [1, [1]],
    [2, [1, 1]],
    [3, [2, 1]],
    [4, [2, 2]],
    [5, [3, 2]],
    [9, [5, 4]],
    [13, [6, 6]],
  ])('spreads %i checks over two idle threads as %j', (checks, widths) => {
    for (let i = 0; i < checks; i++) offer()
    expect(start()).toEqual(widths)
  })

  it('has one check where more would not pay off', () => {
    setUp(1, [50, 100, 150])
    for (let i = 0; i < 5; i++) offer()
    expect(start()).toEqual([1])
  })

  it('has no more checks than its core has lanes, whatever was measured', () => {
    setUp(1)
    schedule.lanes.set('bcrypt', 2).set('another', 6)
    for (let i = 0; i < 5; i++) offer()
    expect(start()).toEqual([2])
  })

  it('is narrow enough to leave time for another', () => {
    setUp(1, [500, 900, 1200, 1300])
    for (let i = 0; i < 4; i++) offer(10, 10_000)
    expect(start()).toEqual([3])
  })

  it('is narrower than one that takes too long, even if a wider one seems quicker', () => {
    setUp(1, [500, 900, 1300, 1200])
    for (let i = 0; i < 4; i++) offer(10, 10_000)
    expect(start()).toEqual([2])
  })

  it('holds checks of one cost', () => {
    setUp(1)
    offer(10)
    offer(12)
    offer(10)
    start()
    expect(slots[0]?.batch.map(({ kind }) => kind.cost)).toEqual([10, 10])
  })

  it('is narrower where its first check would be late otherwise', () => {
    setUp(1)
    const urgent = offer(10, 72)
    offer()
    offer()
    expect(start()).toEqual([2])
    expect(slots[0]?.batch).toContain(urgent)
  })

  it('leaves out and refuses a check that cannot end in time', () => {
    setUp(1)
    const urgent = offer(10, 72)
    offer()
    for (const slot of slots) schedule.markReady(slot, 20)
    const { start, refuse } = schedule.dispatch(20)
    expect(refuse).toEqual([urgent])
    expect(start.map(({ batch }) => batch.length)).toEqual([1])
  })

  it('takes checks in the order of their deadlines', () => {
    setUp(1)
    const later = offer(10, 2000)
    const sooner = offer(10, 1000)
    start()
    expect(slots[0]?.batch).toEqual([sooner, later])
  })
})

describe('admission', () => {
  const setUp = () => {
    const estimates = new Estimates()
    estimates.calibrate({ kind: bcrypt(10), ms: [50] })
    const schedule = new Schedule<Task>(estimates, 3)
    const slot = schedule.addSlot(0)
    schedule.markReady(slot, 0)
    return { schedule, slot }
  }

  it('refuses a check that would end after its deadline even alone', () => {
    const { schedule } = setUp()
    expect(schedule.admit({ kind: bcrypt(16), deadline: 2500 }, 0)).toBe(false)
    expect(schedule.waiting).toBe(0)
  })

  it('refuses a check beyond its limit, however soon it would end', () => {
    const { schedule } = setUp()
    const task = { kind: bcrypt(4), deadline: 2500 }
    expect([1, 2, 3, 4].map(() => schedule.admit({ ...task }, 0))).toEqual([
      true,
      true,
      true,
      false,
    ])
  })

  it('ignores a recent slowdown for a check that need not wait', () => {
    const estimates = new Estimates()
    estimates.calibrate({ kind: bcrypt(15), ms: [1600] })
    const schedule = new Schedule<Task>(estimates, 3)
    schedule.markReady(schedule.addSlot(0), 0)
    for (let i = 0; i < 20; i++) measure(estimates, 15, 1, 3200, 0)
    const now = 60_000
    expect(estimates.recentSlowdown(bcrypt(15), now)).toBeGreaterThan(1.5)
    expect(schedule.admit({ kind: bcrypt(15), deadline: now + 2500 }, now)).toBe(true)
  })

  it('forgets a withdrawn check, and returns whether it was still waiting', () => {
    const { schedule } = setUp()
    const [first, second] = [1, 2].map(() => ({ kind: bcrypt(10), deadline: 2500 }))
    for (const task of [first, second]) if (task) schedule.admit(task, 0)
    schedule.dispatch(0)
    expect([first, second].map((task) => task && schedule.withdraw(task))).toEqual([false, true])
    expect(schedule.waiting).toBe(0)
  })

  it('waits for a lost thread if it is replaced in time', () => {
    const { schedule, slot } = setUp()
    schedule.admit({ kind: bcrypt(10), deadline: 2500 }, 0)
    schedule.dispatch(0)
    expect(schedule.markLost(slot, 1000)).toHaveLength(1)
    expect(schedule.admit({ kind: bcrypt(10), deadline: 2500 }, 0)).toBe(true)
    schedule.markLost(slot, 30_000)
    expect(schedule.dispatch(0).refuse).toHaveLength(1)
    expect(schedule.admit({ kind: bcrypt(10), deadline: 2500 }, 0)).toBe(false)
  })
})
