/** The forecast of six simulated populations is as good as it says. The bench measures more of them, and larger ones. */
import { describe, expect, it } from 'vitest'
import { backtest } from '../../../src/campaign/forecast/forecast.ts'
import { takeCensus, tryForecasts } from '../../support/forecast-trials.ts'
import {
  MAIL_DAYS,
  type PopulationName,
  POPULATIONS,
  simulatePeople,
  type Visits,
} from '../../support/populations.ts'

const SIZE = 10_000
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
const SHIFTING: readonly string[] = ['mails', 'season', 'sessions']

const trialsOf = (name: PopulationName, isMailNamed = true) =>
  SEEDS.flatMap((seed) => tryForecasts(name, SIZE, seed, isMailNamed))

describe.each(Object.keys(POPULATIONS) as PopulationName[])('of %s', (name) => {
  const trials = trialsOf(name)

  it('who has not moved is foreseen within 2 % of all', () => {
    for (const { notMoved, notMovedTruth } of trials) {
      expect(Math.abs(notMoved - notMovedTruth)).toBeLessThan(0.02 * SIZE)
    }
  })

  it('late comers are foreseen within 30 %, or 50 % where habits shift, 9 of 10 times', () => {
    const errors = trials
      .filter(({ lateTruth }) => lateTruth >= 200)
      .map(({ late, lateTruth }) => Math.abs((late?.people ?? Infinity) / lateTruth - 1))
      .toSorted((a, b) => a - b)
    expect(errors.length).toBeGreaterThan(3)
    expect(errors[Math.ceil(0.9 * errors.length) - 1]).toBeLessThan(
      SHIFTING.includes(name) ? 0.5 : 0.3,
    )
  })

  it('the range holds 8 of 10 times', () => {
    const given = trials.flatMap(({ late, lateTruth }) => (late ? [{ ...late, lateTruth }] : []))
    const held = given.filter(({ low, high, lateTruth }) => lateTruth >= low && lateTruth <= high)
    expect(held.length).toBeGreaterThanOrEqual(0.8 * given.length)
  })

  it('warns of nothing', () => {
    expect(trials.flatMap(({ changes }) => changes)).toEqual([])
  })
})

it('warns of a mail that was not named', () => {
  for (const { today, changes } of trialsOf('mails', false)) {
    const [mail] = changes
    if (today === 14) expect(changes).toEqual([])
    else {
      expect(mail?.ratio).toBeGreaterThan(2)
      expect(mail?.fromDay).toBeLessThanOrEqual(22)
      expect(mail?.toDay).toBeGreaterThan(20)
    }
  }
})

describe('a backtest', () => {
  const visits: Visits[] = []
  simulatePeople('consumer', 30_000, 1, (visit) => visits.push(visit))

  it('repeats the forecast as of each past week, oldest first', () => {
    const past = backtest(takeCensus(visits, 45))
    expect(past.map(({ day }) => day)).toEqual([17, 24, 31, 38])
    for (const { day, came, held, errorPercent } of past) {
      expect(came).toBe(visits.filter(({ next }) => next >= day && next < 45).length)
      expect(Math.abs(errorPercent)).toBeLessThan(15)
      expect(held).toBe(true)
    }
  })

  it('counts the mails that a past forecast could not foresee', () => {
    const past = backtest(takeCensus(visits, 45), MAIL_DAYS)
    expect(past.map(({ mails }) => mails)).toEqual([1, 0, 0, 0])
  })

  it('says nothing of days before a forecast was possible', () => {
    expect(backtest(takeCensus(visits, 20))).toEqual([])
  })

  it('foresees people who were imported later, from their import on', () => {
    const waves = [...visits, ...visits.map(({ last, next }) => ({ last, next: next + 25 }))]
    const census = takeCensus([], 45)
    for (const [i, { last, next }] of waves.entries()) {
      const from = i < visits.length ? 0 : 25
      const movedOnDay = next < 45 ? next : undefined
      census.add({ lastSeenBefore: last - from, movedOnDay, atRiskFromDay: from })
    }
    for (const { errorPercent } of backtest(census)) expect(Math.abs(errorPercent)).toBeLessThan(20)
  })
})
