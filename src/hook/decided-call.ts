/** What the hook tells of a decision, and to whom. */
import { randomUUID } from 'node:crypto'
import type { Verdict } from './verify-call.ts'

/** What is known of a call before it is decided. */
interface DecidedFor {
  /** Okta's id of the call. */
  readonly eventId: string | undefined
  /** The login as it may be written down. */
  readonly account: string
  /** Whether the caller had hung up when the decision was made, so that Okta does not know it. */
  readonly callerGone: boolean
}

export interface DecidedCall extends DecidedFor {
  /** Random. Two decisions about one event are two; one that is written twice is one. */
  readonly id: string
  /** A keyed fingerprint of the account that was found, else of the login. */
  readonly person: string
  readonly outcome: Verdict['credential']
  readonly reason: Verdict['reason']
  /** Of the account's own hash, where it has a sound one. */
  readonly hash: { readonly family: string; readonly cost: number } | undefined
  /** Milliseconds that the check waited, and that it took. */
  readonly waitMs: number
  readonly runMs: number
}

export interface DecisionLog {
  /**
   * An answer is on its way, so it never rejects and resolves soon whatever happens: as a rule when a
   * crash cannot take the decision any more.
   */
  record(decided: DecidedCall): Promise<void>
}

export const toDecidedCall = (
  call: DecidedFor,
  { credential: outcome, reason, person, hash, waitMs = 0, runMs = 0 }: Verdict,
): DecidedCall => ({ id: randomUUID(), ...call, person, outcome, reason, hash, waitMs, runMs })
