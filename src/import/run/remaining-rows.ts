/** Owns the reading of rows in numbers: those that come next, and how many a run that stops leaves untouched. */
import { AppError } from '../../errors/errors.ts'
import type { Journal } from '../journal/journal.ts'
import { asInputError, type Source, type SourceRow } from '../sources/source.ts'

/** Up to so many rows, fewer only at the end of the input. */
export const take = async (
  source: Source,
  most: number,
): Promise<{ rows: SourceRow[]; done: boolean }> => {
  const rows: SourceRow[] = []
  while (rows.length < most) {
    const next = await source.rows.next().catch((err: unknown) => {
      throw asInputError(err)
    })
    if (next.done) return { rows, done: true }
    rows.push(next.value)
  }
  return { rows, done: false }
}

const COUNTED_AT_ONCE = 1_000

interface Stopped {
  readonly source: Source
  /** Whether its end is known to come; it is open then. Of a stream nobody knows, so it is not read on. */
  readonly hasEnd: boolean
  readonly journal: Journal
  /** What was read and not taken up. */
  readonly unread: readonly SourceRow[]
  /** The last row that an earlier run took up. */
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

/** The end of a run to whose rows Okta said one thing again and again. */
export const refusedAlike = async (cause: string, stopped: Stopped): Promise<AppError> => {
  // The number is good to know; a source that cannot be read on must not hide the cause.
  const counting = stopped.hasEnd ? countLeft(stopped) : undefined
  const left = await counting?.catch(() => undefined)
  const rest =
    left === undefined ? 'The rows after them were' : left === 1 ? '1 row was' : `${left} rows were`
  const detail = `The cause: ${cause}\n${rest} left untouched.`
  return new AppError('refused_alike', { detail })
}
