/** A clock whose waits take no time, except those of the network. */
import { systemClock, type Clock } from '../../src/clock.ts'

export interface RushingClock extends Clock {
  /** Milliseconds of waits that were left out. */
  readonly passed: () => number
}

export const createRushingClock = (): RushingClock => {
  let passed = 0
  return {
    passed: () => passed,
    now: () => systemClock.now() + passed,
    epochMs: () => systemClock.epochMs(),
    after: (ms, run) => {
      let isOff = false
      setImmediate(() => {
        if (isOff) return
        passed += ms
        run()
      })
      return () => {
        isOff = true
      }
    },
  }
}
