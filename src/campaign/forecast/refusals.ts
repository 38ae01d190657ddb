/** When there is no honest forecast, and why. */
import type { Census } from './census.ts'
import { type Days, forEachDay, ReturnRates } from './return-rates.ts'
import { DAY_MS } from '../../clock.ts'

export const LEAST_DAYS = 14
export const LEAST_MOVERS = 500
export const LEAST_LATE = 100
const MOST_UNKNOWN = 1 / 3

/** Of the people whose last login is known: fewer on one day change the forecast little. */
const BATCH_SHARE = 0.02

/** Fewer expected people could stay away by chance. */
const BATCH_EXPECTED = 25

/** People whom a batch job has touched come back less often than this, over what their last login promises. */
const BATCH_RATIO = 0.5

export type ForecastRefusalReason =
  | 'too_early'
  | 'few_movers'
  | 'unknown_last_logins'
  | 'batch_job'
  | 'few_late_comers'
  | 'silences_too_short'

export interface ForecastRefusal {
  readonly reason: ForecastRefusalReason
  /** For people. */
  readonly sentence: string
}

const percent = (share: number): string => `${Math.round(100 * share)} %`

/** Of people whose last login is known, on days that count. */
export const countMovers = (census: Census, days: Days): number => {
  let movers = 0
  forEachDay(census, days, ({ moved }) => (movers += moved))
  return movers
}

export const countDays = ({ end, isOut }: Days): number =>
  Array.from({ length: end }, (_, day) => day).filter((day) => !isOut(day)).length

/** @returns the row of a day whose people come back far less often than those last seen on other days */
const findBatch = (census: Census, days: Days, known: number): number | undefined => {
  for (let row = 0; row < census.unknownRow; row++) {
    if (!census.cells.isDay(row) || census.people(row) < BATCH_SHARE * known) continue
    // A job can run over midnight, so the days next to it are no witnesses.
    const rates = new ReturnRates(census, days, (other) => Math.abs(other - row) <= 1)
    let [came, expected] = [0, 0]
    forEachDay(census, days, (at) => {
      if (at.row !== row) return
      came += at.moved
      expected += at.atRisk * rates.chance(at.silence, 1)
    })
    if (expected >= BATCH_EXPECTED && came < BATCH_RATIO * expected) return row
  }
  return undefined
}

export const dateOf = (day: number, goLiveMs: number): string =>
  new Date(goLiveMs + day * DAY_MS).toISOString().slice(0, 10)

/** @returns why nothing at all can be foreseen */
export const refuseForecast = (
  census: Census,
  days: Days,
  goLiveMs: number,
): ForecastRefusal | undefined => {
  const counted = countDays(days)
  if (counted < LEAST_DAYS) {
    const sentence = `Only ${counted} whole days since go-live can be used, without mail days. A forecast needs ${LEAST_DAYS}.`
    return { reason: 'too_early', sentence }
  }
  let known = 0
  for (let row = 0; row < census.unknownRow; row++) known += census.people(row)
  const unknown = census.people(census.unknownRow)
  if (unknown > MOST_UNKNOWN * (known + unknown)) {
    const share = percent(unknown / (known + unknown))
    const sentence = `The last login of ${share} of the people is unknown. A forecast needs it for two of three people.`
    return { reason: 'unknown_last_logins', sentence }
  }
  const movers = countMovers(census, days)
  if (movers < LEAST_MOVERS) {
    const sentence = `Only ${movers} people with a known last login have moved on days that count. A forecast needs ${LEAST_MOVERS}.`
    return { reason: 'few_movers', sentence }
  }
  const batch = findBatch(census, days, known)
  if (batch === undefined) return undefined
  const date = dateOf(-1 - census.cells.lastSeenOf(batch), goLiveMs)
  const share = percent(census.people(batch) / known)
  const sentence = `${share} of the people have a last login on about ${date}, and they come back less than half as often as others. Probably a batch job wrote these dates, or a mail brought them once. Give a last login without them.`
  return { reason: 'batch_job', sentence }
}

export const refuseReach = (day: number, lateDays: number, reach: number): ForecastRefusal => ({
  reason: 'silences_too_short',
  sentence: `Day ${day} and ${lateDays} days more need people who were silent for ${day + lateDays} days. Too few were seen with more than ${Math.floor(reach)}: the last logins do not go back far enough, or have a gap.`,
})

export const refuseFew = (late: number): ForecastRefusal => ({
  reason: 'few_late_comers',
  sentence: `About ${Math.round(late)} people would come too late: fewer than ${LEAST_LATE} are too few for a range.`,
})
