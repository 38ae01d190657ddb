/** Where there is no honest forecast, it refuses and says why. */
import { describe, expect, it } from 'vitest'
import { Census, type Person } from '../../../src/campaign/forecast/census.ts'
import { type ForecastQuestion, forecastCutOffs } from '../../../src/campaign/forecast/forecast.ts'
import { GO_LIVE_MS } from '../../support/forecast-trials.ts'
import { type PopulationName, simulatePeople, type Visits } from '../../support/populations.ts'

const people = (name: PopulationName, size: number, today: number): Person[] => {
  const all: Person[] = []
  simulatePeople(name, size, 1, ({ last, next }: Visits) =>
    all.push({ lastSeenBefore: last, movedOnDay: next < today ? next : undefined }),
  )
  return all
}

const ask = (all: readonly Person[], today: number, question: Partial<ForecastQuestion> = {}) => {
  const census = new Census(today)
  for (const person of all) census.add(person)
  return forecastCutOffs(census, {
    goLiveMs: GO_LIVE_MS,
    cutOffDays: [Math.floor(today) + 15],
    ...question,
  })
}

const refusalOf = (result: ReturnType<typeof ask>) => {
  if ('refused' in result) return result.refused
  const late = result.cutOffs[0]?.late
  return late && 'refused' in late ? late.refused : undefined
}

describe('it refuses', () => {
  it('before day 14', () => {
    expect(refusalOf(ask(people('consumer', 20_000, 13.9), 13.9))).toEqual({
      reason: 'too_early',
      sentence:
        'Only 13 whole days since go-live can be used, without mail days. A forecast needs 14.',
    })
    expect(refusalOf(ask(people('consumer', 20_000, 14), 14))).toBeUndefined()
  })

  it('if mail days leave fewer than 14 days', () => {
    const mailDays = [5, 6]
    expect(refusalOf(ask(people('consumer', 20_000, 17), 17, { mailDays }))?.reason).toBe(
      'too_early',
    )
    expect(refusalOf(ask(people('consumer', 20_000, 18), 18, { mailDays }))).toBeUndefined()
  })

  it('with fewer than 500 movers', () => {
    const refused = refusalOf(ask(people('consumer', 4000, 14), 14))
    expect(refused?.reason).toBe('few_movers')
    expect(refused?.sentence).toMatch(/^Only [34]\d\d people .* needs 500\.$/)
  })

  it('if the last login of more than a third is unknown', () => {
    const all = people('consumer', 12_000, 20)
    const forget = (every: number): Person[] =>
      all.map((person, i) => (i % 100 < every ? { ...person, lastSeenBefore: undefined } : person))
    expect(refusalOf(ask(forget(32), 20))).toBeUndefined()
    expect(refusalOf(ask(forget(35), 20))).toEqual({
      reason: 'unknown_last_logins',
      sentence:
        'The last login of 35 % of the people is unknown. A forecast needs it for two of three people.',
    })
  })

  it('with fewer than 100 late comers, and still says who has not moved', () => {
    const result = ask(people('workforce', 5000, 45), 45)
    expect(refusalOf(result)?.reason).toBe('few_late_comers')
    expect(refusalOf(result)?.sentence).toMatch(/^About \d\d people would come too late/)
    expect(!('refused' in result) && result.cutOffs[0]?.notMoved).toBeGreaterThan(200)
  })

  it('beyond the silences that were observed', () => {
    const young = people('consumer', 60_000, 20).filter(
      ({ lastSeenBefore = 0 }) => lastSeenBefore < 100,
    )
    const result = ask(young, 20, { cutOffDays: [29, 40, 150] })
    if ('refused' in result) throw new Error(result.refused.sentence)
    const [near, far, farthest] = result.cutOffs
    expect(near?.late).not.toHaveProperty('refused')
    expect(far?.late).toHaveProperty('refused.reason', 'silences_too_short')
    expect(far?.notMoved).toBeGreaterThan(1000)
    expect(farthest?.notMoved).toBeUndefined()
  })

  it('beyond a gap in the silences', () => {
    const gap = people('consumer', 60_000, 14).filter(
      ({ lastSeenBefore = 0 }) => lastSeenBefore < 30 || lastSeenBefore > 80,
    )
    const refused = refusalOf(ask(gap, 14))
    expect(refused?.reason).toBe('silences_too_short')
    expect(refused?.sentence).toMatch(/Day 29 and 90 days more .* than (?:4\d|5\d):/)
  })
})

describe('a batch job on last_login', () => {
  const all = people('consumer', 20_000, 20)
  const touch = (share: number, lastSeenBefore: (i: number) => number): Person[] =>
    all.map((person, i) =>
      i % 100 < share ? { ...person, lastSeenBefore: lastSeenBefore(i) } : person,
    )

  it.each([
    ['a tenth', 10, () => 9.5],
    ['all but a tenth', 90, () => 9.5],
    ['a tenth in the last night', 10, () => 0.2],
    ['most in two nights', 90, (i: number) => 9.9 + (i % 2) / 5],
  ])('that touched %s is refused', (_name, share, lastSeenBefore) => {
    expect(refusalOf(ask(touch(share, lastSeenBefore), 20))?.reason).toBe('batch_job')
  })

  it('is named with its date and its share', () => {
    expect(
      refusalOf(
        ask(
          touch(10, () => 9.5),
          20,
        ),
      )?.sentence,
    ).toMatch(/^1[0-3] % of the people have a last login on about 2026-09-25,/)
  })

  it('is not suspected where many were seen on one day and come back like others', () => {
    const seen = all.filter(({ lastSeenBefore = 0 }) => lastSeenBefore >= 9 && lastSeenBefore < 10)
    const crowd = Array.from({ length: 2500 }, (_, i) => seen[i % seen.length] ?? ({} as Person))
    expect(refusalOf(ask([...all, ...crowd], 20))).toBeUndefined()
  })

  it('is not suspected where nobody would have come anyway', () => {
    expect(
      refusalOf(
        ask(
          touch(5, () => 1500),
          20,
        ),
      ),
    ).toBeUndefined()
  })
})

it('accepts no cut-off of the past', () => {
  const all = people('consumer', 20_000, 20)
  expect(() => ask(all, 20, { cutOffDays: [19] })).toThrow(RangeError)
})
