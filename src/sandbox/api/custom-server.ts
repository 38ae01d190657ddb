/** The custom authorization server `default`, which issues the tokens to call hooks with. */
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { randomUUID, timingSafeEqual } from 'node:crypto'
import { Hono } from 'hono'
import { hashOf } from '../dpop.ts'
import { originOf, type OrgEnv } from '../http/request.ts'
import { grantedScopes, invalidClient, readForm, tokenAnswer, type TokenForm } from './token.ts'
import type { Org } from '../org/org.ts'
import { TOKEN_LIFE_S } from '../org/tokens.ts'

const BASE = '/oauth2/default'
const AUDIENCE = 'api://default'
const KEYS_LIFE_S = 3_600
const KID = 'sandbox-default'

export interface HookClient {
  readonly clientId: string
  readonly clientSecret: string
  readonly scopes: readonly string[]
}

const createKeys = async () => {
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const jwk = { ...(await exportJWK(publicKey)), kid: KID, alg: 'RS256', use: 'sig' }
  return { privateKey, jwk }
}

const authenticate = (clients: readonly HookClient[], form: TokenForm): HookClient => {
  const client = clients.find(({ clientId }) => clientId === form['client_id'])
  const [given, right] = [form['client_secret'], client?.clientSecret].map((secret) =>
    Buffer.from(hashOf(secret ?? '')),
  )
  if (!client || !given || !right || !timingSafeEqual(given, right)) {
    throw invalidClient('The client ID or the client secret is invalid.')
  }
  return client
}

export const customServerApi = ({ wallClock }: Org, clients: readonly HookClient[]) => {
  const app = new Hono<OrgEnv>()
  let created: ReturnType<typeof createKeys> | undefined
  /** Created at the first call: few runs need them, and it takes a moment. */
  const keys = () => (created ??= createKeys())

  app.get(`${BASE}/.well-known/oauth-authorization-server`, (c) => {
    const issuer = originOf(c) + BASE
    return c.json({
      issuer,
      token_endpoint: `${issuer}/v1/token`,
      jwks_uri: `${issuer}/v1/keys`,
      grant_types_supported: ['client_credentials'],
      token_endpoint_auth_methods_supported: ['client_secret_post'],
    })
  })
  app.get(`${BASE}/v1/keys`, async (c) => {
    c.header('cache-control', `max-age=${KEYS_LIFE_S}, must-revalidate`)
    return c.json({ keys: [(await keys()).jwk] })
  })
  app.post(`${BASE}/v1/token`, async (c) => {
    const form = await readForm(c)
    const { clientId, scopes: granted } = authenticate(clients, form)
    const scopes = grantedScopes(form, granted)
    const now = Math.floor(wallClock.callersEpoch() / 1000)
    const claims = { ver: 1, jti: `AT.${randomUUID()}`, cid: clientId, scp: scopes }
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: KID })
      .setIssuer(originOf(c) + BASE)
      .setAudience(AUDIENCE)
      .setSubject(clientId)
      .setIssuedAt(now)
      .setExpirationTime(now + TOKEN_LIFE_S)
      .sign((await keys()).privateKey)
    return c.json(tokenAnswer('Bearer', token, scopes))
  })
  return app
}
