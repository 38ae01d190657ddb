/** The governor against a model of Okta's limits: it never exceeds them, and leaves nothing unused. */
import { describe, expect, it } from 'vitest'
import { Governor } from '../../src/okta/rate-limit/governor.ts'
import {
  reserveOf,
  simulate,
  WINDOW_MS,
  type Journey,
  type Run,
  type Scene,
} from '../support/limited-org.ts'
import { fc } from '../support/properties.ts'

const MAX_LATENCY_MS = 800

const latency = fc.integer({ min: 1, max: MAX_LATENCY_MS / 2 })

const journeysWith = (...outcomes: Journey['outcome'][]) =>
  fc
    .array(fc.record({ there: latency, back: latency, outcome: fc.constantFrom(...outcomes) }), {
      minLength: 20,
      maxLength: 200,
    })
    .map((journeys) => (n: number): Journey => {
      const journey = journeys[n % journeys.length]
      if (!journey) throw new RangeError('no journey')
      // At most one in four fails in the way that its record says.
      return n % 4 === 1 ? journey : { ...journey, outcome: 'answered' }
    })

const scene = {
  limit: fc.oneof(fc.integer({ min: 2, max: 15 }), fc.integer({ min: 2, max: 100 })),
  share: fc.constantFrom(1, 0.9, 0.5, 0.73),
  concurrency: fc.integer({ min: 1, max: 20 }),
  durationMs: fc.constant(2.5 * WINDOW_MS),
  skewMs: fc.integer({ min: -10 * WINDOW_MS, max: 10 * WINDOW_MS }),
  cutOffMs: fc.constant(0),
  journey: journeysWith('answered'),
  others: fc.constant<number[]>([]),
}

/** Where even the first request of a window is lost, one more must be sent: a share has room for both. */
const losses = {
  limit: fc.integer({ min: 6, max: 40 }),
  journey: journeysWith('answered', 'lost', 'unanswered'),
}

const othersOften = fc.array(fc.integer({ min: 0, max: 2.5 * WINDOW_MS }), {
  minLength: 10,
  maxLength: 60,
})

const check = (arbitrary: fc.Arbitrary<Scene>, holds: (run: Run, scene: Scene) => void): void =>
  fc.assert(
    fc.property(arbitrary, (drawn) => holds(simulate(drawn), drawn)),
    { numRuns: 150 },
  )

const expectWithinShare = ({ ours }: Run, { limit, share }: Scene, more = 0): void => {
  const quota = Math.min(Math.floor(limit * share), limit - reserveOf(limit)) + more
  for (const used of ours.values()) expect(used).toBeLessThanOrEqual(quota)
}

/** The end of a window is known to the second, and only after the time that an answer takes. */
const MAX_IDLE_MS = 1000 + MAX_LATENCY_MS

describe('a client that is alone in its bucket', () => {
  it('is never refused, never over its share, and never idle for long', () => {
    check(fc.record(scene), (run, drawn) => {
      expectWithinShare(run, drawn)
      expect(run).toMatchObject({ refused: 0, overspent: 0 })
      expect(run.longestIdleMs).toBeLessThanOrEqual(MAX_IDLE_MS)
    })
  })

  it('is never refused, over its share or idle for long where answers are lost either', () => {
    check(fc.record({ ...scene, ...losses }), (run, drawn) => {
      expectWithinShare(run, drawn)
      expect(run).toMatchObject({ refused: 0, overspent: 0 })
      expect(run.longestIdleMs).toBeLessThanOrEqual(MAX_IDLE_MS)
    })
  })

  it('is at most one request early in each window where Reset is cut off to the second', () => {
    check(fc.record({ ...scene, cutOffMs: fc.integer({ min: 0, max: 999 }) }), (run, drawn) => {
      expectWithinShare(run, drawn, 1)
      expect(run.refused).toBeLessThanOrEqual(3)
      expect(run.longestIdleMs).toBeLessThanOrEqual(MAX_IDLE_MS)
    })
  })
})

describe('a client alone in a bucket whose Reset is rounded up in one answer and down in the next', () => {
  const rounding = {
    ...scene,
    limit: fc.integer({ min: 20, max: 100 }),
    cutOffMs: fc.integer({ min: 1, max: 999 }),
    roundsUp: fc.func(fc.boolean()),
  }

  it('uses no more than its share of a window', () => {
    check(fc.record(rounding), (run, drawn) => {
      expectWithinShare(run, drawn, 1)
      expect(run.refused).toBeLessThanOrEqual(3)
      expect(run.longestIdleMs).toBeLessThanOrEqual(MAX_IDLE_MS + 1000)
    })
  })
})

describe('a client with others in its bucket', () => {
  it('never sends a request that the answers leave no room for, and is never idle for long', () => {
    const arbitrary = fc.record({ ...scene, ...losses, others: othersOften })
    check(arbitrary, (run, drawn) => {
      expectWithinShare(run, drawn)
      expect(run.overspent).toBe(0)
      expect(run.longestIdleMs).toBeLessThanOrEqual(MAX_IDLE_MS)
    })
  })
})

