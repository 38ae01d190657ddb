/** Stops a run once Okta refuses many rows in a row for the same reason, since the rows are then not the cause. */
import { reasonKindOf } from '../report/reasons.ts'
import type { RowOutcome } from '../journal/row.ts'

/** The run stops after this many equal refusals in a row. */
export const MAX_SAME_REFUSALS = 25

export interface CircuitBreaker {
  /**
   * Called with each outcome, in the order of Okta's answers.
   * @returns the reason, without values of the rows, once there were too many equal refusals
   */
  readonly observe: (outcome: RowOutcome) => string | undefined
}

/** Duplicates and rows without an answer prove nothing about other rows, and are ignored. */
export const createCircuitBreaker = (): CircuitBreaker => {
  let cause = ''
  let equal = 0
  return {
    observe: ({ state, isRefusal, errorCode = '', reason = '' }) => {
      if (state === 'created' || state === 'updated') equal = 0
      if (isRefusal !== true) return undefined
      const now = [errorCode, reasonKindOf(reason)].filter((part) => part !== '').join(' ')
      equal = now === cause ? equal + 1 : 1
      cause = now
      return equal >= MAX_SAME_REFUSALS ? cause : undefined
    },
  }
}

/** For `--keep-going`. */
export const NO_CIRCUIT_BREAKER: CircuitBreaker = { observe: () => undefined }
