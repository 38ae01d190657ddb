/** Counts people by the day they were last seen and the day they moved: two arrays, whose size does not depend on how many people there are. */
import { LastSeenCells } from './silence.ts'

export interface Person {
  /** In days before go-live; below zero if seen after it, before an import of their own. Undefined: unknown, or never. */
  readonly lastSeenBefore: number | undefined
  /** In days after go-live. */
  readonly movedOnDay: number | undefined
  /** In days after go-live: the day of their import. Go-live if not given. */
  readonly atRiskFromDay?: number
  /** They cannot come: blocked, locked, or Okta did not keep their password. */
  readonly isLeftOut?: boolean
}

export class Census {
  /** In days since go-live, with its fraction. */
  readonly today: number
  /** Whole days since go-live; the day that has this number is today, and not over. */
  readonly days: number
  readonly cells: LastSeenCells
  /** The row after those of the cells has the people whose last login is unknown. */
  readonly unknownRow: number
  moved = 0
  leftOut = 0
  readonly #width: number
  readonly #entered: Uint32Array
  readonly #moved: Uint32Array

  constructor(today: number) {
    this.today = Math.max(0, today)
    this.days = Math.floor(this.today)
    this.cells = new LastSeenCells(this.days)
    this.unknownRow = this.cells.count
    this.#width = this.days + 1
    this.#entered = new Uint32Array((this.unknownRow + 1) * this.#width)
    this.#moved = new Uint32Array(this.#entered.length)
  }

  add({ lastSeenBefore, movedOnDay, atRiskFromDay = 0, isLeftOut = false }: Person): void {
    if (movedOnDay !== undefined) this.moved++
    else if (isLeftOut) {
      this.leftOut++
      return
    }
    // Moved before go-live, such as the members of a pilot: they were never at risk.
    if (movedOnDay !== undefined && movedOnDay < 0) return
    const from = Math.max(0, Math.min(atRiskFromDay, movedOnDay ?? Infinity, this.days))
    // Seen in the legacy system after their import, while both run: silence is never below zero.
    const lastSeen = Math.max(-from, lastSeenBefore ?? 0)
    const row = lastSeenBefore === undefined ? this.unknownRow : this.cells.indexOf(lastSeen)
    this.#count(this.#entered, row, from)
    if (movedOnDay !== undefined) this.#count(this.#moved, row, movedOnDay)
  }

  entered(row: number, day: number): number {
    return this.#entered[row * this.#width + day] ?? 0
  }

  movedOn(row: number, day: number): number {
    return this.#moved[row * this.#width + day] ?? 0
  }

  /** How many of a row can still come at the start of a day, among those imported by its end. */
  leftAt(row: number, day: number): number {
    let left = this.entered(row, day)
    for (let earlier = 0; earlier < day; earlier++) {
      left += this.entered(row, earlier) - this.movedOn(row, earlier)
    }
    return left
  }

  /** How many of a row can still come now. */
  left(row: number): number {
    return this.leftAt(row, this.days) - this.movedOn(row, this.days)
  }

  /** Everybody who has not moved, with those who cannot come. */
  notMoved(): number {
    let notMoved = this.leftOut
    for (let row = 0; row <= this.unknownRow; row++) notMoved += this.left(row)
    return notMoved
  }

  /** How many moved from day `from` until day `to` began. */
  movedBetween(from: number, to: number): number {
    let moved = 0
    for (let row = 0; row <= this.unknownRow; row++) {
      for (let day = from; day < to; day++) moved += this.movedOn(row, day)
    }
    return moved
  }

  /** How many of a row are or were able to come since go-live. */
  people(row: number): number {
    let people = 0
    for (let day = 0; day <= this.days; day++) people += this.entered(row, day)
    return people
  }

  #count(counts: Uint32Array, row: number, day: number): void {
    const at = row * this.#width + Math.min(this.days, Math.floor(day))
    counts[at] = (counts[at] ?? 0) + 1
  }
}
