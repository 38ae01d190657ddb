/** Measures how long Okta has not answered any request, or only with errors. */
import type { Clock } from '../../clock.ts'

export interface Silence {
  /** When it began, on the clock's scale. */
  readonly since: number
  /** The attempt of the request that has been repeated most often. */
  readonly attempt: number
  /** Whether Okta did answer, always with a status of 500 or above. */
  readonly hasErrors: boolean
}

export const createSilenceWatch = (clock: Clock) => {
  let inFlight = 0
  let silence: Silence | undefined
  return {
    /** A request is sent for the `attempt`th time. */
    sent(attempt: number): void {
      inFlight++
      silence ??= { since: clock.now(), attempt, hasErrors: false }
      silence = { ...silence, attempt: Math.max(silence.attempt, attempt) }
    },
    /** It has ended with this status, or without an answer. */
    ended(status: number | undefined): void {
      inFlight--
      if (status !== undefined && status < 500) {
        silence = inFlight === 0 ? undefined : { since: clock.now(), attempt: 1, hasErrors: false }
      } else if (silence && status !== undefined) silence = { ...silence, hasErrors: true }
    },
    /** Undefined while Okta answers, or nothing is in flight. */
    get current(): Silence | undefined {
      return silence
    },
  }
}
