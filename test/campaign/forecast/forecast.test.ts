/** What a forecast counts, and what it may not depend on. */
import { describe, expect, it } from 'vitest'
import { Census, type Person } from '../../../src/campaign/forecast/census.ts'
import { EXPLANATION, RANGE_WORDS } from '../../../src/campaign/forecast/explain.ts'
import { describeChange, forecastCutOffs } from '../../../src/campaign/forecast/forecast.ts'
import { Outlook } from '../../../src/campaign/forecast/outlook.ts'
import { count, GO_LIVE_MS, takeCensus } from '../../support/forecast-trials.ts'
import { simulatePeople, type Visits } from '../../support/populations.ts'
import { fc } from '../../support/properties.ts'

const TODAY = 30

const visits: Visits[] = []
simulatePeople('consumer', 20_000, 1, (visit) => visits.push(visit))

const ask = (census: Census, cutOffDays: readonly number[] = [30, 45, 75]) => {
  const forecast = forecastCutOffs(census, { goLiveMs: GO_LIVE_MS, cutOffDays })
  if ('refused' in forecast) throw new Error(forecast.refused.sentence)
  return forecast
}

const lateOf = (forecast: ReturnType<typeof ask>): number[] =>
  forecast.cutOffs.map(({ late }) => ('people' in late ? late.people : NaN))

const withPeople = (more: readonly Person[], today = TODAY): Census => {
  const census = takeCensus(visits, today)
  for (const person of more) census.add(person)
  return census
}

const plain = ask(withPeople([]))

describe('the course', () => {
  it('agrees with the forecast of a cut-off on the same day, from week to week, and is wider the later', () => {
    const course = plain.course()
    expect(course.length).toBeGreaterThan(3)
    const days = course.map(({ day }) => day)
    expect(days).toEqual(days.map((_, week) => TODAY + 7 * (week + 1)))
    const told = forecastCutOffs(withPeople([]), { goLiveMs: 0, cutOffDays: days })
    if ('refused' in told) throw new Error(told.refused.sentence)
    const left = plain.cutOffs[0]?.notMoved ?? NaN
    for (const [at, { coming }] of course.entries()) {
      expect(left - coming.people).toBeCloseTo(told.cutOffs[at]?.notMoved ?? NaN, 6)
    }
    const widths = course.map(({ coming: { low, high } }) => high - low)
    expect(widths).toEqual(widths.toSorted((a, b) => a - b))
  })
})

describe('not moved', () => {
  it('is today who has not moved', () => {
    const moved = count(visits, 0, TODAY)
    expect(plain.cutOffs[0]?.notMoved).toBe(visits.length - moved)
  })

  it('counts who moved today, though the day is not over and teaches nothing yet', () => {
    const today = TODAY + 0.5
    const forecast = ask(takeCensus(visits, today))
    expect(forecast.cutOffs[0]?.notMoved).toBe(visits.length - count(visits, 0, today))
    expect(forecast.scale).toBe(plain.scale)
  })

  it('has those who cannot come, who are no late comers', () => {
    const leftOut = { lastSeenBefore: 3, movedOnDay: undefined, isLeftOut: true }
    const forecast = ask(withPeople(Array.from({ length: 70 }, () => leftOut)))
    expect(forecast.cutOffs.map(({ notMoved = NaN }) => notMoved - 70)).toEqual(
      plain.cutOffs.map(({ notMoved }) => notMoved),
    )
    expect(lateOf(forecast)).toEqual(lateOf(plain))
  })

  it('has not the members of a pilot, who moved before go-live and teach nothing', () => {
    const pilot = { lastSeenBefore: 3, movedOnDay: -10 }
    const forecast = ask(withPeople(Array.from({ length: 70 }, () => pilot)))
    expect(forecast.cutOffs).toEqual(plain.cutOffs)
  })
})

