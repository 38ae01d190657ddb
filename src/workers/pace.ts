/** Owns the estimates of how long a batch takes: measured on this machine, by cost and by width. */
import type { Calibration } from './protocol.ts'

/** How much one batch moves what the slowness is taken to be. */
const WEIGHT = 0.25

/** One batch counts as at most this many times as slow as expected: a single stall is not a slow machine. */
const MAX_SURPRISE = 2

/**
 * Slowness that is not seen again fades by half each so many milliseconds. Without that, a machine that
 * was slow for a moment could make a costly check look hopeless; it would be refused, so never be
 * measured again, and so stay refused.
 */
const FADE_MS = 10_000

/**
 * The worst of it is remembered longer, fading by half each so many milliseconds: a neighbour on the
 * same cores that has slowed them once does so again.
 */
const MEMORY_MS = 300_000

/** How many times as long as their best the batches of a cost take, as it was seen `at`. */
interface Slowness {
  readonly factor: number
  readonly at: number
}

const NONE: Slowness = { factor: 1, at: 0 }

const faded = ({ factor, at }: Slowness, now: number, halfMs: number): number =>
  1 + (factor - 1) * 2 ** ((at - now) / halfMs)

interface Row {
  /** Milliseconds by the number of checks in the batch, less one. */
  readonly best: (number | undefined)[]
  slowness: Slowness
  slowest: Slowness
}

/**
 * By cost, the best that a batch of each width ever took, and one slowness for all widths. So they keep
 * their order while the machine is slow: were each learnt by itself, the one in use would look worse
 * than those that nobody tried meanwhile. Costs share none of it, since what the main thread adds to a
 * batch is much for a cheap one and nothing for a costly one.
 */
export class Pace {
  readonly #rows = new Map<number, Row>()

  /** A thread's own trial; where several threads tried, the fastest counts. */
  calibrate({ cost, ms }: Calibration): void {
    for (const [i, tried] of ms.entries()) this.#keepBest(cost, i + 1, tried)
  }

  /** Told of each batch that ended. One that took no time, on a coarse clock, says nothing. */
  measure(cost: number, width: number, ms: number, now: number): void {
    if (ms <= 0) return
    const best = this.#keepBest(cost, width, Math.min(ms, this.#bestOf(cost, width)))
    const row = this.#row(cost)
    const slowness = faded(row.slowness, now, FADE_MS)
    const seen = Math.min(ms / best, slowness * MAX_SURPRISE)
    row.slowness = { factor: slowness + WEIGHT * (seen - slowness), at: now }
    const factor = Math.max(row.slowness.factor, faded(row.slowest, now, MEMORY_MS))
    row.slowest = { factor, at: now }
  }

  /** Milliseconds that a batch of `width` checks of this cost is expected to take, Infinity before any trial. */
  estimate(cost: number, width: number, now: number): number {
    return this.#bestOf(cost, width) * faded(this.#row(cost).slowness, now, FADE_MS)
  }

  /** The factor by which they would take longer if the machine became as slow again as it was lately. */
  relapse(cost: number, now: number): number {
    const { slowness, slowest } = this.#row(cost)
    return Math.max(1, faded(slowest, now, MEMORY_MS) / faded(slowness, now, FADE_MS))
  }

  /** What was never measured is taken from the nearest cost that was: each step doubles the work. */
  #bestOf(cost: number, width: number): number {
    const known = [...this.#rows].filter(([, { best }]) => best[width - 1] !== undefined)
    const distance = ([other]: readonly [number, unknown]): number => Math.abs(other - cost)
    const [first] = known.sort((a, b) => distance(a) - distance(b))
    return (first?.[1].best[width - 1] ?? Infinity) * 2 ** (cost - (first?.[0] ?? cost))
  }

  #keepBest(cost: number, width: number, ms: number): number {
    const { best } = this.#row(cost)
    return (best[width - 1] = Math.min(ms, best[width - 1] ?? ms))
  }

  #row(cost: number): Row {
    const row = this.#rows.get(cost) ?? { best: [], slowness: NONE, slowest: NONE }
    this.#rows.set(cost, row)
    return row
  }
}
