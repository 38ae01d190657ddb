/** The governor against a model of Okta's limits: never over them, and nothing left unused. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { simulate, WINDOW_MS, type Journey, type Run, type Scene } from '../support/limited-org.ts'

const MAX_LATENCY_MS = 800

const latency = fc.integer({ min: 1, max: MAX_LATENCY_MS / 2 })

const journeysWith = (...fates: Journey['fate'][]) =>
  fc
    .array(fc.record({ there: latency, back: latency, fate: fc.constantFrom(...fates) }), {
      minLength: 20,
      maxLength: 200,
    })
    .map((journeys) => (n: number): Journey => {
      const journey = journeys[n % journeys.length]
      if (!journey) throw new RangeError('no journey')
      // One in four at most has the bad end that its record says.
      return n % 4 === 1 ? journey : { ...journey, fate: 'answered' }
    })

const scene = {
  limit: fc.oneof(fc.integer({ min: 2, max: 15 }), fc.integer({ min: 2, max: 100 })),
  share: fc.constantFrom(1, 0.5, 0.73),
  concurrency: fc.integer({ min: 1, max: 20 }),
  durationMs: fc.constant(2.5 * WINDOW_MS),
  skewMs: fc.integer({ min: -10 * WINDOW_MS, max: 10 * WINDOW_MS }),
  cutOffMs: fc.constant(0),
  journey: journeysWith('answered'),
  others: fc.constant<number[]>([]),
}

/** Where even the first request of a window is lost, one more must go: a share has room for both. */
const losses = {
  limit: fc.integer({ min: 6, max: 40 }),
  journey: journeysWith('answered', 'lost', 'unheard'),
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
  const quota = Math.floor(limit * share) + more
  for (const used of ours.values()) expect(used).toBeLessThanOrEqual(quota)
}

/** The end of a window is known to a second, and no sooner than an answer takes to come. */
const MAX_IDLE_MS = 1000 + MAX_LATENCY_MS

describe('alone in its bucket', () => {
  it('is never refused, never over its share, and never idle for long', () => {
    check(fc.record(scene), (run, drawn) => {
      expectWithinShare(run, drawn)
      expect(run).toMatchObject({ refused: 0, overspent: 0 })
      expect(run.longestIdleMs).toBeLessThanOrEqual(MAX_IDLE_MS)
    })
  })

  it('nor where answers are lost', () => {
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

describe('beside others in its bucket', () => {
  it('never sends what no answer leaves room for, and is never idle for long', () => {
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
    [1, 10, 150],
    [1, 10, 600],
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
          fate: 'answered',
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
