/** Owns the end of a server: the first signal drains it, the second or the limit cuts it short. */
import { endsWithin, type Clock } from '../clock.ts'

/**
 * Above the longest call (3 seconds) and the last entries of the ledger (4 seconds); with the longest delay
 * of a drain below the 30 seconds that container platforms usually grant.
 */
export const HARD_STOP_MS = 10_000

/** SIGHUP is what a terminal sends that closes, and what some service managers reload by. */
export const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

export type StopSignal = (typeof STOP_SIGNALS)[number]

export interface ShutdownDeps {
  /** Calls back for each signal. */
  readonly onSignal: (hear: (signal: StopSignal) => void) => void
  /** Stops accepting and finishes what was admitted. */
  readonly drain: (signal: StopSignal) => Promise<void>
  /** Milliseconds that the drain may take. */
  readonly hardStopMs?: number
  readonly clock: Clock
  readonly say: (message: string) => void
}

/**
 * Waits for the end.
 * @returns the exit code: 0 after a complete drain, 1 after one that was cut short
 */
export const untilStopped = ({
  onSignal,
  drain,
  hardStopMs = HARD_STOP_MS,
  clock,
  say,
}: ShutdownDeps): Promise<0 | 1> =>
  new Promise((resolve, reject) => {
    let draining = false
    const cutShort = (why: string): void => {
      say(`stopped at once: ${why}`)
      resolve(1)
    }
    const finish = async (signal: StopSignal): Promise<void> => {
      say(`${signal}: finishing what was admitted`)
      if (!(await endsWithin(clock, hardStopMs, drain(signal)))) {
        cutShort('the drain took too long')
        return
      }
      say('drained')
      resolve(0)
    }
    onSignal((signal) => {
      if (draining) {
        cutShort('a second signal came')
        return
      }
      draining = true
      finish(signal).catch(reject)
    })
  })
