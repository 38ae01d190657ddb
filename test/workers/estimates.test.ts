/** The estimates: measured, scaled where nothing was, quick to follow, and never stuck. */
import { beforeEach, describe, expect, it } from 'vitest'
import { Estimates } from '../../src/workers/estimates.ts'
import { measure } from '../support/simulation.ts'

let pace: Estimates
beforeEach(() => {
  pace = new Estimates()
  pace.calibrate({ cost: 5, ms: [2, 3] })
})

describe('an estimate', () => {
  it('doubles with each step of cost from the nearest that was measured', () => {
    expect([4, 5, 10].map((cost) => pace.estimate(cost, 1, 0))).toEqual([1, 2, 64])
    expect(pace.estimate(10, 2, 0)).toBe(96)
    measure(pace, 10, 1, 50, 0)
    expect([10, 11, 9, 7].map((cost) => pace.estimate(cost, 1, 0))).toEqual([50, 100, 25, 8])
  })

  it('takes the fastest of several trials', () => {
    pace.calibrate({ cost: 5, ms: [4, 2.5] })
    expect([1, 2].map((width) => pace.estimate(5, width, 0))).toEqual([2, 2.5])
  })

  it('follows a slower machine within a dozen batches, and a faster one too', () => {
    for (let i = 0; i < 12; i++) measure(pace, 10, 1, 64, 0)
    for (let i = 0; i < 12; i++) measure(pace, 10, 1, 192, 0)
    expect(pace.estimate(10, 1, 0)).toBeGreaterThan(170)
    for (let i = 0; i < 12; i++) measure(pace, 10, 1, 64, 0)
    expect(pace.estimate(10, 1, 0)).toBeLessThan(70)
  })

  it('is moved little by a single stall', () => {
    measure(pace, 10, 1, 64, 0)
    measure(pace, 10, 1, 6400, 0)
    expect(pace.estimate(10, 1, 0)).toBe(80)
  })

  it('is moved little by a single stall of many threads', () => {
    for (let i = 0; i < 16; i++) {
      pace.measure({ cost: 10, width: 1, ms: 6400, expected: 64 }, 0)
    }
    expect(pace.estimate(10, 1, 0)).toBeLessThan(128)
  })

  it('is Infinity before any trial, and not moved by what took no time', () => {
    expect(new Estimates().estimate(10, 1, 0)).toBe(Infinity)
    pace.measure({ cost: 10, width: 1, ms: 0, expected: 64 }, 0)
    expect(pace.estimate(10, 1, 0)).toBe(64)
  })

  it('of what was not measured lately is as slow as what was, so that a width in use looks no worse', () => {
    const pace = new Estimates()
    pace.calibrate({ cost: 10, ms: [100, 120] })
    for (let i = 0; i < 20; i++) measure(pace, 10, 2, 360, 0)
    expect(pace.estimate(10, 1, 0)).toBeGreaterThan(280)
    expect(pace.estimate(10, 2, 0) / pace.estimate(10, 1, 0)).toBeCloseTo(1.2)
    expect(pace.estimate(10, 1, 60_000)).toBeLessThan(110)
  })

  it('is of the best there was: what was slow while it was measured is not taken to be costly', () => {
    measure(pace, 10, 1, 80, 0)
    expect(pace.estimate(10, 1, 600_000)).toBeCloseTo(64)
    measure(pace, 10, 1, 60, 600_000)
    expect(pace.estimate(10, 1, 1_200_000)).toBeCloseTo(60)
  })

  it('of a costly check is not that of cheap ones, which a busy main thread makes late', () => {
    for (let i = 0; i < 20; i++) measure(pace, 4, 1, 6, 0)
    expect(pace.estimate(4, 1, 0)).toBeGreaterThan(5)
    expect(pace.estimate(12, 1, 0)).toBeLessThanOrEqual(256)
  })

  it('fades towards the best, so that nothing is refused for ever', () => {
    measure(pace, 14, 1, 1000, 0)
    for (let i = 0; i < 20; i++) measure(pace, 14, 1, 9000, 0)
    expect(pace.estimate(14, 1, 0)).toBeGreaterThan(5000)
    expect(pace.estimate(14, 1, 80_000)).toBeLessThan(1200)
  })
})

describe('a relapse', () => {
  const spell = (ms: number, at: number): void => {
    for (let i = 0; i < 20; i++) measure(pace, 10, 1, ms, at)
  }

  it('is not expected of a machine that was never slow', () => {
    spell(64, 0)
    expect(pace.relapse(10, 0)).toBe(1)
  })

  it('is expected to be as bad as the last time, until that is long ago', () => {
    spell(64, 0)
    spell(96, 0)
    expect(pace.relapse(10, 0)).toBeCloseTo(1, 1)
    spell(64, 1000)
    expect(pace.relapse(10, 1000)).toBeCloseTo(1.5, 1)
    expect(pace.relapse(10, 301_000)).toBeCloseTo(1.25, 1)
    expect(pace.relapse(10, 3_000_000)).toBeCloseTo(1, 2)
  })
})
