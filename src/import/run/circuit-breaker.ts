/** Owns the moment at which refusals are no longer about rows: Okta says one thing to each of them. */
import { reasonKindOf } from '../report/reason-kind.ts'
import type { RowOutcome } from '../journal/journal.ts'

/** How many rows in a row Okta may refuse for one cause before the run stops. */
export const MOST_ALIKE = 25

export interface CircuitBreaker {
  /**
   * Takes outcomes in the order in which Okta answered.
   * @returns the cause, without values of the rows, once it has refused too many in a row
   */
  readonly observe: (outcome: RowOutcome) => string | undefined
}

/** Duplicates and rows that Okta never answered say nothing about the others: they are passed over. */
export const createCircuitBreaker = (): CircuitBreaker => {
  let cause = ''
  let alike = 0
  return {
    observe: ({ state, isRefusal, errorCode = '', reason = '' }) => {
      if (state === 'created' || state === 'updated') alike = 0
      if (isRefusal !== true) return undefined
      const now = [errorCode, reasonKindOf(reason)].filter((part) => part !== '').join(' ')
      alike = now === cause ? alike + 1 : 1
      cause = now
      return alike >= MOST_ALIKE ? cause : undefined
    },
  }
}

/** For a run that goes on whatever Okta says. */
export const NO_CIRCUIT_BREAKER: CircuitBreaker = { observe: () => undefined }
