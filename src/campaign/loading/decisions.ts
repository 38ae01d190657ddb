/** Reads the decisions of the ledger, and counts them for each name. */
import type { PastDecision } from '../../ledger/database/history.ts'
import type { Parts } from '../state/parts.ts'

/** What is read of a decision. */
export type LoadedDecision = Pick<
  PastDecision,
  'person' | 'account' | 'event' | 'decidedAt' | 'outcome' | 'callerGone'
>

export interface DecisionsLoaded {
  readonly count: number
  /** Of the oldest, the newest and the first VERIFIED, in milliseconds since 1970. */
  readonly oldestAt: number | undefined
  readonly newestAt: number | undefined
  readonly firstVerifiedAt: number | undefined
}

export const loadDecisions = async (
  decisions: AsyncIterable<LoadedDecision>,
  parts: Parts,
  onRow: () => Promise<void>,
): Promise<DecisionsLoaded> => {
  let count = 0
  let [oldest, newest, first] = [Infinity, -Infinity, Infinity]
  for await (const { person, account, event, decidedAt, outcome, callerGone } of decisions) {
    const isVerified = outcome === 'VERIFIED'
    // Rows that later versions add, such as unlocks, are no decisions about a password.
    if (!isVerified && outcome !== 'UNVERIFIED') continue
    const at = Date.parse(decidedAt)
    // In rows of earlier versions there is no person.
    parts.decide({ name: person ?? account, event, at, isVerified, isLost: callerGone })
    count++
    oldest = Math.min(oldest, at)
    newest = Math.max(newest, at)
    if (isVerified) first = Math.min(first, at)
    await onRow()
  }
  const known = (ms: number): number | undefined => (Number.isFinite(ms) ? ms : undefined)
  return { count, oldestAt: known(oldest), newestAt: known(newest), firstVerifiedAt: known(first) }
}
