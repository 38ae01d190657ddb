/** The parts of an audit that count: repeated logins, samples, and the size of the first day. */
import { describe, expect, it } from 'vitest'
import { createDigests } from '../../src/audit/accounts/digests.ts'
import { createSample } from '../../src/audit/accounts/sample.ts'
import { firstUncounted, sizeFirstDay } from '../../src/audit/first-day.ts'
import { createLastLogins } from '../../src/audit/last-logins.ts'
import { blankBcrypt } from '../../src/passwords/families/bcrypt.ts'
import { measureRates } from '../../src/audit/rates.ts'
import { WorkerPool } from '../../src/workers/pool.ts'
import { systemClock } from '../../src/clock.ts'

describe('digests', () => {
  it('find what was added more than once, over several chunks', () => {
    const digests = createDigests(7)
    const names = Array.from({ length: 100 }, (_, i) => `name ${i}`)
    const twice = names.filter((_, i) => i % 10 === 3)
    const all = [...names, ...twice, ...twice.slice(0, 2)].map((name) => digests.add(name))
    const { count, has } = digests.finish()
    expect(count).toBe(10)
    expect(names.filter((_, i) => has(all[i] ?? ''))).toEqual(twice)
  })

  it('find nothing where all differ', () => {
    const digests = createDigests()
    const one = digests.add('one')
    digests.add('two')
    const { count, has } = digests.finish()
    expect([count, has(one)]).toEqual([0, false])
  })
})

describe('a sample', () => {
  it('is everything of a short stream', () => {
    const sample = createSample<number>(5, Math.random)
    for (let i = 0; i < 3; i++) sample.offer(() => i)
    expect(sample.kept()).toEqual([0, 1, 2])
  })

  it('takes each member of a long stream about as often', () => {
    const hits = Array<number>(20).fill(0)
    for (let round = 0; round < 4_000; round++) {
      const sample = createSample<number>(5, Math.random)
      for (let i = 0; i < 20; i++) sample.offer(() => i)
      for (const i of sample.kept()) hits[i] = (hits[i] ?? 0) + 1
    }
    expect(Math.min(...hits)).toBeGreaterThan(850)
    expect(Math.max(...hits)).toBeLessThan(1_150)
  })
})

const DAY = Date.UTC(2026, 9, 1)

const loginsOf = (people: number) => {
  const logins = createLastLogins()
  for (let i = 0; i < people; i++) logins.add(DAY, '')
  return logins.read()
}

describe('the first day', () => {
  const rates = [
    { what: '', family: 'bcrypt', cost: 10, count: 3, msAlone: 68, perCoreSecond: 34 },
    { what: '', family: 'bcrypt', cost: 12, count: 1, msAlone: 264, perCoreSecond: 6.8 },
  ]
  const today = firstUncounted(DAY + 3 * 86_400_000, undefined)

  it('has 1.3 attempts for each person, and cores for three times the average', () => {
    const sizing = { rates, peakShare: 20, cores: 2 }
    expect(sizeFirstDay(loginsOf(6_242), today, sizing)).toMatchObject({
      ...{ people: 6_242, attemptsWorstHour: 1_623, cores: 1, replicas: 2 },
    })
    // A burst of 156 a second; on average a check takes (3 / 34 + 1 / 6.8) / 4 s of a core.
    const large = sizeFirstDay(loginsOf(720_000), today, sizing)
    expect(large).toMatchObject({ attemptsWorstHour: 187_200, cores: 10, replicas: 6 })
  })

  it('is not known without a last login', () => {
    expect(sizeFirstDay(loginsOf(0), today, { rates, peakShare: 20, cores: 2 })).toBeUndefined()
  })

  it('is counted up to the go-live where that is past, and up to today otherwise', () => {
    const now = Date.UTC(2026, 9, 5, 13)
    expect(firstUncounted(now, undefined)).toBe(Date.UTC(2026, 9, 5) / 86_400_000)
    expect(firstUncounted(now, Date.UTC(2026, 11, 1))).toBe(Date.UTC(2026, 9, 5) / 86_400_000)
    expect(firstUncounted(now, Date.UTC(2026, 8, 1))).toBe(Date.UTC(2026, 8, 1) / 86_400_000)
  })
})

describe('the rates', () => {
  it('are measured for each kind, the most frequent first, and many at a time are no slower', async () => {
    const pool = await WorkerPool.start({ size: 1, queueLimit: 100, clock: systemClock })
    const kind = (cost: number, count: number) => {
      return { what: '', family: 'bcrypt', cost, count, plan: blankBcrypt(cost) }
    }
    const rates = await measureRates([kind(4, 1), kind(6, 9)], { pool, clock: systemClock })
    await pool.close()
    expect(rates.map(({ cost, count }) => [cost, count])).toEqual([
      [6, 9],
      [4, 1],
    ])
    const [six, four] = rates
    expect(six?.msAlone).toBeGreaterThan(four?.msAlone ?? Infinity)
    for (const { msAlone, perCoreSecond } of rates) {
      expect(perCoreSecond * msAlone).toBeGreaterThan(500)
    }
  })
})
