/** Reads rows by number, and the first rows ahead of the run without losing them. */
import { asInputError, type Source, type SourceRow } from './source.ts'

/** Returns fewer rows only at the end of the input. */
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

export async function* prepend<T>(
  first: readonly T[],
  rest: AsyncIterable<T>,
): AsyncGenerator<T, void> {
  yield* first
  yield* rest
}

const ROWS = 100

export interface Ahead {
  readonly first: readonly SourceRow[]
  /** The source, as if nothing had been read of it. */
  readonly source: Source
}

export const readAhead = async (source: Source): Promise<Ahead> => {
  const { rows } = await take(source, ROWS)
  return { first: rows, source: { ...source, rows: prepend(rows, source.rows) } }
}
