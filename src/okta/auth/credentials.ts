/** The interface of all ways to authenticate to Okta, and those with a fixed token. */

export type AuthHeaders = Readonly<Record<string, string>>

export interface OktaCredentials {
  /**
   * The headers that authorise one attempt of one request.
   * @throws AppError `okta_unauthorized`, `okta_forbidden` or `okta_unreachable`
   */
  authorize(method: string, url: URL): Promise<AuthHeaders>
  /** Call it when Okta refused these with 401. Returns whether one more attempt with new ones makes sense. */
  renew(refused: AuthHeaders): boolean
  /** The same identity with other scopes. A fixed token keeps the scopes that it has. */
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
