/** How long Okta has given no good answer, seen over all requests. */
import type { Clock } from '../../clock.ts'

export interface Silence {
  /** When it began, on the clock's scale. */
  readonly since: number
  /** How often the request was sent that is farthest in its repeats. */
  readonly attempt: number
  /** Whether there were answers, all with a status of 500 or above. */
  readonly hasErrors: boolean
}

export interface SilenceWatch {
  /** A request leaves for the `attempt`th time. */
  sent(attempt: number): void
  /** It has ended with this status, or without an answer. */
  ended(status: number | undefined): void
  /** Undefined where nothing is asked, or Okta answers. */
  readonly now: Silence | undefined
}

export const createSilenceWatch = (clock: Clock): SilenceWatch => {
  let underWay = 0
  let silence: Silence | undefined
  return {
    sent(attempt) {
      underWay++
      silence ??= { since: clock.now(), attempt, hasErrors: false }
      silence = { ...silence, attempt: Math.max(silence.attempt, attempt) }
    },
    ended(status) {
      underWay--
      if (status !== undefined && status < 500) {
        silence = underWay === 0 ? undefined : { since: clock.now(), attempt: 1, hasErrors: false }
      } else if (silence && status !== undefined) silence = { ...silence, hasErrors: true }
    },
    get now() {
      return silence
    },
  }
}
