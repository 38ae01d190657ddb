/** Foretells how many people will not have moved by a day, and how many of them will come too late. */
import type { Census } from './census.ts'
import type { Change } from './course.ts'
import { Outlook, type Range } from './outlook.ts'
import {
  countDays,
  countMovers,
  dateOf,
  type ForecastRefusal,
  LEAST_DAYS,
  LEAST_LATE,
  LEAST_MOVERS,
  refuseFew,
  refuseForecast,
  refuseReach,
} from './refusals.ts'
import type { Days } from './return-rates.ts'

/** A mail brings people for so many days, the day of the mail included. */
const MAIL_RUSH_DAYS = 3

const LATE_DAYS = 90
const WEEK = 7
const COURSE_WEEKS = 18

/** All days are days since go-live. */
export interface ForecastQuestion {
  readonly goLiveMs: number
  /** Today, or later. */
  readonly cutOffDays: readonly number[]
  readonly mailDays?: readonly number[]
  /** Who comes within so many days after a cut-off is a late comer. 90 if not given. */
  readonly lateDays?: number
}

export interface CutOffForecast {
  readonly day: number
  /** At the start of the day, with those who cannot come. Undefined where the silences do not reach. */
  readonly notMoved: number | undefined
  readonly late: Range | { readonly refused: ForecastRefusal }
}

/** How many come until a day. */
export interface CourseDay {
  readonly day: number
  readonly coming: Range
}

export interface Forecast {
  readonly cutOffs: readonly CutOffForecast[]
  /** From week to week, as far as the silences reach. */
  readonly course: () => CourseDay[]
  readonly changes: readonly Change[]
  /** How busy the last two weeks were: who came, over who was expected. */
  readonly scale: number
  /** How much weeks differ from what was expected of them; at least 0.20. */
  readonly spread: number
  /**
   * The chance that a person comes within some days.
   * @param silence days until now since they were last seen; undefined if unknown, which is summed over all: ask once
   */
  readonly chanceWithin: (silence: number | undefined, days: number) => number
}

const withoutMails = (end: number, mailDays: readonly number[] = []): Days => ({
  end,
  isOut: (day) =>
    mailDays.some((mail) => day >= Math.floor(mail) && day < Math.floor(mail) + MAIL_RUSH_DAYS),
})

const courseOf = (outlook: Outlook, today: number, reach: number): CourseDay[] =>
  Array.from({ length: COURSE_WEEKS }, (_, index) => (index + 1) * WEEK)
    .filter((wait) => today + wait <= reach)
    .map((wait) => ({ day: today + wait, coming: outlook.rangeOf(outlook.coming(wait)) }))

export const forecastCutOffs = (
  census: Census,
  { goLiveMs, cutOffDays, mailDays, lateDays = LATE_DAYS }: ForecastQuestion,
): Forecast | { readonly refused: ForecastRefusal } => {
  const days = withoutMails(census.days, mailDays)
  const refused = refuseForecast(census, days, goLiveMs)
  if (refused) return { refused }
  const outlook = new Outlook(census, days, census.today)
  const { scale, spread, chanceWithin } = outlook
  const reach = outlook.rates.reachFrom(census.today)
  const cutOffs = cutOffDays.map((day): CutOffForecast => {
    if (day < census.days) throw new RangeError('a cut-off is today or later')
    // The day that is today began before now.
    const wait = Math.max(0, day - census.today)
    const before = outlook.coming(wait)
    const notMoved = day <= reach ? census.notMoved() - before : undefined
    if (day + lateDays > reach) {
      return { day, notMoved, late: { refused: refuseReach(day, lateDays, reach) } }
    }
    const late = outlook.coming(wait + lateDays) - before
    const isEnough = late >= LEAST_LATE
    return { day, notMoved, late: isEnough ? outlook.rangeOf(late) : { refused: refuseFew(late) } }
  })
  const course = (): CourseDay[] => courseOf(outlook, census.today, reach)
  return { cutOffs, course, changes: outlook.course.changes(), scale, spread, chanceWithin }
}

/** What a forecast of a past day said of today. */
export interface PastForecast {
  /** The day it would have been made. */
  readonly day: number
  readonly expected: Range
  readonly came: number
  /** Above zero if it was too high. */
  readonly errorPercent: number
  readonly held: boolean
  /** Mails sent since then, which it could not foresee. */
  readonly mails: number
}

/** Repeats the forecast as of each past week, oldest first: who comes until today, against who came. */
export const backtest = (census: Census, mailDays: readonly number[] = []): PastForecast[] => {
  const past: PastForecast[] = []
  for (let day = census.days - WEEK; day >= LEAST_DAYS; day -= WEEK) {
    const days = withoutMails(day, mailDays)
    if (countDays(days) < LEAST_DAYS || countMovers(census, days) < LEAST_MOVERS) break
    const outlook = new Outlook(census, days, day)
    const people = outlook.coming(census.days - day) + outlook.comingOfLater(census.days)
    const came = census.movedBetween(day, census.days)
    if (people < LEAST_LATE || came === 0) continue
    const expected = outlook.rangeOf(people)
    past.unshift({
      day,
      expected,
      came,
      errorPercent: 100 * (people / came - 1),
      held: came >= expected.low && came <= expected.high,
      mails: mailDays.filter((mail) => mail >= day && mail < census.days).length,
    })
  }
  return past
}

export const describeChange = ({ fromDay, toDay, ratio }: Change, goLiveMs: number): string =>
  `From ${dateOf(fromDay, goLiveMs)} to ${dateOf(toDay - 1, goLiveMs)}, ${ratio.toFixed(1)} times as many people came as expected. Something changed: name the mail days, or do not trust this forecast.`