describe('600 requests a minute', () => {
  it.each([
    [0.9, 10, 150],
    [0.9, 10, 600],
    [0.5, 10, 300],
  ])(
    'at a share of %d, with %i at once and %i ms each, are used to 98 %',
    (share, concurrency, ms) => {
      const minutes = 4
      const run = simulate({
        limit: 600,
        share,
        concurrency,
        durationMs: minutes * WINDOW_MS,
        skewMs: -123_456,
        cutOffMs: 0,
        journey: (n) => ({
          there: ms / 2,
          back: (ms / 2) * (0.5 + (n % 11) / 10),
          outcome: 'answered',
        }),
        others: [],
      })
      const whole = [...run.ours.values()].slice(1, -1)
      const used = whole.reduce((sum, n) => sum + n, 0)
      expect(run.refused).toBe(0)
      expect(used / (whole.length * 600 * share)).toBeGreaterThanOrEqual(0.98)
      expect(Math.max(...whole)).toBeLessThanOrEqual(600 * share)
    },
  )
})

/** Fills one window after another with requests that are answered at once; `answer` says how. */
const fillWindows = (
  windows: number,
  limit: number,
  refusedFrom: (window: number) => number,
  remainingAtRefusal: number,
): number[] => {
  const governor = new Governor({ share: 0.9, maxConcurrency: 1 })
  const counts: number[] = []
  for (let window = 0; window < windows; window++) {
    const start = window * WINDOW_MS
    const reset = (start + WINDOW_MS) / 1000
    let used = 0
    // Well past the second in which a window may still be open, and the pause after a refusal.
    const now = start + 5_000
    while (!governor.delay('b', now)) {
      const permit = governor.admit('b', now)
      const isRefused = used >= refusedFrom(window)
      if (!isRefused) used++
      const remaining = isRefused ? remainingAtRefusal : limit - used
      const rate = { limit, remaining, reset, date: now / 1000 }
      governor.release(permit, now, rate, isRefused ? 'rate' : undefined)
    }
    counts.push(used)
  }
  return counts
}

describe('a limit that no header shows', () => {
  const once = (at: number) => (window: number) => (window === 0 ? at : Infinity)

  it('halves the share of the next windows, and is forgotten after ten quiet ones', () => {
    const counts = fillWindows(13, 600, once(100), 400)
    expect(counts).toEqual([100, ...Array<number>(10).fill(270), 540, 540])
  })

  it('halves it again where it shows again, and is forgotten ten windows later', () => {
    const twice = (window: number): number => (window < 2 ? 100 : Infinity)
    expect(fillWindows(14, 600, twice, 400)).toEqual([
      100,
      100,
      ...Array<number>(10).fill(135),
      540,
      540,
    ])
  })

  it('is not assumed where the header says that nothing is left', () => {
    expect(fillWindows(3, 600, once(100), 0)).toEqual([100, 540, 540])
  })

  it('never reduces the share to zero, however often it shows', () => {
    const counts = fillWindows(40, 600, () => 1, 400)
    expect(new Set(counts)).toEqual(new Set([1]))
    expect(
      fillWindows(60, 600, (window) => (window < 40 ? 1 : Infinity), 400).slice(40, 51),
    ).toEqual([...Array<number>(10).fill(30), 540])
  })

  it('counts once where many requests are refused together', () => {
    const governor = new Governor({ share: 0.9, maxConcurrency: 20 })
    const rateLimit = (limit: number, remaining: number, reset: number) => ({
      limit,
      remaining,
      reset,
      date: 0,
    })
    governor.release(governor.admit('b', 0), 0, rateLimit(100, 99, 60))
    const refused = Array.from({ length: 15 }, () => governor.admit('b', 1))
    for (const permit of refused) governor.release(permit, 2, rateLimit(100, 50, 60), 'rate')
    let sent = 0
    for (let now = 70_000; !governor.delay('b', now); sent++) {
      governor.release(governor.admit('b', now), now, rateLimit(100, 99 - sent, 130))
    }
    expect(sent).toBe(45)
  })

  it('is not assumed after a refusal for concurrency', () => {
    const governor = new Governor({ share: 0.9, maxConcurrency: 4 })
    const rate = { limit: 0, remaining: 0, reset: 60, date: 0 }
    governor.release(governor.admit('b', 0), 0, rate, 'concurrency')
    let sent = 0
    for (let now = 70_000; !governor.delay('b', now); sent++) {
      const answer = { limit: 100, remaining: 99 - sent, reset: 130, date: 70 }
      governor.release(governor.admit('b', now), now, answer)
    }
    expect(sent).toBeGreaterThanOrEqual(89)
  })
})
