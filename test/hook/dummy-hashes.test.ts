/** Dummy hashes: as costly as the store's own, and the same from call to call. */
import { describe, expect, it } from 'vitest'
import { createDummyHashes, type DummyHashes } from '../../src/hook/dummy-hashes.ts'
import { DEFAULT_HASHES, inspect } from '../../src/passwords/registry.ts'
import { keyOf } from '../../src/passwords/family.ts'
import { planOf } from '../support/passwords.ts'

const BOUNDS = { ...DEFAULT_HASHES, bcryptCost: 14 }
const inspectWithin = (encoded: string) => inspect(encoded, BOUNDS)
const hashOf = (cost: number): string =>
  `$2b$${String(cost).padStart(2, '0')}$SeventyTwoBytesAreAll.o.4P3flD/Y.zmFP9t903r17N.wYlRFu`

/** A sample with so many hashes of each cost. */
const sampleOf = (shares: Readonly<Record<number, number>>): string[] =>
  Object.entries(shares).flatMap(([cost, n]) => Array<string>(n).fill(hashOf(Number(cost))))

const makeDummies = (sample: readonly string[] = [], secret = 'a secret'): DummyHashes =>
  createDummyHashes({ secret, inspect: inspectWithin, sample: () => sample })

const LOGINS = Array.from({ length: 5000 }, (_, i) => `user${i}@example.com`)

const costsFrom = (dummies: DummyHashes): number[] =>
  LOGINS.map((login) => {
    const { kind, salt, want } = dummies.planFor(login)
    // The lengths are right, and no account has this hash.
    expect([salt, want]).toEqual([new Uint8Array(16), new Uint8Array(23)])
    return kind.cost
  })

const shareOf = (costs: readonly number[], cost: number): number =>
  costs.filter((other) => other === cost).length / costs.length

const changes = (before: readonly number[], after: readonly number[]): number =>
  before.filter((cost, i) => cost !== after[i]).length / before.length

describe('a dummy hash', () => {
  it("has bcrypt's usual cost where nothing is known", () => {
    expect(new Set(costsFrom(makeDummies()))).toEqual(new Set([10]))
  })

  it('has the costs of the store in the same proportions, and no others', () => {
    const costs = costsFrom(makeDummies(sampleOf({ 8: 150, 10: 300, 12: 50 })))
    expect(new Set(costs)).toEqual(new Set([8, 10, 12]))
    expect(shareOf(costs, 8)).toBeCloseTo(0.3, 1)
    expect(shareOf(costs, 10)).toBeCloseTo(0.6, 1)
    expect(shareOf(costs, 12)).toBeCloseTo(0.1, 1)
  })

  it('is the same for a login at every replica and after every restart', () => {
    const sample = sampleOf({ 8: 250, 12: 250 })
    const costs = costsFrom(makeDummies(sample))
    expect(costsFrom(makeDummies(sample.toReversed()))).toEqual(costs)
    expect(changes(costs, costsFrom(makeDummies(sample, 'another secret')))).toBeGreaterThan(0.4)
  })

  it('does not depend on calls where there is a sample', () => {
    const dummies = makeDummies(sampleOf({ 8: 250, 12: 250 }))
    const before = costsFrom(dummies)
    for (let i = 0; i < 1000; i++) dummies.observe(`person ${i}`, planOf(hashOf(12)))
    expect(costsFrom(dummies)).toEqual(before)
  })

  it('follows the sample of the store that is there now', () => {
    let sample = sampleOf({ 8: 10 })
    const dummies = createDummyHashes({
      secret: 'a secret',
      inspect: inspectWithin,
      sample: () => sample,
    })
    expect(new Set(costsFrom(dummies))).toEqual(new Set([8]))
    sample = sampleOf({ 11: 10 })
    expect(new Set(costsFrom(dummies))).toEqual(new Set([11]))
  })

  it('rarely changes its cost as more accounts are seen', () => {
    const dummies = makeDummies()
    for (let i = 0; i < 500; i++)
      dummies.observe(`person ${i}`, planOf(hashOf(i % 2 === 0 ? 8 : 12)))
    const before = costsFrom(dummies)
    for (let i = 0; i < 10; i++) dummies.observe(`another ${i}`, planOf(hashOf(12)))
    expect(changes(before, costsFrom(dummies))).toBeLessThan(0.02)
  })

  it('takes each account into account once, however often it is tried', () => {
    const dummies = makeDummies()
    dummies.observe('first', planOf(hashOf(8)))
    for (let i = 0; i < 1000; i++) dummies.observe('victim', planOf(hashOf(14)))
    for (const name of ['second', 'third']) dummies.observe(name, planOf(hashOf(12)))
    const costs = costsFrom(dummies)
    expect(shareOf(costs, 8)).toBeCloseTo(0.25, 1)
    expect(shareOf(costs, 12)).toBeCloseTo(0.5, 1)
    expect(shareOf(costs, 14)).toBeCloseTo(0.25, 1)
  })

  it('distinguishes most of a million accounts in an eighth of a megabyte', () => {
    const before = process.memoryUsage().arrayBuffers
    const dummies = makeDummies()
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 18)
    for (let i = 0; i < 20_000; i++)
      dummies.observe(`person ${i}`, planOf(hashOf(i < 10_000 ? 8 : 12)))
    expect(shareOf(costsFrom(dummies), 12)).toBeCloseTo(0.5, 1)
  })

  it('never has the cost of a damaged hash, or of one over the maximum', () => {
    const sample = ['', 'x', hashOf(8).slice(0, 50), hashOf(15), hashOf(9)]
    expect(new Set(costsFrom(makeDummies(sample)))).toEqual(new Set([9]))
  })
})

describe('the dummy hashes of a mixed store', () => {
  const ARGON2 = `$argon2id$v=19$m=65536,t=3,p=4$${'c2FsdA'.repeat(4)}$${'A'.repeat(43)}`
  const PBKDF2 = `pbkdf2_sha256$870000$salt$${'A'.repeat(43)}=`
  const LDAP = `{SSHA}${'A'.repeat(32)}`
  const mixed = [...sampleOf({ 10: 200 }), ...Array<string>(100).fill(ARGON2)]
  const sample = [...mixed, ...Array<string>(100).fill(PBKDF2), ...Array<string>(100).fill(LDAP)]
  const dummies = makeDummies([...sample, 'damaged', ''])
  const plans = LOGINS.map((login) => dummies.planFor(login))

  it.each([
    [hashOf(10), 0.4],
    [ARGON2, 0.2],
    [PBKDF2, 0.2],
    [LDAP, 0.2],
  ])('are of the kind of %s in its share, of the same work and memory', (encoded, share) => {
    const real = planOf(encoded)
    const drawn = plans.filter(({ kind }) => keyOf(kind) === keyOf(real.kind))
    expect(drawn.length / plans.length).toBeCloseTo(share, 1)
    // All but the salt and the hash, which are as long and belong to nobody.
    const { salt, want } = real
    const [empty, none] = [new Uint8Array(salt.length), new Uint8Array(want.length)]
    for (const plan of drawn) expect(plan).toEqual({ ...real, salt: empty, want: none })
  })
})
