/** Owns the part of a limit that we may use: less of it after refusals that no header foretold, for some windows. */

/** A limit that is not the one that the headers show has this many windows to show itself again. */
const QUIET_WINDOWS = 10

const FACTOR = 0.5
const MIN_SHARE = 0.05

export class Share {
  readonly #given: number
  #current: number
  #quietWindows = 0
  #isLoweredNow = false

  /** @param given above 0 and at most 1 */
  constructor(given: number) {
    this.#given = given
    this.#current = given
  }

  get current(): number {
    return this.#current
  }

  /** Okta refused although its own header says that the window has room. A crowd of refusals counts once. */
  lower(): void {
    this.#quietWindows = 0
    if (this.#isLoweredNow) return
    this.#isLoweredNow = true
    this.#current = Math.min(this.#current, Math.max(MIN_SHARE, this.#current * FACTOR))
  }

  beginWindow(): void {
    this.#isLoweredNow = false
    if (++this.#quietWindows > QUIET_WINDOWS) this.#current = this.#given
  }
}
