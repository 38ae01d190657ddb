/** Owns the estimates of how long a batch takes: measured on this machine, by cost and by width. */
import type { Calibration } from './protocol.ts'

/** How much one batch moves what the slowness is taken to be. */
const WEIGHT = 0.25

/**
 * One batch counts as at most this many times as slow as it was expected to be when it began: a single
 * stall is not a slow machine, however many threads were in it.
 */
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

const faded = ({ factor, at }: Slowness, now: number, halfMs: number): number =>
  1 + (factor - 1) * 2 ** ((at - now) / halfMs)

/** A batch that ended, in milliseconds: what it took, and what it was expected to take. */
export interface Ended {
  readonly cost: number
  readonly width: number
  readonly ms: number
  readonly expected: number
}

interface Row {
  /** Milliseconds by the number of checks in the batch, less one. */
  readonly best: (number | undefined)[]
  slowness: Slowness
  slowest: Slowness
}

const NONE: Slowness = { factor: 1, at: 0 }
const UNSEEN: Omit<Row, 'best'> = { slowness: NONE, slowest: NONE }

/**
 * By cost, the best that a batch of each width ever took, and one slowness for all widths. So they keep
 * their order while the machine is slow: were each learnt by itself, the one in use would look worse
 * than those that nobody tried meanwhile. Costs share none of it, since what the main thread adds to a
 * batch is much for a cheap one and nothing for a costly one.
 */
export class Estimates {
  readonly #rows = new Map<number, Row>()

  /** A thread's own trial; where several threads tried, the fastest counts. */
  calibrate({ cost, ms }: Calibration): void {
    const { best } = this.#row(cost)
    for (const [i, tried] of ms.entries()) best[i] = Math.min(tried, best[i] ?? tried)
  }

  /** Told of each batch that ended. One that took no time, on a coarse clock, says nothing. */
  measure({ cost, width, ms, expected }: Ended, now: number): void {
    if (!(ms > 0)) return
    const row = this.#row(cost)
    const best = Math.min(ms, this.#bestOf(cost, width))
    row.best[width - 1] = best
    const slowness = faded(row.slowness, now, FADE_MS)
    const seen = Math.min(ms, expected * MAX_SURPRISE) / best
    row.slowness = { factor: slowness + WEIGHT * (seen - slowness), at: now }
    const factor = Math.max(row.slowness.factor, faded(row.slowest, now, MEMORY_MS))
    row.slowest = { factor, at: now }
  }

  /** Milliseconds that a batch of `width` checks of this cost is expected to take, Infinity before any trial. */
  estimate(cost: number, width: number, now: number): number {
    const { slowness } = this.#rows.get(cost) ?? UNSEEN
    return this.#bestOf(cost, width) * faded(slowness, now, FADE_MS)
  }

  /** The factor by which they would take longer if the machine became as slow again as it was lately. */
  relapse(cost: number, now: number): number {
    const { slowness, slowest } = this.#rows.get(cost) ?? UNSEEN
    return faded(slowest, now, MEMORY_MS) / faded(slowness, now, FADE_MS)
  }

  #bestOf(cost: number, width: number): number {
    return this.#rows.get(cost)?.best[width - 1] ?? this.#extrapolate(cost, width)
  }

  /** From the nearest cost where this width was measured: each step doubles the work. */
  #extrapolate(cost: number, width: number): number {
    const distance = ([other]: readonly [number, Row]): number => Math.abs(other - cost)
    const [nearest] = [...this.#rows]
      .filter(([, { best }]) => best[width - 1] !== undefined)
      .sort((a, b) => distance(a) - distance(b))
    if (!nearest) return Infinity
    const [other, { best }] = nearest
    return (best[width - 1] ?? Infinity) * 2 ** (cost - other)
  }

  #row(cost: number): Row {
    const row = this.#rows.get(cost) ?? { ...UNSEEN, best: [] }
    this.#rows.set(cost, row)
    return row
  }
}
