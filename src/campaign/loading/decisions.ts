/** Reads the decisions of the ledger, and counts them for each name. */
import type { ReplayedDecision } from '../../ledger/database/replay.ts'
import type { Parts } from '../state/parts.ts'

export interface DecisionsLoaded {
  readonly count: number
  /** Of the newest and of the first VERIFIED, in milliseconds since 1970. */
  readonly newestAt: number | undefined
  readonly firstVerifiedAt: number | undefined
}

export const loadDecisions = async (
  decisions: AsyncIterable<ReplayedDecision>,
  parts: Parts,
  onRow: () => Promise<void>,
): Promise<DecisionsLoaded> => {
  let count = 0
  let [newest, first] = [-Infinity, Infinity]
  for await (const { name, event, at, outcome, gone } of decisions) {
    const isVerified = outcome === 'VERIFIED'
    // Rows that later versions add, such as unlocks, are no decisions about a password.
    if (!isVerified && outcome !== 'UNVERIFIED') continue
    const ms = Date.parse(at)
    parts.decide({ name, event, at: ms, isVerified, isLost: gone === 1 })
    count++
    newest = Math.max(newest, ms)
    if (isVerified) first = Math.min(first, ms)
    await onRow()
  }
  const known = (ms: number): number | undefined => (Number.isFinite(ms) ? ms : undefined)
  return { count, newestAt: known(newest), firstVerifiedAt: known(first) }
}
