/** Decoys: as costly as the store's own hashes, and as steady. */
import { describe, expect, it } from 'vitest'
import { createDummyHashes, type DummyHashes } from '../../src/hook/dummy-hashes.ts'
import { inspect } from '../../src/passwords/registry.ts'

const BOUNDS = { bcryptCost: 14 }
const hashOf = (cost: number): string =>
  `$2b$${String(cost).padStart(2, '0')}$SeventyTwoBytesAreAll.o.4P3flD/Y.zmFP9t903r17N.wYlRFu`

/** A sample with so many hashes of each cost. */
const sampleOf = (shares: Readonly<Record<number, number>>): string[] =>
  Object.entries(shares).flatMap(([cost, n]) => Array<string>(n).fill(hashOf(Number(cost))))

const makeDecoy = (sample: readonly string[] = [], secret = 'a secret'): DummyHashes =>
  createDummyHashes({ secret, bounds: BOUNDS, sample: () => sample })

const LOGINS = Array.from({ length: 5000 }, (_, i) => `user${i}@example.com`)

const costsFrom = (decoy: DummyHashes): number[] =>
  LOGINS.map((login) => {
    const found = inspect(decoy.encodedFor(login), BOUNDS)
    return 'cost' in found ? found.cost : NaN
  })

const shareOf = (costs: readonly number[], cost: number): number =>
  costs.filter((other) => other === cost).length / costs.length

const changes = (before: readonly number[], after: readonly number[]): number =>
  before.filter((cost, i) => cost !== after[i]).length / before.length

describe('a decoy', () => {
  it('is a sound hash of the customary cost where nothing is known', () => {
    expect(new Set(costsFrom(makeDecoy()))).toEqual(new Set([10]))
  })

  it('has the costs of the store in their shares, and no other', () => {
    const costs = costsFrom(makeDecoy(sampleOf({ 8: 150, 10: 300, 12: 50 })))
    expect(new Set(costs)).toEqual(new Set([8, 10, 12]))
    expect(shareOf(costs, 8)).toBeCloseTo(0.3, 1)
    expect(shareOf(costs, 10)).toBeCloseTo(0.6, 1)
    expect(shareOf(costs, 12)).toBeCloseTo(0.1, 1)
  })

  it('is the same for a login at every replica and after every restart', () => {
    const sample = sampleOf({ 8: 250, 12: 250 })
    const costs = costsFrom(makeDecoy(sample))
    expect(costsFrom(makeDecoy(sample.toReversed()))).toEqual(costs)
    expect(changes(costs, costsFrom(makeDecoy(sample, 'another secret')))).toBeGreaterThan(0.4)
  })

  it('learns nothing from calls where there is a sample', () => {
    const decoy = makeDecoy(sampleOf({ 8: 250, 12: 250 }))
    const before = costsFrom(decoy)
    for (let i = 0; i < 1000; i++) decoy.saw(`person ${i}`, 12)
    expect(costsFrom(decoy)).toEqual(before)
  })

  it('follows the sample of the store that is there now', () => {
    let sample = sampleOf({ 8: 10 })
    const decoy = createDummyHashes({ secret: 'a secret', bounds: BOUNDS, sample: () => sample })
    expect(new Set(costsFrom(decoy))).toEqual(new Set([8]))
    sample = sampleOf({ 11: 10 })
    expect(new Set(costsFrom(decoy))).toEqual(new Set([11]))
  })

  it('rarely changes its cost as more accounts are seen', () => {
    const decoy = makeDecoy()
    for (let i = 0; i < 500; i++) decoy.saw(`person ${i}`, i % 2 === 0 ? 8 : 12)
    const before = costsFrom(decoy)
    for (let i = 0; i < 10; i++) decoy.saw(`another ${i}`, 12)
    expect(changes(before, costsFrom(decoy))).toBeLessThan(0.02)
  })

  it('learns from each account once, and not from one that is tried over and over', () => {
    const decoy = makeDecoy()
    decoy.saw('first', 8)
    for (let i = 0; i < 1000; i++) decoy.saw('victim', 14)
    for (const name of ['second', 'third']) decoy.saw(name, 12)
    const costs = costsFrom(decoy)
    expect(shareOf(costs, 8)).toBeCloseTo(0.25, 1)
    expect(shareOf(costs, 12)).toBeCloseTo(0.5, 1)
    expect(shareOf(costs, 14)).toBeCloseTo(0.25, 1)
  })

  it('tells most of a million accounts apart in an eighth of a megabyte', () => {
    const before = process.memoryUsage().arrayBuffers
    const decoy = makeDecoy()
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 18)
    for (let i = 0; i < 20_000; i++) decoy.saw(`person ${i}`, i < 10_000 ? 8 : 12)
    expect(shareOf(costsFrom(decoy), 12)).toBeCloseTo(0.5, 1)
  })

  it('has no cost of a damaged hash, or of one over the ceiling', () => {
    const sample = ['', 'x', hashOf(8).slice(0, 50), hashOf(15), hashOf(9)]
    expect(new Set(costsFrom(makeDecoy(sample)))).toEqual(new Set([9]))
  })
})
