/** A second hash family and its core, from the encoded string to the threads: the design is not tied to bcrypt. */
import { hashSync } from 'bcryptjs'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { createDummyHashes } from '../../src/hook/dummy-hashes.ts'
import { CORES, createEngine } from '../../src/passwords/engine.ts'
import type { Inspection, Kind, Plan } from '../../src/passwords/family.ts'
import { DEFAULT_HASHES, FAMILIES, inspectAs } from '../../src/passwords/registry.ts'
import { Estimates } from '../../src/workers/estimates.ts'
import { WorkerPool } from '../../src/workers/pool.ts'
import { Schedule } from '../../src/workers/schedule.ts'
import { encodeDigest, roundsDigest, roundsDigestCore } from '../support/rounds-digest.ts'

/** Its own name is none of the table's. */
const nameOf = ({ name }: Kind): string => name

const PASSWORD = 'open sesame'
const DIGEST = encodeDigest(PASSWORD, 1000)
const BCRYPT = hashSync(PASSWORD, 4)

const inspect = (encoded: string): Inspection =>
  inspectAs([...FAMILIES, roundsDigest], encoded, { ...DEFAULT_HASHES, bcryptCost: 4 })

const planOf = (encoded: string): Plan => {
  const found = inspect(encoded)
  if ('flaw' in found) throw new TypeError(found.flaw)
  return found
}

describe('the second family in the table of families', () => {
  it.each([
    [DIGEST, undefined],
    [BCRYPT, undefined],
    [`${DIGEST}  `, 'padded'],
    [DIGEST.slice(0, -1), 'truncated'],
    [DIGEST.slice(0, -64), 'truncated'],
    [`${DIGEST}0`, 'malformed'],
    [BCRYPT.replace('$04$', '$05$'), 'out_of_bounds'],
    [DIGEST.slice(1), 'unrecognised'],
  ])('%s has the flaw %s', (encoded, flaw) => {
    const found = inspect(encoded)
    expect('flaw' in found ? found.flaw : undefined).toBe(flaw)
  })

  it('has a kind of its own, in quarter steps', () => {
    expect(planOf(DIGEST).kind).toEqual({ name: 'rounds-digest', cost: 10 })
    expect(planOf(encodeDigest(PASSWORD, 1200)).kind.cost).toBe(10.25)
  })
})

describe('the second family in the engine', () => {
  const engine = createEngine([...CORES, roundsDigestCore])

  it.each([
    [PASSWORD, 'match'],
    ['open barley', 'mismatch'],
  ])('"%s" is a %s', (password, outcome) => {
    for (const encoded of [DIGEST, BCRYPT]) {
      expect(engine.verify([{ plan: planOf(encoded), password }])).toEqual([outcome])
    }
  })

  it('has its own lanes, and shares no batch with another kind', () => {
    const [digest, bcrypt] = [DIGEST, BCRYPT].map((encoded) => ({
      plan: planOf(encoded),
      password: PASSWORD,
    }))
    if (!digest || !bcrypt) throw new TypeError('no checks')
    expect(engine.verify([bcrypt, bcrypt])).toEqual(['match', 'match'])
    expect(() => engine.verify([digest, digest])).toThrow('2 checks for 1 lanes')
    expect(() => engine.verify([bcrypt, digest])).toThrow('different kinds')
    expect(() => createEngine(CORES).verify([digest])).toThrow('no core computes rounds-digest')
  })

  it('is not used where its answers are wrong', () => {
    const wrong = roundsDigestCore.known.map(({ plan }) => ({ plan, password: 'another' }))
    for (const known of [wrong, []]) {
      const found = createEngine([...CORES, { ...roundsDigestCore, known }])
      expect(found.cores.map(({ computes }) => computes)).not.toContain('rounds-digest')
      expect(found.missing).toEqual([
        { computes: 'rounds-digest', why: expect.stringContaining('self-test') as string },
      ])
    }
  })
})

