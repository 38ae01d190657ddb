/** Owns what the summary says of rows beyond their number, read from the journal: who was there, and why rows failed. */
import type { Journal } from './journal.ts'
import { kindOf } from './kinds.ts'

export interface Reason {
  /** Without values of the rows. */
  readonly reason: string
  /** Okta's; absent where the row was never sent. */
  readonly errorCode?: string
  readonly rows: number
  /** Of the first of them. */
  readonly line: number
}

/** Of all runs with this journal. */
export interface Findings {
  /** How many people were there already, by their status in Okta; `UNKNOWN` where Okta was not asked. */
  readonly existing: Readonly<Record<string, number>>
  /** Why rows were rejected or failed, the most frequent reason first. */
  readonly reasons: readonly Reason[]
}

type Rows = Pick<Journal, 'rowsIn'>

const countExisting = ({ rowsIn }: Rows): Record<string, number> => {
  const counts = new Map<string, number>()
  for (const { status } of rowsIn('existing')) {
    const name = status ?? 'UNKNOWN'
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return Object.fromEntries(counts)
}

/** Words that are new in every row would else fill the memory. */
const MAX_REASONS = 100
const OTHERS = 'other reasons'

const countReasons = ({ rowsIn }: Rows): Reason[] => {
  const found = new Map<string, Reason>()
  for (const { line, errorCode, reason: words } of rowsIn('rejected', 'failed')) {
    const reason = kindOf(words ?? '')
    const own = `${errorCode ?? ''} ${reason}`
    const isOther = !found.has(own) && found.size >= MAX_REASONS
    const kind = isOther
      ? { reason: OTHERS }
      : { reason, ...(errorCode !== null && errorCode !== '' && { errorCode }) }
    const key = isOther ? OTHERS : own
    const known = found.get(key) ?? { ...kind, rows: 0, line }
    found.set(key, { ...known, rows: known.rows + 1 })
  }
  return [...found.values()].sort((a, b) => b.rows - a.rows)
}

export const findingsOf = (rows: Rows): Findings => ({
  existing: countExisting(rows),
  reasons: countReasons(rows),
})
