/** Owns what the ledger says of an account: how far its move to Okta has come. */

/**
 * An account that the ledger does not have was never seen.
 * - `unverified`: tried, and Okta was never told VERIFIED (a caller who had hung up is not told);
 * - `verified`: Okta was told VERIFIED once, and should hold the password;
 * - `verified_again`: Okta asked again after a VERIFIED, so it did not keep the password (an org in
 *   read-only mode does so);
 * - `confirmed`: Okta was seen to hold the password.
 */
export type State = 'unverified' | 'verified' | 'verified_again' | 'confirmed'

export interface AccountState {
  readonly account: string
  readonly state: State
  /** Calls of Okta that were told VERIFIED. A call that it repeats at another replica is one. */
  readonly verifications: number
  /** UTC, ISO 8601. */
  readonly lastVerifiedAt: string | undefined
  readonly confirmedAt: string | undefined
}

export interface Facts {
  readonly account: string
  readonly verifications: number
  readonly lastVerifiedAt: string | undefined
  readonly confirmedAt: string | undefined
}

/** A VERIFIED after the confirmation takes it back: Okta would not ask if it held the password. */
const stateOf = ({ verifications, lastVerifiedAt = '', confirmedAt }: Facts): State => {
  if (confirmedAt !== undefined && confirmedAt >= lastVerifiedAt) return 'confirmed'
  if (verifications === 0) return 'unverified'
  return verifications === 1 ? 'verified' : 'verified_again'
}

export const toAccountState = (facts: Facts): AccountState => ({ ...facts, state: stateOf(facts) })