describe('people whose last login is unknown', () => {
  it('come as they came in the last 14 days', () => {
    const census = new Census(TODAY)
    for (const [i, { last, next }] of visits.entries()) {
      const movedOnDay = next < TODAY ? next : undefined
      census.add({ lastSeenBefore: i % 5 === 0 ? undefined : last, movedOnDay })
    }
    const forecast = ask(census)
    for (const [i, late] of lateOf(forecast).entries()) {
      expect(Math.abs(late / (lateOf(plain)[i] ?? NaN) - 1)).toBeLessThan(0.1)
    }
    expect(forecast.chanceWithin(undefined, 90)).toBeGreaterThan(0.03)
  })

  it('are not expected more often than they are', () => {
    const came = { lastSeenBefore: undefined, movedOnDay: 25 }
    const left = { lastSeenBefore: undefined, movedOnDay: undefined }
    const forecast = ask(withPeople([...Array.from({ length: 2000 }, () => came), left]))
    expect(forecast.chanceWithin(undefined, 90)).toBe(1)
  })

  it('change nothing but the count if they never come', () => {
    const never = { lastSeenBefore: undefined, movedOnDay: undefined }
    const forecast = ask(withPeople(Array.from({ length: 900 }, () => never)))
    expect(lateOf(forecast)).toEqual(lateOf(plain))
    expect(forecast.chanceWithin(undefined, 90)).toBe(0)
    expect(forecast.cutOffs[0]?.notMoved).toBe((plain.cutOffs[0]?.notMoved ?? NaN) + 900)
  })
})

it('the clock of a person runs from their own import on', () => {
  const late = new Census(TODAY + 10)
  for (const { last, next } of visits) {
    const movedOnDay = next < TODAY ? next + 10 : undefined
    late.add({ lastSeenBefore: last - 10, movedOnDay, atRiskFromDay: 10 })
  }
  const forecast = ask(late, [40, 55, 85])
  for (const silence of [30, 50, 90, 300]) {
    const chance = plain.chanceWithin(silence, 90)
    expect(Math.abs(forecast.chanceWithin(silence, 90) / chance - 1)).toBeLessThan(0.001)
  }
})

it('who used the legacy system after go-live counts as seen at go-live', () => {
  const seen = (lastSeenBefore: number): Person[] =>
    Array.from({ length: 100 }, () => ({ lastSeenBefore, movedOnDay: undefined }))
  expect(ask(withPeople(seen(-12))).cutOffs).toEqual(ask(withPeople(seen(0))).cutOffs)
})

it('one person alone with a silence teaches nothing of it', () => {
  const young = visits.filter(({ last }) => last < 400)
  const census = takeCensus(young, TODAY)
  census.add({ lastSeenBefore: 3000, movedOnDay: 3 })
  expect(ask(census).chanceWithin(3003, 90)).toBeLessThan(0.2)
})

it('the chances of all persons add up to the late comers', () => {
  const chances = visits
    .filter(({ next }) => next >= TODAY)
    .map(({ last }) => plain.chanceWithin(last + TODAY, 90))
  const sum = chances.reduce((all, chance) => all + chance, 0)
  expect(Math.abs(sum / (lateOf(plain)[0] ?? NaN) - 1)).toBeLessThan(0.01)
})

it('the range is at least 26 % to each side, and says so', () => {
  for (const { late } of plain.cutOffs) {
    if ('refused' in late) throw new Error(late.refused.sentence)
    expect((late.high - late.people) / late.people).toBeGreaterThan(0.256)
    expect(late.people - late.low).toBeCloseTo(late.high - late.people)
  }
  expect(RANGE_WORDS).toContain('26 %')
  expect(EXPLANATION).toContain(RANGE_WORDS)
})

it('the range is wider where the weeks differ more', () => {
  const wild = visits.map(({ last, next }) => ({
    last,
    next: next > 16 && next < 23 && last % 1 < 0.7 ? next + 7 : next,
  }))
  expect(plain.spread).toBe(0.2)
  expect(ask(takeCensus(wild, TODAY)).spread).toBeGreaterThan(0.3)
})

