/** Owns the estimates of how long a batch takes: measured on this machine, by cost and by width. */
import type { Calibration } from './protocol.ts'

/** How much one measure moves an estimate. */
const WEIGHT = 0.25

/** One measure counts as at most this many times the estimate: a single stall is not a slow machine. */
const MAX_SURPRISE = 2

/**
 * An estimate that is not renewed fades towards the best ever seen, by half each so many milliseconds,
 * or to as much more than that as other batches take at the time. Without that, a machine that was slow
 * for a moment could make a costly check look hopeless; it would be refused, so never be measured again,
 * and so stay refused.
 */
const FADE_MS = 10_000

/**
 * How slow the machine became is remembered longer, fading by half each so many milliseconds: a
 * neighbour on the same cores that has slowed them once does so again.
 */
const MEMORY_MS = 300_000

/** What is left of a difference that was last seen `at`. */
const faded = (at: number, now: number, halfMs = FADE_MS): number => 2 ** ((at - now) / halfMs)

interface Cell {
  best: number
  ms: number
  at: number
}

/** How many times their best batches of any kind take, as it was seen `at`. */
interface Slowness {
  factor: number
  at: number
}

const fadedFactor = ({ factor, at }: Slowness, now: number, halfMs: number): number =>
  1 + (factor - 1) * faded(at, now, halfMs)

export class Pace {
  /** By cost, then by the number of checks in the batch, less one. */
  readonly #cells = new Map<number, (Cell | undefined)[]>()
  #slowness: Slowness = { factor: 1, at: 0 }
  #slowest: Slowness = { factor: 1, at: 0 }

  /** A thread's own trial; where several threads tried, the fastest counts. */
  calibrate({ cost, ms }: Calibration, now: number): void {
    for (const [i, tried] of ms.entries()) {
      const best = Math.min(tried, this.#row(cost)[i]?.best ?? tried)
      this.#row(cost)[i] = { best, ms: best, at: now }
    }
  }

  /** Told of each batch that ended. */
  measure(cost: number, width: number, ms: number, now: number): void {
    const row = this.#row(cost)
    const expected = this.estimate(cost, width, now)
    const cell = row[width - 1]
    const surprise = Math.min(ms, expected * MAX_SURPRISE) - expected
    const best = Math.min(ms, cell?.best ?? expected)
    const learnt = cell ? expected + WEIGHT * surprise : ms
    row[width - 1] = { best, ms: learnt, at: now }
    const slowness = this.#slownessAt(now)
    const slower = (best > 0 ? learnt / best : 1) - slowness
    this.#slowness = { factor: slowness + WEIGHT * slower, at: now }
    const factor = Math.max(this.#slowness.factor, fadedFactor(this.#slowest, now, MEMORY_MS))
    this.#slowest = { factor, at: now }
  }

  /**
   * Milliseconds that a batch of `width` checks of this cost is expected to take. A cost that was never
   * measured is taken from the nearest one that was: each step of a bcrypt cost doubles the work.
   */
  estimate(cost: number, width: number, now: number): number {
    const cell = this.#cells.get(cost)?.[width - 1]
    if (cell) {
      const usual = cell.best * this.#slownessAt(now)
      return usual + (cell.ms - usual) * faded(cell.at, now)
    }
    const known = [...this.#cells].filter(([, row]) => row[width - 1]).map(([other]) => other)
    if (known.length === 0) return 0
    const nearest = known.reduce((a, b) => (Math.abs(b - cost) < Math.abs(a - cost) ? b : a))
    return this.estimate(nearest, width, now) * 2 ** (cost - nearest)
  }

  /** The factor by which batches would take longer if the machine became as slow again as it was lately. */
  relapse(now: number): number {
    return Math.max(1, fadedFactor(this.#slowest, now, MEMORY_MS) / this.#slownessAt(now))
  }

  #slownessAt(now: number): number {
    return fadedFactor(this.#slowness, now, FADE_MS)
  }

  #row(cost: number): (Cell | undefined)[] {
    const row = this.#cells.get(cost) ?? []
    this.#cells.set(cost, row)
    return row
  }
}
