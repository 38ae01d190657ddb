/** Compares who came with who was expected, day by day: how busy the last days were, how steady it all was, and what stands out. */
import type { Census } from './census.ts'
import { type Days, forEachDay, type ReturnRates } from './return-rates.ts'

const RECENT_DAYS = 14
const WEEK = 7

/** In simulation a range from less than this held too seldom: a few weeks show little of how much they can differ. */
const LEAST_SPREAD = 0.2

/** Weeks with fewer people expected differ by chance alone. */
const ENOUGH_FOR_A_WEEK = 20

const TOO_FEW = 0.5
const TOO_MANY = 2

/** Differences below so many standard deviations are chance. */
const CHANCE = 4

/**
 * A mail brings its people within three days. Among all who come then they can be lost, but hardly among those who have
 * been silent for so long that few come by habit. Three days with a weekend in them have few sign-ins in any company.
 */
const MAIL_WINDOW = { length: 3, silent: 60, least: 0 }
const WEEK_WINDOW = { length: WEEK, silent: 0, least: TOO_FEW }

interface Came {
  readonly observed: Float64Array
  readonly expected: Float64Array
}

/** By day, of those who were silent for at least `silent` days. */
const compare = (census: Census, days: Days, rates: ReturnRates, silent = 0): Came => {
  const observed = new Float64Array(days.end)
  const expected = new Float64Array(days.end)
  forEachDay(census, days, ({ day, silence, atRisk, moved }) => {
    if (silence < silent) return
    observed[day] = (observed[day] ?? 0) + moved
    expected[day] = (expected[day] ?? 0) + atRisk * rates.chance(silence, 1)
  })
  return { observed, expected }
}

const sum = (values: Float64Array, from: number, to: number): number =>
  values.subarray(Math.max(0, from), to).reduce((all, value) => all + value, 0)

/** A stretch of days in which something else than habit brought people, or kept them away. */
export interface Change {
  readonly fromDay: number
  /** The first day after it. */
  readonly toDay: number
  /** Who came, over who was expected. */
  readonly ratio: number
}

interface Window {
  readonly length: number
  readonly silent: number
  /** Below it something changed. */
  readonly least: number
}

const strength = ({ ratio }: Change): number => Math.abs(Math.log(ratio))

export class Course {
  readonly #census: Census
  readonly #days: Days
  readonly #rates: ReturnRates
  readonly #all: Came

  constructor(census: Census, days: Days, rates: ReturnRates) {
    this.#census = census
    this.#days = days
    this.#rates = rates
    this.#all = compare(census, days, rates)
  }

  /** The last two weeks of days that count, newest first. */
  recentDays(): number[] {
    const { end, isOut } = this.#days
    const newestFirst = Array.from({ length: end }, (_, i) => end - 1 - i)
    return newestFirst.filter((day) => !isOut(day)).slice(0, RECENT_DAYS)
  }

  /** How busy the last two weeks were: who came, over who was expected. */
  scale(): number {
    const days = this.recentDays()
    const [came, expected] = [this.#all.observed, this.#all.expected].map((values) =>
      days.reduce((all, day) => all + (values[day] ?? 0), 0),
    )
    return came && expected ? came / expected : 1
  }

  /** How much the weeks differ from what was expected of them. */
  spread(): number {
    const squares: number[] = []
    for (let end = this.#days.end; end >= WEEK; end -= WEEK) {
      const expected = sum(this.#all.expected, end - WEEK, end)
      if (expected < ENOUGH_FOR_A_WEEK) continue
      squares.push((sum(this.#all.observed, end - WEEK, end) / expected - 1) ** 2)
    }
    const mean = squares.reduce((all, square) => all + square, 0) / Math.max(1, squares.length)
    return Math.max(LEAST_SPREAD, Math.sqrt(mean))
  }

  /** What stands out, oldest first, and each stretch of days once. */
  changes(): Change[] {
    const found = [WEEK_WINDOW, MAIL_WINDOW].flatMap((window) => this.#changesIn(window))
    const kept: Change[] = []
    for (const change of found.sort((a, b) => strength(b) - strength(a))) {
      if (!kept.some(({ fromDay, toDay }) => fromDay < change.toDay && change.fromDay < toDay)) {
        kept.push(change)
      }
    }
    return kept.sort((a, b) => a.fromDay - b.fromDay)
  }

  #changesIn({ length, silent, least }: Window): Change[] {
    const { end } = this.#days
    const { observed, expected } = compare(this.#census, this.#days, this.#rates, silent)
    const changes: Change[] = []
    for (let fromDay = 0; fromDay + length <= end; fromDay++) {
      const toDay = fromDay + length
      const [came, foreseen] = [sum(observed, fromDay, toDay), sum(expected, fromDay, toDay)]
      const ratio = came / foreseen
      const isChance = Math.abs(came - foreseen) <= CHANCE * Math.sqrt(Math.max(came, foreseen))
      if (isChance || (ratio >= least && ratio <= TOO_MANY)) continue
      changes.push({ fromDay, toDay, ratio })
    }
    return changes
  }
}
