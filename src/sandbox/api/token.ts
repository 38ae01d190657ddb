/** The token endpoint of the org authorization server: service apps, private_key_jwt, DPoP. */
import { createLocalJWKSet, decodeJwt, jwtVerify, type JWK } from 'jose'
import { Hono } from 'hono'
import { SIGNATURES } from '../dpop.ts'
import { OAuthError } from '../http/errors.ts'
import { originOf, readBodyText, type OrgContext, type OrgEnv } from '../http/request.ts'
import type { Org } from '../org/org.ts'
import { TOKEN_LIFE_S, type Scope } from '../org/tokens.ts'

const PATH = '/oauth2/v1/token'
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
/** An assertion may expire this far ahead at most. */
const MAX_ASSERTION_S = 3_600

export interface RegisteredApp {
  readonly clientId: string
  /** Public keys. */
  readonly keys: readonly JWK[]
  /** What an admin granted. */
  readonly scopes: readonly Scope[]
  /** "Require Demonstrating Proof of Possession (DPoP) header in token requests". */
  readonly requiresDpop: boolean
}

export type TokenForm = Readonly<Record<string, string>>

/** @throws OAuthError `unsupported_grant_type` */
export const readForm = async (c: OrgContext): Promise<TokenForm> => {
  const form = Object.fromEntries(new URLSearchParams(await readBodyText(c)))
  if (form['grant_type'] !== 'client_credentials') {
    throw new OAuthError('unsupported_grant_type', 'Only client_credentials is supported.')
  }
  return form
}

/** @throws OAuthError `invalid_scope` */
export const grantedScopes = (form: TokenForm, granted: readonly string[]): string[] => {
  const asked = form['scope']?.split(' ').filter((scope) => scope !== '') ?? []
  const isGranted = asked.length > 0 && asked.every((scope) => granted.includes(scope))
  if (!isGranted) {
    throw new OAuthError('invalid_scope', 'One or more scopes are not granted to the client.')
  }
  return asked
}

export const invalidClient = (description: string): OAuthError =>
  new OAuthError('invalid_client', description, 401)

const issuerOf = (assertion: string): string | undefined => {
  try {
    return decodeJwt(assertion).iss
  } catch {
    return undefined
  }
}

const authenticate = async (
  apps: readonly RegisteredApp[],
  form: TokenForm,
  audience: string,
  now: number,
): Promise<RegisteredApp> => {
  const assertion = form['client_assertion'] ?? ''
  const app = apps.find(({ clientId }) => clientId === issuerOf(assertion))
  if (form['client_assertion_type'] !== ASSERTION_TYPE || !app) {
    throw invalidClient('The client is unknown, or does not use private_key_jwt.')
  }
  const verified = await jwtVerify(assertion, createLocalJWKSet({ keys: [...app.keys] }), {
    algorithms: SIGNATURES,
    audience,
    issuer: app.clientId,
    subject: app.clientId,
    currentDate: new Date(now),
    requiredClaims: ['exp'],
  }).catch(() => undefined)
  const exp = verified?.payload.exp
  if (exp === undefined || exp > now / 1000 + MAX_ASSERTION_S) {
    throw invalidClient('The client_assertion token is invalid.')
  }
  return app
}

/** @returns the thumbprint of the key to bind the token to, if the request has a proof */
const checkProof = async ({ dpop }: Org, app: RegisteredApp, url: string, proof?: string) => {
  if (proof === undefined) {
    if (!app.requiresDpop) return undefined
    throw new OAuthError('invalid_dpop_proof', 'The DPoP proof JWT header is missing.')
  }
  const checked = await dpop.check(proof, { method: 'POST', url }).catch(() => undefined)
  if (!checked) throw new OAuthError('invalid_dpop_proof', 'The DPoP proof JWT is invalid.')
  if (!dpop.isNonce(checked.nonce)) {
    throw new OAuthError('use_dpop_nonce', 'Authorization server requires nonce in DPoP proof.')
  }
  return checked.thumbprint
}

/** The answer of a token endpoint. */
export const tokenAnswer = (scheme: 'Bearer' | 'DPoP', token: string, scopes: string[]) => ({
  token_type: scheme,
  expires_in: TOKEN_LIFE_S,
  access_token: token,
  scope: scopes.join(' '),
})

export const tokenApi = (org: Org, apps: readonly RegisteredApp[]): Hono<OrgEnv> => {
  const app = new Hono<OrgEnv>()
  app.post(PATH, async (c) => {
    const url = originOf(c) + PATH
    const form = await readForm(c)
    const client = await authenticate(apps, form, url, org.wallClock.callersEpoch())
    const proof = c.req.header('dpop')
    if (proof !== undefined) c.header('dpop-nonce', org.dpop.nonce())
    const thumbprint = await checkProof(org, client, url, proof)
    const scopes = grantedScopes(form, client.scopes)
    const scheme = thumbprint === undefined ? 'Bearer' : 'DPoP'
    const token = org.tokens.issue({ scheme, scopes, thumbprint, clientId: client.clientId })
    return c.json(tokenAnswer(scheme, token, scopes))
  })
  return app
}
