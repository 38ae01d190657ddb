/** Forecasts of simulated populations, beside what then happened. */
import { Census } from '../../src/campaign/forecast/census.ts'
import type { Range } from '../../src/campaign/forecast/outlook.ts'
import { type Forecast, forecastCutOffs } from '../../src/campaign/forecast/forecast.ts'
import { MAIL_DAYS, type PopulationName, simulatePeople, type Visits } from './populations.ts'

const TODAYS = [14, 30, 45]
export const FIRST_WAIT = 15
const WAITS = [FIRST_WAIT, 45]
const LATE_DAYS = 90

/** Monday 5 October 2026. */
export const GO_LIVE_MS = Date.UTC(2026, 9, 5)

export interface Trial {
  readonly today: number
  readonly cutOff: number
  readonly notMoved: number
  readonly notMovedTruth: number
  /** Undefined if it refused. */
  readonly late: Range | undefined
  readonly lateTruth: number
  readonly changes: Forecast['changes']
}

export const count = (visits: readonly Visits[], from: number, to: number): number =>
  visits.filter(({ next }) => next >= from && next < to).length

export const takeCensus = (visits: readonly Visits[], today: number): Census => {
  const census = new Census(today)
  for (const { last, next } of visits) {
    census.add({ lastSeenBefore: last, movedOnDay: next < today ? next : undefined })
  }
  return census
}

const tryToday = (visits: readonly Visits[], today: number, mailDays: readonly number[]) => {
  const cutOffDays = WAITS.map((wait) => today + wait)
  const question = { goLiveMs: GO_LIVE_MS, cutOffDays, mailDays, lateDays: LATE_DAYS }
  const forecast = forecastCutOffs(takeCensus(visits, today), question)
  if ('refused' in forecast) throw new Error(forecast.refused.sentence)
  return forecast.cutOffs.map(({ day, notMoved = NaN, late }): Trial => ({
    today,
    cutOff: day,
    notMoved,
    notMovedTruth:
      count(visits, day, Infinity) + visits.filter(({ next }) => next === Infinity).length,
    late: 'refused' in late ? undefined : late,
    lateTruth: count(visits, day, day + LATE_DAYS),
    changes: forecast.changes,
  }))
}

/** One population with one seed, as of several days. */
export const tryForecasts = (
  name: PopulationName,
  size: number,
  seed: number,
  isMailNamed = true,
): Trial[] => {
  const visits: Visits[] = []
  simulatePeople(name, size, seed, (visit) => visits.push(visit))
  return TODAYS.flatMap((today) => {
    const isSent = (day: number): boolean => name === 'mails' && isMailNamed && day < today
    return tryToday(visits, today, MAIL_DAYS.filter(isSent))
  })
}
