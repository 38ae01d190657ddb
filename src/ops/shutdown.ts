/** Ends a server: the first signal lets it finish its work, a second signal or the time limit stops it immediately. */
import type { Clock } from '../clock.ts'

/**
 * Longer than the longest call (3 seconds) and the end of the ledger (4 seconds). With the longest
 * DRAIN_DELAY_MS it is shorter than the 30 seconds that container platforms usually allow.
 */
export const HARD_STOP_MS = 10_000

/** SIGHUP is sent by a terminal that closes, and by some service managers to reload. */
export const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

export type StopSignal = (typeof STOP_SIGNALS)[number]

interface ShutdownDeps {
  readonly onSignal: (listener: (signal: StopSignal) => void) => void
  /** Stops accepting and finishes what was admitted. */
  readonly drain: (signal: StopSignal) => Promise<void>
  /** Milliseconds that the drain may take. */
  readonly hardStopMs?: number
  readonly clock: Clock
  readonly log: (message: string) => void
  /** What is said after the signal, and at the end. */
  readonly words?: StopWords
}

export interface StopWords {
  readonly stopping: string
  readonly stopped: string
}

const FINISHES: StopWords = {
  stopping: 'finishing the work in progress',
  stopped: 'the work in progress is finished',
}

/**
 * Waits for the end.
 * @returns the exit code: 0 after a complete drain, 1 after one that was cut short
 */
export const untilStopped = (deps: ShutdownDeps): Promise<0 | 1> =>
  new Promise((resolve, reject) => {
    const { onSignal, drain, hardStopMs = HARD_STOP_MS, clock, log, words = FINISHES } = deps
    let isDraining = false
    const cutShort = (why: string): void => {
      log(`stopping immediately: ${why}`)
      resolve(1)
    }
    onSignal((signal) => {
      if (isDraining) {
        cutShort('a second signal was received')
        return
      }
      isDraining = true
      log(`${signal}: ${words.stopping}`)
      const cancel = clock.after(hardStopMs, () => cutShort('the work in progress took too long'))
      // At once, so that this comes before the summary of a command that waits for the same work.
      const finish = (): void => {
        cancel()
        log(words.stopped)
        resolve(0)
      }
      drain(signal).then(finish, reject)
    })
  })
