/** Estimates how likely people return after any silence: the product-limit (Kaplan-Meier) estimator, in bins of silence. */
import type { Census } from './census.ts'
import { BINS, binOf, edgeOf } from './silence.ts'

/** The days that count: whole days from go-live to `end`, without those after a mail. */
export interface Days {
  readonly end: number
  readonly isOut: (day: number) => boolean
}

export interface CellDay {
  readonly row: number
  readonly day: number
  /** At the start of the day. */
  readonly silence: number
  readonly atRisk: number
  readonly moved: number
}

/** Visits each cell on each day that counts. People who were imported late enter late, and those who have not come are censored at the end. */
export const forEachDay = (census: Census, { end, isOut }: Days, visit: (at: CellDay) => void) => {
  for (let row = 0; row < census.unknownRow; row++) {
    let atRisk = 0
    const lastSeen = census.cells.lastSeenOf(row)
    for (let day = 0; day < end; day++) {
      atRisk += census.entered(row, day)
      const moved = census.movedOn(row, day)
      if (atRisk > 0 && !isOut(day)) {
        visit({ row, day, silence: Math.max(0, lastSeen + day), atRisk, moved })
      }
      atRisk -= moved
    }
  }
}

/** Fewer person-days than these say nothing of a rate: such a bin is read together with its neighbours. */
const ENOUGH_PERSON_DAYS = 100

export class ReturnRates {
  readonly #personDays = new Float64Array(BINS)
  readonly #moved = new Float64Array(BINS)
  readonly #rate = new Float64Array(BINS)
  /** The sum of the rates of all days before each bin. */
  readonly #before = new Float64Array(BINS)

  /** @param isSkipped rows that are to have no influence */
  constructor(census: Census, days: Days, isSkipped: (row: number) => boolean = () => false) {
    forEachDay(census, days, ({ row, silence, atRisk, moved }) => {
      if (isSkipped(row)) return
      const bin = binOf(silence)
      this.#personDays[bin] = (this.#personDays[bin] ?? 0) + atRisk
      this.#moved[bin] = (this.#moved[bin] ?? 0) + moved
    })
    this.#readRates()
    for (let bin = 1; bin < BINS; bin++) {
      const width = edgeOf(bin) - edgeOf(bin - 1)
      this.#before[bin] = (this.#before[bin - 1] ?? 0) + width * (this.#rate[bin - 1] ?? 0)
    }
  }

  #readRates(): void {
    let [first, personDays, moved] = [0, 0, 0]
    for (let bin = 0; bin < BINS; bin++) {
      personDays += this.#personDays[bin] ?? 0
      moved += this.#moved[bin] ?? 0
      if (personDays < ENOUGH_PERSON_DAYS) continue
      // Of n at the start of a day, d came on it; half a person stays, since nothing is ever certain.
      this.#rate.fill(-Math.log(1 - Math.min(moved, personDays - 0.5) / personDays), first)
      ;[first, personDays, moved] = [bin + 1, 0, 0]
    }
  }

  /** The silence up to which rates are known, from the silence `from` on. */
  reachFrom(from: number): number {
    const gap = this.#personDays.findIndex(
      (personDays, bin) => bin >= binOf(from) && personDays < ENOUGH_PERSON_DAYS,
    )
    return gap < 0 ? Infinity : edgeOf(gap)
  }

  /** H(s): the rates of all days of a silence, added up. */
  cumulative(silence: number): number {
    const bin = binOf(silence)
    return (this.#before[bin] ?? 0) + (silence - edgeOf(bin)) * (this.#rate[bin] ?? 0)
  }

  /** The chance that somebody returns within some days after a silence. */
  chance(silence: number, days: number, scale = 1): number {
    return -Math.expm1(-scale * (this.cumulative(silence + days) - this.cumulative(silence)))
  }
}
