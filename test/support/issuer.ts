/** An authorization server on a free port: it signs and fails as a test asks. */
import { SignJWT } from 'jose'
import { generateKeyPairSync } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const makeKey = (kid: string) => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' }
  return { kid, privateKey, publicKey, jwk }
}

export type SigningKey = ReturnType<typeof makeKey>

/** The keys of all issuers here: generating one takes a while. */
export const KEYS = { first: makeKey('first'), second: makeKey('second') } as const

export const GRANT = { audience: 'api://hook', clientId: '0oa1hook', scope: 'hook.call' } as const

/** The error codes of a connection that is dropped without an answer. */
export const CUT_OFF = / closed the connection \((UND_ERR_SOCKET|ECONNRESET)\)$/

const METADATA_PATH = '/oauth2/default/.well-known/oauth-authorization-server'
export const JWKS_PATH = '/oauth2/default/v1/keys'

export type RunningIssuer = Awaited<ReturnType<typeof startIssuer>>

export const startIssuer = async () => {
  const requests: string[] = []
  const server = createServer((req, res) => {
    const path = req.url ?? ''
    requests.push(path)
    const answer = issuer.answers[path]
    if (answer) answer(res)
    else if (path === METADATA_PATH) res.end(JSON.stringify(issuer.metadata))
    else if (path === JWKS_PATH) res.end(JSON.stringify({ keys: issuer.keys.map((k) => k.jwk) }))
    else res.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const url = `${base}/oauth2/default`

  const issuer = {
    url,
    jwksUrl: base + JWKS_PATH,
    /** The paths requested so far. */
    requests,
    /** The published keys. */
    keys: [KEYS.first] as SigningKey[],
    metadata: { issuer: url, jwks_uri: base + JWKS_PATH } as Record<string, unknown>,
    /** Answers to give instead, by path. */
    answers: {} as Record<string, ((res: ServerResponse) => void) | undefined>,
    /** How often the keys were requested. */
    fetches: () => requests.filter((path) => path === JWKS_PATH).length,
    goDown(): void {
      this.answers = {
        [METADATA_PATH]: (res) => res.destroy(),
        [JWKS_PATH]: (res) => res.destroy(),
      }
    },
    comeBack(): void {
      this.answers = {}
    },
    /** A token as Okta makes it, valid for five minutes, with the given values filled in. */
    sign(nowMs: number, claims: Record<string, unknown> = {}, key: SigningKey = KEYS.first) {
      const now = Math.floor(nowMs / 1000)
      return new SignJWT({
        ver: 1,
        iss: url,
        aud: GRANT.audience,
        iat: now,
        exp: now + 300,
        cid: GRANT.clientId,
        sub: GRANT.clientId,
        scp: [GRANT.scope],
        ...claims,
      })
        .setProtectedHeader({ alg: 'RS256', kid: key.kid })
        .sign(key.privateKey)
    },
    close(): Promise<void> {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
  return issuer
}

/** The variables that make a server accept the tokens of an issuer. */
export const oauthEnvironment = ({ url }: Pick<RunningIssuer, 'url'>) => ({
  HOOK_OAUTH_ISSUER: url,
  HOOK_OAUTH_AUDIENCE: GRANT.audience,
  HOOK_OAUTH_CLIENT_ID: GRANT.clientId,
  HOOK_OAUTH_SCOPE: GRANT.scope,
})
