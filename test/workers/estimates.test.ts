/** The estimates: measured or else extrapolated, quick to follow a change, and never stuck. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { Kind } from '../../src/passwords/family.ts'
import { Estimates } from '../../src/workers/estimates.ts'
import { measure } from '../support/simulation.ts'

let estimates: Estimates
const kind = (cost: number): Kind => ({ name: 'bcrypt', cost })

beforeEach(() => {
  estimates = new Estimates()
  estimates.calibrate({ kind: kind(5), ms: [2, 3] })
})

describe('an estimate', () => {
  it('doubles with each step of cost from the nearest measured cost', () => {
    expect([4, 5, 10].map((cost) => estimates.estimate(kind(cost), 1, 0))).toEqual([1, 2, 64])
    expect(estimates.estimate(kind(10), 2, 0)).toBe(96)
    measure(estimates, 10, 1, 50, 0)
    expect([10, 11, 9, 7].map((cost) => estimates.estimate(kind(cost), 1, 0))).toEqual([
      50, 100, 25, 8,
    ])
  })

  it('takes the fastest of several trials', () => {
    estimates.calibrate({ kind: kind(5), ms: [4, 2.5] })
    expect([1, 2].map((width) => estimates.estimate(kind(5), width, 0))).toEqual([2, 2.5])
  })

  it('follows a slower machine within a dozen batches, and a faster one too', () => {
    for (let i = 0; i < 12; i++) measure(estimates, 10, 1, 64, 0)
    for (let i = 0; i < 12; i++) measure(estimates, 10, 1, 192, 0)
    expect(estimates.estimate(kind(10), 1, 0)).toBeGreaterThan(170)
    for (let i = 0; i < 12; i++) measure(estimates, 10, 1, 64, 0)
    expect(estimates.estimate(kind(10), 1, 0)).toBeLessThan(70)
  })

  it('is moved little by a single stall', () => {
    measure(estimates, 10, 1, 64, 0)
    measure(estimates, 10, 1, 6400, 0)
    expect(estimates.estimate(kind(10), 1, 0)).toBe(80)
  })

  it('is moved little by a single stall of many threads', () => {
    for (let i = 0; i < 16; i++) {
      estimates.measure({ kind: kind(10), width: 1, ms: 6400, expected: 64 }, 0)
    }
    expect(estimates.estimate(kind(10), 1, 0)).toBeLessThan(128)
  })

  it('is Infinity before any trial, and ignores a batch that took no time', () => {
    expect(new Estimates().estimate(kind(10), 1, 0)).toBe(Infinity)
    estimates.measure({ kind: kind(10), width: 1, ms: 0, expected: 64 }, 0)
    expect(estimates.estimate(kind(10), 1, 0)).toBe(64)
  })

  it('of an unused width slows down along with the width in use', () => {
    const estimates = new Estimates()
    estimates.calibrate({ kind: kind(10), ms: [100, 120] })
    for (let i = 0; i < 20; i++) measure(estimates, 10, 2, 360, 0)
    expect(estimates.estimate(kind(10), 1, 0)).toBeGreaterThan(280)
    expect(estimates.estimate(kind(10), 2, 0) / estimates.estimate(kind(10), 1, 0)).toBeCloseTo(1.2)
    expect(estimates.estimate(kind(10), 1, 60_000)).toBeLessThan(110)
  })

  it('starts from the best trial, so that a slow machine does not make a check count as costly', () => {
    measure(estimates, 10, 1, 80, 0)
    expect(estimates.estimate(kind(10), 1, 600_000)).toBeCloseTo(64)
    measure(estimates, 10, 1, 60, 600_000)
    expect(estimates.estimate(kind(10), 1, 1_200_000)).toBeCloseTo(60)
  })

  it('of a costly check does not follow cheap ones, which a busy main thread makes late', () => {
    for (let i = 0; i < 20; i++) measure(estimates, 4, 1, 6, 0)
    expect(estimates.estimate(kind(4), 1, 0)).toBeGreaterThan(5)
    expect(estimates.estimate(kind(12), 1, 0)).toBeLessThanOrEqual(256)
  })

  it('fades to its best value, so that nothing is refused for ever', () => {
    measure(estimates, 14, 1, 1000, 0)
    for (let i = 0; i < 20; i++) measure(estimates, 14, 1, 9000, 0)
    expect(estimates.estimate(kind(14), 1, 0)).toBeGreaterThan(5000)
    expect(estimates.estimate(kind(14), 1, 80_000)).toBeLessThan(1200)
  })
})

describe('a recent slowdown', () => {
  const spell = (ms: number, at: number): void => {
    for (let i = 0; i < 20; i++) measure(estimates, 10, 1, ms, at)
  }

  it('is absent on a machine that was never slow', () => {
    spell(64, 0)
    expect(estimates.recentSlowdown(kind(10), 0)).toBe(1)
  })

  it('is as bad as the last one, and fades slowly', () => {
    spell(64, 0)
    spell(96, 0)
    expect(estimates.recentSlowdown(kind(10), 0)).toBeCloseTo(1, 1)
    spell(64, 1000)
    expect(estimates.recentSlowdown(kind(10), 1000)).toBeCloseTo(1.5, 1)
    expect(estimates.recentSlowdown(kind(10), 301_000)).toBeCloseTo(1.25, 1)
    expect(estimates.recentSlowdown(kind(10), 3_000_000)).toBeCloseTo(1, 2)
  })
})
