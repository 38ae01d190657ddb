/** The sandbox's date and time, which a fault can shift. */
import type { Clock } from '../clock.ts'

export interface SimulatedClockDeps {
  readonly clock: Clock
  /** The date and time at the start, in milliseconds since 1970. */
  readonly startedAt: number
  readonly skewMs: () => number
}

export const createSimulatedClock = ({ clock, startedAt, skewMs }: SimulatedClockDeps) => {
  const start = clock.now()
  const epoch = (at = clock.now()): number => Math.floor(startedAt + at - start + skewMs())
  let last = { ms: Number.NaN, text: '' }
  return {
    /** Milliseconds since 1970 in UTC, now or at a point on the clock's scale. */
    epoch,
    // Users created in the same millisecond share one string, since a million of them must fit into memory.
    iso(): string {
      const ms = epoch()
      if (ms !== last.ms) last = { ms, text: new Date(ms).toISOString() }
      return last.text
    },
  }
}

export type SimulatedClock = ReturnType<typeof createSimulatedClock>
