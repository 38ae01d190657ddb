/** Stops a run once Okta refuses many rows in a row for the same reason, and counts the rows that are left. */
import { AppError } from '../../errors/errors.ts'
import type { Journal } from '../journal/journal.ts'
import type { RowOutcome } from '../journal/row.ts'
import { reasonKindOf } from '../report/reasons.ts'
import { take } from '../sources/read-ahead.ts'
import type { Source, SourceRow } from '../sources/source.ts'

/** The run stops after this many equal refusals in a row, since the rows are then not the cause. */
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

const COUNTED_AT_ONCE = 1_000

interface Stopped {
  readonly source: Source
  /** Whether it is known to end, and still open. A stream may never end, so it is not read further. */
  readonly hasEnd: boolean
  readonly journal: Journal
  /** Rows that were read, but not processed. */
  readonly unread: readonly SourceRow[]
  /** The last row of earlier runs. */
  readonly known: number
}

const countLeft = async ({ source, journal, unread, known }: Stopped): Promise<number> => {
  const isNew = ({ number }: SourceRow): boolean => number > known
  let count = journal.counts.sending + unread.filter(isNew).length
  for (let done = false; !done;) {
    const next = await take(source, COUNTED_AT_ONCE)
    count += next.rows.filter(isNew).length
    done = next.done
  }
  return count
}

export const refusedAlike = async (cause: string, stopped: Stopped): Promise<AppError> => {
  // A source that cannot be read further must not hide the cause.
  const counting = stopped.hasEnd ? countLeft(stopped) : undefined
  const left = await counting?.catch(() => undefined)
  const rest =
    left === undefined ? 'The rows after them were' : left === 1 ? '1 row was' : `${left} rows were`
  const detail = `The cause: ${cause}\n${rest} left untouched.`
  return new AppError('refused_alike', { detail })
}
