/** Owns the reading of the first rows before the run begins, which then meets them all the same. */
import { take } from '../run/remaining-rows.ts'
import type { Source, SourceRow } from './source.ts'

async function* before(
  first: readonly SourceRow[],
  rest: AsyncIterator<SourceRow, void>,
): AsyncGenerator<SourceRow, void> {
  yield* first
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
}

const ROWS = 100

export interface Ahead {
  readonly first: readonly SourceRow[]
  /** The source, as if nothing had been read of it. */
  readonly source: Source
}

export const readAhead = async (source: Source): Promise<Ahead> => {
  const { rows } = await take(source, ROWS)
  return { first: rows, source: { ...source, rows: before(rows, source.rows) } }
}
