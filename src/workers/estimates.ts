/** Estimates how long a batch takes, from what batches of each kind and width took on this machine. */
import { keyOf, type Kind } from '../passwords/family.ts'
import type { Calibration } from './protocol.ts'

/** The weight of the newest batch in the slowdown. */
const NEW_WEIGHT = 0.25

/**
 * A batch counts as at most this many times as slow as was expected when it started: a single stall does not
 * mean a slow machine, however many threads it held up.
 */
const MAX_OVERRUN = 2

/**
 * A slowdown that is not measured again fades by half in so many milliseconds. Without that, a machine that
 * was slow for a moment could make a costly check look hopeless: it would be refused, so never be measured
 * again, and so stay refused.
 */
const FADE_MS = 10_000

/**
 * The worst slowdown fades by half in so many milliseconds: a program that has used the same cores once is
 * likely to do so again.
 */
const MEMORY_MS = 300_000

/** How many times as long as their best the batches of a kind took, as measured `at`. */
interface Slowdown {
  readonly factor: number
  readonly at: number
}

const faded = ({ factor, at }: Slowdown, now: number, halfMs: number): number =>
  1 + (factor - 1) * 2 ** ((at - now) / halfMs)

/** A batch that ended: the milliseconds that it took, and was expected to take. */
export interface EndedBatch {
  readonly kind: Kind
  readonly width: number
  readonly ms: number
  readonly expected: number
}

interface Row {
  readonly kind: Kind
  /** Milliseconds by the number of checks in the batch, less one. */
  readonly best: (number | undefined)[]
  slowdown: Slowdown
  worst: Slowdown
}

const NONE: Slowdown = { factor: 1, at: 0 }
const UNSEEN: Omit<Row, 'kind' | 'best'> = { slowdown: NONE, worst: NONE }

/**
 * For each kind, the best time of a batch of each width, and one slowdown for all widths. So the widths keep
 * their order while the machine is slow: if each had its own slowdown, the width in use would look worse than
 * those that were not tried meanwhile. Kinds share nothing, since what the main thread adds to a batch is a
 * lot for a cheap kind and nothing for a costly one.
 */
export class Estimates {
  readonly #rows = new Map<string, Row>()

  /** Takes the trial of a thread; of several trials, the fastest counts. */
  calibrate({ kind, ms }: Calibration): void {
    const { best } = this.#row(kind)
    for (const [i, tried] of ms.entries()) best[i] = Math.min(tried, best[i] ?? tried)
  }

  /** Takes each batch that ended, unless it took no time on a coarse clock. */
  measure({ kind, width, ms, expected }: EndedBatch, now: number): void {
    if (!(ms > 0)) return
    const row = this.#row(kind)
    const best = Math.min(ms, this.#bestOf(kind, width))
    row.best[width - 1] = best
    const slowdown = faded(row.slowdown, now, FADE_MS)
    const observed = Math.min(ms, expected * MAX_OVERRUN) / best
    row.slowdown = { factor: slowdown + NEW_WEIGHT * (observed - slowdown), at: now }
    const factor = Math.max(row.slowdown.factor, faded(row.worst, now, MEMORY_MS))
    row.worst = { factor, at: now }
  }

  /** Milliseconds that a batch of `width` checks of this kind is expected to take; Infinity before any trial. */
  estimate(kind: Kind, width: number, now: number): number {
    const { slowdown } = this.#rows.get(keyOf(kind)) ?? UNSEEN
    return this.#bestOf(kind, width) * faded(slowdown, now, FADE_MS)
  }

  /** The factor by which they would take longer if the machine became as slow again as it was recently. */
  recentSlowdown(kind: Kind, now: number): number {
    const { slowdown, worst } = this.#rows.get(keyOf(kind)) ?? UNSEEN
    return faded(worst, now, MEMORY_MS) / faded(slowdown, now, FADE_MS)
  }

  #bestOf(kind: Kind, width: number): number {
    return this.#rows.get(keyOf(kind))?.best[width - 1] ?? this.#extrapolate(kind, width)
  }

  /** From the nearest cost of the same name for which this width was measured: each step doubles the work. */
  #extrapolate({ name, cost }: Kind, width: number): number {
    const distance = ({ kind }: Row): number => Math.abs(kind.cost - cost)
    const [nearest] = [...this.#rows.values()]
      .filter(({ kind, best }) => kind.name === name && best[width - 1] !== undefined)
      .sort((a, b) => distance(a) - distance(b))
    if (!nearest) return Infinity
    return (nearest.best[width - 1] ?? Infinity) * 2 ** (cost - nearest.kind.cost)
  }

  #row(kind: Kind): Row {
    const row = this.#rows.get(keyOf(kind)) ?? { kind, ...UNSEEN, best: [] }
    this.#rows.set(keyOf(kind), row)
    return row
  }
}
