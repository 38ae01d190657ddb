/** Owns what the summary says of people who were there already, read from the journal. */
import type { Journal, KeptRow } from '../journal/journal.ts'

/** By status in Okta; `UNKNOWN` where Okta was not asked. */
export type StatusCounts = Readonly<Record<string, number>>

/** The states of rows whose users were there before. */
export const WERE_THERE = ['existing', 'updated'] as const

export const createStatusCount = () => {
  const counts = new Map<string, number>()
  return {
    add: ({ status }: Pick<KeptRow, 'status'>): void => {
      const name = status ?? 'UNKNOWN'
      counts.set(name, (counts.get(name) ?? 0) + 1)
    },
    all: (): StatusCounts => Object.fromEntries(counts),
  }
}

/** How many people were there already, in all runs with this journal. */
export const countExisting = ({ rowsIn }: Pick<Journal, 'rowsIn'>): StatusCounts => {
  const count = createStatusCount()
  for (const row of rowsIn(...WERE_THERE)) count.add(row)
  return count.all()
}
