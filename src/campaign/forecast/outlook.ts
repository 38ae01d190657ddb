/** What can be foreseen on some day: who comes, from the rates of return, how busy the last weeks were, and how much weeks differ. */
import type { Census } from './census.ts'
import { Course } from './course.ts'
import { type Days, ReturnRates } from './return-rates.ts'

/** Of a normal distribution, this many standard deviations to each side hold 80 %. */
const DEVIATIONS = 1.28

/** How many people, and the range that holds 8 of 10 times. */
export interface Range {
  readonly people: number
  readonly low: number
  readonly high: number
}

export class Outlook {
  readonly rates: ReturnRates
  readonly course: Course
  readonly scale: number
  readonly spread: number
  readonly #census: Census
  readonly #at: number
  /** Who can still come: of each row of the census. */
  readonly #left: Float64Array
  /** Recent movers whose last login is unknown, for each one whose last login is known. */
  readonly #unknownForKnown: number

  /** @param at the day since go-live to look from: today, or an earlier whole day */
  constructor(census: Census, days: Days, at: number) {
    this.rates = new ReturnRates(census, days)
    this.course = new Course(census, days, this.rates)
    this.scale = this.course.scale()
    this.spread = this.course.spread()
    this.#census = census
    this.#at = at
    this.#left = Float64Array.from({ length: census.unknownRow + 1 }, (_, row) =>
      at === census.today ? census.left(row) : census.leftAt(row, at),
    )
    this.#unknownForKnown = this.#readUnknown()
  }

  /** @param silence in days until now; undefined if the last login is unknown */
  chanceWithin = (silence: number | undefined, days: number): number => {
    if (silence !== undefined) return this.rates.chance(Math.max(0, silence), days, this.scale)
    const left = this.#left[this.#census.unknownRow] ?? 0
    return left === 0 ? 0 : Math.min(left, this.#unknownForKnown * this.#knownComing(days)) / left
  }

  /** How many come within some days. */
  coming(days: number): number {
    const unknown = this.#left[this.#census.unknownRow] ?? 0
    return this.#knownComing(days) + unknown * this.chanceWithin(undefined, days)
  }

  /** How many come between now and `day`, of those who were imported after this outlook's day. */
  comingOfLater(day: number): number {
    let coming = 0
    for (let row = 0; row < this.#census.unknownRow; row++) {
      const lastSeen = this.#census.cells.lastSeenOf(row)
      for (let from = Math.floor(this.#at) + 1; from < day; from++) {
        const people = this.#census.entered(row, from)
        if (people > 0) coming += people * this.chanceWithin(lastSeen + from, day - from)
      }
    }
    return coming * (1 + this.#unknownForKnown)
  }

  rangeOf(people: number): Range {
    const width = DEVIATIONS * Math.sqrt(people + (this.spread * people) ** 2)
    return { people, low: Math.max(0, people - width), high: people + width }
  }

  #knownComing(days: number): number {
    let coming = 0
    for (let row = 0; row < this.#census.unknownRow; row++) {
      const left = this.#left[row] ?? 0
      const silence = this.#census.cells.lastSeenOf(row) + this.#at
      if (left > 0) coming += left * this.chanceWithin(silence, days)
    }
    return coming
  }

  #readUnknown(): number {
    let [known, unknown] = [0, 0]
    for (const day of this.course.recentDays()) {
      unknown += this.#census.movedOn(this.#census.unknownRow, day)
      for (let row = 0; row < this.#census.unknownRow; row++) {
        known += this.#census.movedOn(row, day)
      }
    }
    return known === 0 ? 0 : unknown / known
  }
}
