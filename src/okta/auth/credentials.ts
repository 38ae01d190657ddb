/** Owns what every way of authentication offers, and the two that are a token from the environment. */

export type AuthHeaders = Readonly<Record<string, string>>

export interface OktaCredentials {
  /**
   * Header fields that authorise one attempt at one request.
   * @throws AppError `okta_unauthorized`, `okta_forbidden` or `okta_unreachable`
   */
  authorize(method: string, url: URL): Promise<AuthHeaders>
  /** Told that Okta refused these with 401: whether new ones are worth one more attempt. */
  renew(refused: AuthHeaders): boolean
  /** The same identity with other scopes, where it asks for them itself: a token has the scopes that it has. */
  withScopes(scopes: readonly string[]): OktaCredentials
}

export const staticToken = (scheme: 'Bearer' | 'SSWS', token: string): OktaCredentials => {
  const credentials: OktaCredentials = {
    authorize: async () => ({ authorization: `${scheme} ${token}` }),
    renew: () => false,
    withScopes: () => credentials,
  }
  return credentials
}