it('the second family is estimated from its own trials alone, even at a cost that another family has too', () => {
  const [digest, bcrypt] = ['rounds-digest', 'bcrypt'].map((name) => (cost: number) => ({
    name,
    cost,
  }))
  if (!digest || !bcrypt) throw new TypeError('no kinds')
  const estimates = new Estimates()
  estimates.calibrate({ kind: bcrypt(5), ms: [2] })
  expect(estimates.estimate(digest(5), 1, 0)).toBe(Infinity)
  estimates.calibrate({ kind: digest(5), ms: [0.5] })
  expect(estimates.estimate(digest(6.25), 1, 0)).toBe(0.5 * 2 ** 1.25)
  for (let i = 0; i < 20; i++)
    estimates.measure({ kind: bcrypt(5), width: 1, ms: 6, expected: 6 }, 0)
  expect(estimates.estimate(digest(5), 1, 0)).toBe(0.5)
  expect(estimates.recentSlowdown(digest(5), 10_000)).toBe(1)
})

it('the second family is scheduled in batches of its own, as wide as its core has lanes', () => {
  const estimates = new Estimates()
  const schedule = new Schedule<{ kind: Plan['kind']; deadline: number }>(estimates, 64)
  for (const [name, lanes] of [
    ['bcrypt', 6],
    ['rounds-digest', 1],
  ] as const) {
    schedule.lanes.set(name, lanes)
    estimates.calibrate({
      kind: { name, cost: 10 },
      ms: Array.from({ length: lanes }, () => 50),
    })
  }
  const slot = schedule.addSlot(0)
  schedule.markReady(slot, 0)
  for (const name of [
    'bcrypt',
    'rounds-digest',
    'bcrypt',
    'rounds-digest',
    'bcrypt',
  ] as 'bcrypt'[]) {
    expect(schedule.admit({ kind: { name, cost: 10 }, deadline: 2500 }, 0)).toBe(true)
  }
  const batches: string[][] = []
  for (let now = 0; schedule.waiting > 0; now = slot.freeAt) {
    schedule.dispatch(now)
    batches.push(slot.batch.map(({ kind }) => kind.name))
    schedule.finish(slot, slot.freeAt)
  }
  expect(batches).toEqual([['bcrypt', 'bcrypt', 'bcrypt'], ['rounds-digest'], ['rounds-digest']])
})

it('the second family is checked by threads that have its core, along with bcrypt', async () => {
  const pool = await WorkerPool.start({
    size: 1,
    queueLimit: 64,
    clock: systemClock,
    workerUrl: new URL('../support/two-cores-worker.ts', import.meta.url),
  })
  expect(pool.cores).toEqual(
    expect.arrayContaining([
      { computes: 'bcrypt', name: 'webassembly', lanes: 6 },
      { computes: 'rounds-digest', name: 'node:crypto', lanes: 1 },
    ]),
  )
  const deadline = systemClock.now() + 60_000
  const checks = [DIGEST, BCRYPT, DIGEST, BCRYPT].flatMap((encoded) =>
    [PASSWORD, 'open barley'].map((password) => pool.check(planOf(encoded), password, deadline)),
  )
  const answers = await Promise.all(checks)
  await pool.close()
  expect(answers.map(({ outcome }) => outcome)).toEqual(
    [1, 2, 3, 4].flatMap(() => ['match', 'mismatch']),
  )
  expect(answers.map(({ lanes }) => lanes)).toEqual([1, 1, 4, 4, 1, 1, 4, 4])
})

it('the second family has its share of the dummy hashes, of the same lengths and of no account', () => {
  const costlier = encodeDigest(PASSWORD, 4096)
  const sample = [DIGEST, BCRYPT, DIGEST, costlier]
  const dummy = createDummyHashes({ secret: 'a secret', inspect, sample: () => sample })
  const drawn = Array.from({ length: 4000 }, (_, i) => dummy.planFor(`user${i}@example.com`))
  const share = (name: string, cost: number): number =>
    drawn.filter(({ kind }) => nameOf(kind) === name && kind.cost === cost).length / drawn.length
  expect(share('rounds-digest', 10)).toBeCloseTo(0.5, 1)
  expect(share('rounds-digest', 12)).toBeCloseTo(0.25, 1)
  expect(share('bcrypt', 4)).toBeCloseTo(0.25, 1)
  const digest = drawn.find(({ kind }) => nameOf(kind) === 'rounds-digest')
  expect(digest).toMatchObject({ rounds: 1000, salt: new Uint8Array(4), want: new Uint8Array(32) })
})