it('a week in which few came is warned of, with its dates', () => {
  const outage = visits.map(({ last, next }) => ({
    last,
    next: next >= 16 && next < 23 ? 400 : next,
  }))
  const [change] = ask(takeCensus(outage, TODAY)).changes
  if (!change) throw new Error('no warning')
  expect(change).toEqual({ fromDay: 16, toDay: 23, ratio: 0 })
  expect(describeChange(change, GO_LIVE_MS)).toBe(
    'From 2026-10-21 to 2026-10-27, 0.0 times as many people came as expected. Something changed: name the mail days, or do not trust this forecast.',
  )
})

it('takes no memory for each person', () => {
  const people = visits.map(({ last, next }) => ({
    lastSeenBefore: last,
    movedOnDay: next < TODAY ? next : undefined,
  }))
  const census = new Census(TODAY)
  const used = (): number => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers
  for (const person of people) census.add(person)
  const before = used()
  for (let times = 0; times < 250; times++) for (const person of people) census.add(person)
  // Five million people, in fewer than 8 bytes each: that is the garbage of V8.
  expect(used() - before).toBeLessThan(40_000_000)
  expect(new Census(TODAY).cells.count).toBe(census.cells.count)
})

describe('for any people', () => {
  const silence = fc.double({ min: -20, max: 9000, noNaN: true })
  const group = fc.record({
    lastSeenBefore: fc.option(silence, { nil: undefined }),
    movedOnDay: fc.option(fc.double({ min: -5, max: 40, noNaN: true }), { nil: undefined }),
    atRiskFromDay: fc.integer({ min: 0, max: 50 }),
    isLeftOut: fc.boolean(),
  })
  const groups = fc.array(fc.tuple(group, fc.integer({ min: 1, max: 300 })), { maxLength: 40 })
  const outlookOf = (all: readonly (readonly [Person, number])[], mails: readonly number[]) => {
    const census = new Census(40.3)
    for (const [person, times] of all) for (let i = 0; i < times; i++) census.add(person)
    const days = { end: census.days, isOut: (day: number) => mails.includes(day) }
    return { census, outlook: new Outlook(census, days, census.today) }
  }
  const mailDays = fc.array(fc.integer({ min: 0, max: 45 }), { maxLength: 10 })
  const waits = fc.array(fc.double({ min: 0, max: 400, noNaN: true }), {
    minLength: 2,
    maxLength: 6,
  })

  it('chances are between 0 and 1, and grow with the days', () => {
    fc.assert(
      fc.property(groups, mailDays, silence, waits, (all, mails, silent, days) => {
        const { outlook } = outlookOf(all, mails)
        for (const who of [silent, undefined]) {
          const chances = days
            .toSorted((a, b) => a - b)
            .map((wait) => outlook.chanceWithin(who, wait))
          expect(chances).toEqual(chances.toSorted((a, b) => a - b))
          for (const chance of chances) expect(chance >= 0 && chance <= 1).toBe(true)
        }
      }),
    )
  })

  it('as many as have not moved come at most, and with each day not fewer', () => {
    fc.assert(
      fc.property(groups, mailDays, waits, (all, mails, days) => {
        const { census, outlook } = outlookOf(all, mails)
        const coming = days.toSorted((a, b) => a - b).map((wait) => outlook.coming(wait))
        expect(coming).toEqual(coming.toSorted((a, b) => a - b))
        expect(coming[0]).toBeGreaterThanOrEqual(0)
        expect(coming.at(-1)).toBeLessThanOrEqual(census.notMoved() - census.leftOut + 1e-6)
        const { people, low, high } = outlook.rangeOf(coming[0] ?? 0)
        expect(low >= 0 && low <= people && people <= high).toBe(true)
        expect(census.notMoved() + census.moved).toBe(
          all.reduce((sum, [, times]) => sum + times, 0),
        )
      }),
    )
  })
})
