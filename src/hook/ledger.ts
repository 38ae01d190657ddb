/** Owns what the hook tells of a decision, and to whom. */
import type { Verdict } from './judge.ts'

export interface DecidedCall {
  readonly eventId: string | undefined
  /** The login as it may be written down. */
  readonly account: string
  readonly outcome: Verdict['credential']
  readonly reason: Verdict['reason']
  /** Of the account's own hash, where it has a sound one. */
  readonly hash: { readonly family: string; readonly cost: number } | undefined
  /** Milliseconds that the check waited, and that it took. */
  readonly waitMs: number
  readonly runMs: number
}

export interface Ledger {
  /**
   * An answer is on its way, so it never rejects and resolves soon whatever happens: as a rule when a
   * crash cannot take the decision any more.
   */
  record(decided: DecidedCall): Promise<void>
}

export const describeCall = (
  eventId: string | undefined,
  account: string,
  { credential: outcome, reason, hash, waitMs = 0, runMs = 0 }: Verdict,
): DecidedCall => ({ eventId, account, outcome, reason, hash, waitMs, runMs })
