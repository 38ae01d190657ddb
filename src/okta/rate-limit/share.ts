/** The part of a limit that we may use, lowered for some windows after refusals that no header announced. */

/** The share returns to the configured one after this many windows without such a refusal. */
const QUIET_WINDOWS = 10

const FACTOR = 0.5
const MIN_SHARE = 0.05

export class Share {
  readonly #configured: number
  #current: number
  #quietWindows = 0
  #isLowered = false

  /** @param configured above 0 and at most 1 */
  constructor(configured: number) {
    this.#configured = configured
    this.#current = configured
  }

  get current(): number {
    return this.#current
  }

  /** Call it when Okta refuses although its header reports room. Only the first call in a window counts. */
  lower(): void {
    this.#quietWindows = 0
    if (this.#isLowered) return
    this.#isLowered = true
    this.#current = Math.min(this.#current, Math.max(MIN_SHARE, this.#current * FACTOR))
  }

  startWindow(): void {
    this.#isLowered = false
    if (++this.#quietWindows > QUIET_WINDOWS) this.#current = this.#configured
  }
}
