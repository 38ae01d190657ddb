/** Checks that need a lot of memory wait for each other, and none of them waits for good. */
import { describe, expect, it } from 'vitest'
import type { Kind } from '../../src/passwords/family.ts'
import type { Task } from '../../src/workers/batch.ts'
import { Estimates } from '../../src/workers/estimates.ts'
import { mibOf, type Slot } from '../../src/workers/play-forward.ts'
import { Schedule } from '../../src/workers/schedule.ts'
import { fc } from '../support/properties.ts'

const SMALL: Kind = { name: 'argon2', cost: 15, mib: 19 }
const LARGE: Kind = { name: 'argon2', cost: 17, mib: 100 }
const NONE: Kind = { name: 'bcrypt', cost: 10 }
const KINDS = [SMALL, LARGE, NONE]

const MS: Readonly<Record<string, number>> = { argon2: 20, bcrypt: 60 }
const msOf = ({ name, cost }: Kind): number =>
  (MS[name] ?? 0) * 2 ** (cost - (name === 'bcrypt' ? 10 : 15))

interface Call extends Task {
  readonly arrivedAt: number
  endedAt?: number
  isRefused?: boolean
}

/** A machine on which batches take as long as estimated. @returns the calls, and the most memory in use at once */
const simulate = (calls: readonly Call[], threads: number, maxMib: number) => {
  const estimates = new Estimates()
  for (const kind of KINDS) estimates.calibrate({ kind, ms: [msOf(kind)] })
  const schedule = new Schedule<Call>(estimates, 1000, maxMib)
  const slots: Slot<Call>[] = Array.from({ length: threads }, () => schedule.addSlot(0))
  for (const slot of slots) schedule.markReady(slot, 0)
  const events: { at: number; run: (at: number) => void }[] = calls.map((call) => ({
    at: call.arrivedAt,
    run: (at) => {
      call.isRefused = !schedule.admit(call, at)
    },
  }))
  let peakMib = 0
  const dispatch = (now: number): void => {
    const { start, refuse } = schedule.dispatch(now)
    for (const call of refuse) call.isRefused = true
    for (const slot of start) {
      const at = now + msOf(slot.batch[0]?.kind ?? NONE)
      events.push({
        at,
        run: () => schedule.finish(slot, at).forEach((call) => (call.endedAt = at)),
      })
    }
    peakMib = Math.max(
      peakMib,
      slots.reduce((sum, slot) => sum + mibOf(slot), 0),
    )
  }
  while (events.length > 0) {
    const next = events.reduce((first, event) => (event.at < first.at ? event : first))
    events.splice(events.indexOf(next), 1)
    next.run(next.at)
    dispatch(next.at)
  }
  return { calls, peakMib }
}

const stream = (kind: Kind, everyMs: number, count: number, from = 0): Call[] =>
  Array.from({ length: count }, (_, i) => {
    const arrivedAt = from + i * everyMs
    return { kind, arrivedAt, deadline: arrivedAt + 2_500 }
  })

const refused = (calls: readonly Call[], kind: Kind): number =>
  calls.filter((call) => call.kind === kind && call.isRefused).length

const call = fc.record({
  kind: fc.constantFrom(...KINDS),
  arrivedAt: fc.integer({ min: 0, max: 2_000 }),
  patienceMs: fc.integer({ min: 50, max: 2_500 }),
})

describe('checks that need memory', () => {
  it('never take more than there is, and end in time or are refused', () => {
    fc.assert(
      fc.property(
        fc.array(call, { maxLength: 60 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 100, max: 260 }),
        (arrivals, threads, maxMib) => {
          const calls = arrivals.map(({ kind, arrivedAt, patienceMs }) => ({
            ...{ kind, arrivedAt },
            deadline: arrivedAt + patienceMs,
          }))
          const { peakMib } = simulate(calls, threads, maxMib)
          expect(peakMib).toBeLessThanOrEqual(maxMib)
          for (const { endedAt, deadline, isRefused } of calls as Call[]) {
            if (isRefused) expect(endedAt).toBeUndefined()
            else expect(endedAt).toBeLessThanOrEqual(deadline)
          }
        },
      ),
    )
  })

  it('run beside each other where they fit', () => {
    const { calls, peakMib } = simulate(stream(LARGE, 0, 4), 4, 200)
    expect(peakMib).toBe(200)
    expect(calls.map(({ endedAt }) => endedAt)).toEqual([80, 80, 160, 160])
  })

  it('do not keep a larger one waiting, however many smaller ones come', () => {
    const { calls } = simulate([...stream(SMALL, 6, 1_500), ...stream(LARGE, 900, 10, 5)], 4, 110)
    const late = calls.filter(
      ({ kind, endedAt = Infinity, arrivedAt }) => kind === LARGE && endedAt - arrivedAt > 500,
    )
    expect(late).toEqual([])
    expect(refused(calls, LARGE)).toBe(0)
  })

  it('leave the other threads to checks that need none', () => {
    const { calls } = simulate([...stream(LARGE, 0, 6), ...stream(NONE, 30, 20)], 2, 100)
    expect(refused(calls, NONE)).toBe(0)
    const waits = calls
      .filter(({ kind }) => kind === NONE)
      .map(({ endedAt = 0, arrivedAt }) => endedAt - arrivedAt)
    expect(Math.max(...waits)).toBeLessThan(1_000)
  })

  it('are refused at once where one alone would not fit', () => {
    const { calls } = simulate(stream(LARGE, 10, 3), 2, 99)
    expect(refused(calls, LARGE)).toBe(3)
  })
})
