/** Owns the access token of a service app: one for all requests, renewed before it ends. */
import type { OktaCredentials } from './credentials.ts'
import { createTokenSource, type ServiceAppDeps, type AccessToken } from './token-endpoint.ts'

/** Before a token ends, or half its life before where it is short. */
const RENEW_BEFORE_MS = 5 * 60_000

interface Held {
  readonly token: AccessToken
  readonly authorization: string
  readonly renewAt: number
}

/** Authenticates as Okta's guide "Implement OAuth for Okta with a service app" says. */
export const createServiceApp = (deps: ServiceAppDeps): OktaCredentials => {
  const { clock } = deps
  const fetchToken = createTokenSource(deps)
  let held: Held | undefined
  let renewal: Promise<Held> | undefined

  const hold = (token: AccessToken): Held => {
    const renewAt = clock.now() + token.lifeMs - Math.min(RENEW_BEFORE_MS, token.lifeMs / 2)
    const authorization = `${token.prove ? 'DPoP' : 'Bearer'} ${token.value}`
    return (held = { token, authorization, renewAt })
  }

  /** One renewal serves every request that comes while it is under way. */
  const renewed = (): Promise<Held> =>
    (renewal ??= fetchToken()
      .then(hold)
      .finally(() => (renewal = undefined)))

  return {
    async authorize(method, url) {
      const fresh = held && clock.now() < held.renewAt ? held : undefined
      const { token, authorization } = fresh ?? (await renewed())
      if (!token.prove) return { authorization }
      return { authorization, dpop: await token.prove({ method, url, token: token.value }) }
    },
    renew(refused) {
      // Answers come late: the token may have been renewed since this one was refused.
      if (refused['authorization'] === held?.authorization) held = undefined
      return true
    },
    withScopes: (scopes) => createServiceApp({ ...deps, app: { ...deps.app, scopes } }),
  }
}
