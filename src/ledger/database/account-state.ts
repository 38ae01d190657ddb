/** How far an account has moved to Okta, as the ledger shows it. */

/**
 * An account without a row in the ledger was never seen.
 * - `unverified`: tried, and Okta never got a VERIFIED (a caller who had hung up gets none);
 * - `verified`: Okta got one VERIFIED, and should have the password;
 * - `verified_again`: Okta asked again after a VERIFIED, so it did not store the password (an org in
 *   read-only mode does so);
 * - `confirmed`: Okta was seen to have the password.
 */
type MoveState = 'unverified' | 'verified' | 'verified_again' | 'confirmed'

export interface AccountState {
  readonly account: string
  readonly state: MoveState
  /** Calls of Okta that were answered VERIFIED. A call that it repeats at another replica counts once. */
  readonly verifications: number
  /** UTC, ISO 8601. */
  readonly lastVerifiedAt: string | undefined
  readonly confirmedAt: string | undefined
}

type Fields = Omit<AccountState, 'state'>

/** A VERIFIED after the confirmation revokes it: Okta would not ask if it had the password. */
const stateOf = ({ verifications, lastVerifiedAt = '', confirmedAt }: Fields): MoveState => {
  if (confirmedAt !== undefined && confirmedAt >= lastVerifiedAt) return 'confirmed'
  if (verifications === 0) return 'unverified'
  return verifications === 1 ? 'verified' : 'verified_again'
}

export const toAccountState = (fields: Fields): AccountState => ({
  ...fields,
  state: stateOf(fields),
})
