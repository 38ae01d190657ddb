/** The sandbox's date and time, which a fault can shift, and which can jump ahead. */
import type { Clock } from '../clock.ts'

export interface SimulatedClockDeps {
  readonly clock: Clock
  /** The date and time at the start, in milliseconds since 1970. */
  readonly startedAt: number
  readonly skewMs: () => number
}

export const createSimulatedClock = ({ clock, startedAt, skewMs }: SimulatedClockDeps) => {
  const start = clock.now()
  let jumped = 0
  const now = (): number => clock.now() + jumped
  const epoch = (at = now()): number => Math.floor(startedAt + at - start + skewMs())
  let last = { ms: Number.NaN, text: '' }
  return {
    /** Milliseconds on a scale that only grows. */
    now,
    /** Milliseconds since 1970 in UTC, now or at a point on the scale of `now`. */
    epoch,
    /** The same without jumps: what callers sign and check has the date of their own machine. */
    callersEpoch: (): number => epoch(clock.now()),
    // Users created in the same millisecond share one string, since a million of them must fit into memory.
    iso(): string {
      const ms = epoch()
      if (ms !== last.ms) last = { ms, text: new Date(ms).toISOString() }
      return last.text
    },
    /** Goes ahead to a date, and never back. */
    jumpTo(ms: number): void {
      jumped += Math.max(0, ms - epoch())
    },
  }
}

export type SimulatedClock = ReturnType<typeof createSimulatedClock>
