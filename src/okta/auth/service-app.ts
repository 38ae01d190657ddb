/** The access token of a service app: one for all requests, renewed before it expires. */
import type { OktaCredentials } from './credentials.ts'
import { createTokenSource, type ServiceAppDeps, type AccessToken } from './token-endpoint.ts'

/** Before a token expires; half its lifetime where that is shorter. */
const RENEW_BEFORE_MS = 5 * 60_000

interface CachedToken {
  readonly token: AccessToken
  readonly authorization: string
  readonly renewAt: number
}

/** As in Okta's guide "Implement OAuth for Okta with a service app". */
export const createServiceApp = (deps: ServiceAppDeps): OktaCredentials => {
  const { clock } = deps
  const fetchToken = createTokenSource(deps)
  let cached: CachedToken | undefined
  let renewal: Promise<CachedToken> | undefined

  const cache = (token: AccessToken): CachedToken => {
    const renewAt = clock.now() + token.lifeMs - Math.min(RENEW_BEFORE_MS, token.lifeMs / 2)
    const authorization = `${token.prove ? 'DPoP' : 'Bearer'} ${token.value}`
    return (cached = { token, authorization, renewAt })
  }

  /** Requests that arrive during a renewal share it. */
  const renew = (): Promise<CachedToken> =>
    (renewal ??= fetchToken()
      .then(cache)
      .finally(() => (renewal = undefined)))

  return {
    async authorize(method, url) {
      const fresh = cached && clock.now() < cached.renewAt ? cached : undefined
      const { token, authorization } = fresh ?? (await renew())
      if (!token.prove) return { authorization }
      return { authorization, dpop: await token.prove({ method, url, token: token.value }) }
    },
    renew(refused) {
      // The answer may be late: the token may have been renewed in the meantime.
      if (refused['authorization'] === cached?.authorization) cached = undefined
      return true
    },
    withScopes: (scopes) => createServiceApp({ ...deps, app: { ...deps.app, scopes } }),
  }
}
