/** Owns what the summary says of people who were there already, read from the journal. */
import type { Journal } from './journal.ts'

/**
 * How many people were there already, by their status in Okta, in all runs with this journal; `UNKNOWN` where
 * Okta was not asked.
 */
export const countExisting = ({ rowsIn }: Pick<Journal, 'rowsIn'>): Record<string, number> => {
  const counts = new Map<string, number>()
  for (const { status } of rowsIn('existing', 'updated')) {
    const name = status ?? 'UNKNOWN'
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return Object.fromEntries(counts)
}
