/** Describes the end of a run that the circuit breaker has stopped, with the number of rows that are left. */
import { AppError } from '../../errors/errors.ts'
import type { Journal } from '../journal/journal.ts'
import { take } from '../sources/read-ahead.ts'
import type { Source, SourceRow } from '../sources/source.ts'

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
