/** Access: API tokens, service apps with private_key_jwt, and proofs of possession. */
import {
  exportJWK,
  generateKeyPair,
  SignJWT,
  type CryptoKey,
  type JWK,
  type JWTPayload,
  calculateJwkThumbprint,
} from 'jose'
import { createHash, randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { createDpopChecker } from '../../src/sandbox/dpop.ts'
import { createTokens } from '../../src/sandbox/org/tokens.ts'
import { createSimulatedClock } from '../../src/sandbox/simulated-clock.ts'
import { ManualClock } from '../support/clock.ts'
import { startTestSandbox, type Answer } from '../support/sandbox.ts'

const CLIENT_ID = '0oatestserviceapp000'
const START = Date.UTC(2026, 0, 1)
const NOW = START / 1000

/** A claim that is undefined is left out. */
type Claims = Readonly<Record<string, unknown>>

interface Pair {
  readonly privateKey: CryptoKey
  readonly jwk: JWK
}

const makePair = async (alg: string): Promise<Pair> => {
  const { privateKey, publicKey } = await generateKeyPair(alg)
  return { privateKey, jwk: await exportJWK(publicKey) }
}

let client: Pair
let stranger: Pair
let possession: Pair

beforeAll(async () => {
  client = await makePair('RS256')
  stranger = await makePair('RS256')
  possession = await makePair('ES256')
})

const sign = ({ privateKey }: Pair, header: object, claims: Claims): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'RS256', ...header }).sign(privateKey)

const start = async (requiresDpop = false) => {
  const clock = new ManualClock()
  const scopes = ['okta.users.read', 'okta.inlineHooks.manage'] as const
  const keys = [{ ...client.jwk, kid: 'first' }]
  const sandbox = await startTestSandbox({
    clock,
    startedAt: START,
    apps: [{ clientId: CLIENT_ID, keys, scopes, requiresDpop }],
    tokens: [{ scheme: 'Bearer', token: 'static', scopes: ['okta.users.read'] }],
  })
  const tokenUrl = `${sandbox.url}/oauth2/v1/token`

  const assertion = (claims: JWTPayload = {}, pair = client, header: object = { kid: 'first' }) =>
    sign(pair, header, {
      aud: tokenUrl,
      iss: CLIENT_ID,
      sub: CLIENT_ID,
      exp: NOW + 300,
      ...claims,
    })

  const askToken = async (
    client_assertion: string,
    more: Record<string, string> = {},
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const response = await fetch(tokenUrl, {
      method: 'POST',
      headers,
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        scope: 'okta.users.read',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion,
        ...more,
      }),
    })
    return { status: response.status, headers: response.headers, body: await response.json() }
  }

  const proof = (claims: Claims = {}, pair = possession) =>
    sign(
      pair,
      { alg: 'ES256', typ: 'dpop+jwt', jwk: pair.jwk },
      {
        htm: 'POST',
        htu: tokenUrl,
        iat: NOW,
        jti: randomUUID(),
        ...claims,
      },
    )

  const get = (authorization: string, path = '/api/v1/users', more: Record<string, string> = {}) =>
    sandbox.call('GET', path, undefined, { authorization, ...more })

  return { ...sandbox, clock, tokenUrl, assertion, askToken, proof, get }
}

const accessToken = ({ body }: Answer): string => (body as { access_token: string }).access_token

describe('a fixed token', () => {
  it('is valid under its own scheme, for its scopes', async () => {
    const { get } = await start()
    expect((await get('Bearer static')).status).toBe(200)
    expect((await get('SSWS static')).body).toMatchObject({ errorCode: 'E0000011' })
    expect((await get('Bearer')).status).toBe(401)
    expect(await get('Bearer static', '/api/v1/inlineHooks')).toMatchObject({
      status: 403,
      body: { errorCode: 'E0000006' },
    })
  })

  it('to read is not enough to write', async () => {
    const { call, users } = await start()
    const headers = { authorization: 'Bearer static' }
    expect((await call('POST', '/api/v1/users', { profile: {} }, headers)).status).toBe(403)
    expect((await call('DELETE', '/api/v1/users/admin', undefined, headers)).status).toBe(403)
    expect([...users()]).toMatchObject([{ status: 'ACTIVE' }])
  })
})

describe('a service app', () => {
  it('gets a token for an hour, with the scopes of its request', async () => {
    const { askToken, assertion, get, clock } = await start()
    const answer = await askToken(await assertion())
    expect(answer).toMatchObject({
      status: 200,
      body: { token_type: 'Bearer', expires_in: 3600, scope: 'okta.users.read' },
    })
    const authorization = `Bearer ${accessToken(answer)}`
    expect((await get(authorization)).status).toBe(200)
    expect((await get(authorization, '/api/v1/inlineHooks')).status).toBe(403)
    clock.advance(3_600_000 - 1)
    expect((await get(authorization)).status).toBe(200)
    clock.advance(1)
    expect((await get(authorization)).status).toBe(401)
  })

  it('with manage may read too', async () => {
    const { askToken, assertion, get } = await start()
    const answer = await askToken(await assertion(), { scope: 'okta.inlineHooks.manage' })
    expect((await get(`Bearer ${accessToken(answer)}`, '/api/v1/inlineHooks')).status).toBe(200)
  })

  it.each<[string, JWTPayload]>([
    ['another audience', { aud: 'https://acme.okta.com/oauth2/v1/token' }],
    ['another subject', { sub: 'someone' }],
    ['an unknown client', { iss: 'unknown', sub: 'unknown' }],
    ['an end in the past', { exp: NOW - 60 }],
    ['an end too far ahead', { exp: NOW + 3_601 }],
  ])('is refused for %s', async (_, claims) => {
    const { askToken, assertion } = await start()
    expect(await askToken(await assertion(claims))).toMatchObject({
      status: 401,
      body: { error: 'invalid_client', error_description: expect.any(String) as string },
    })
  })

  it('is refused for a key that is not its own, and for no assertion at all', async () => {
    const { askToken, assertion } = await start()
    for (const given of [await assertion({}, stranger), '', 'x.y.z']) {
      expect(await askToken(given)).toMatchObject({
        status: 401,
        body: { error: 'invalid_client' },
      })
    }
  })

  it('is refused for scopes that it does not have, and for other grants', async () => {
    const { askToken, assertion } = await start()
    const ask = async (more: Record<string, string>) =>
      (await askToken(await assertion(), more)).body
    expect(await ask({ scope: 'okta.users.manage' })).toMatchObject({ error: 'invalid_scope' })
    expect(await ask({ scope: '' })).toMatchObject({ error: 'invalid_scope' })
    expect(await ask({ grant_type: 'password' })).toMatchObject({ error: 'unsupported_grant_type' })
  })
})

describe('a proof of possession', () => {
  const ath = (token: string): string => createHash('sha256').update(token).digest('base64url')

  const startWithToken = async () => {
    const sandbox = await start(true)
    const { askToken, assertion, proof } = sandbox
    const challenge = await askToken(await assertion(), {}, { dpop: await proof() })
    const nonce = challenge.headers.get('dpop-nonce') ?? ''
    const answer = await askToken(await assertion(), {}, { dpop: await proof({ nonce }) })
    const token = accessToken(answer)
    const usersProof = (claims: Claims = {}, pair = possession) =>
      proof({ htm: 'GET', htu: `${sandbox.url}/api/v1/users`, ath: ath(token), ...claims }, pair)
    const get = (dpop: string, path?: string) => sandbox.get(`DPoP ${token}`, path, { dpop })
    return { ...sandbox, challenge, nonce, answer, token, usersProof, get }
  }

  it('is required, then its nonce, and binds the token', async () => {
    const { askToken, assertion, challenge, answer } = await startWithToken()
    expect(await askToken(await assertion())).toMatchObject({
      status: 400,
      body: { error: 'invalid_dpop_proof' },
    })
    expect(challenge).toMatchObject({ status: 400, body: { error: 'use_dpop_nonce' } })
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'DPoP', expires_in: 3600 } })
  })

  it('gives access to the API, whatever the query, and only once', async () => {
    const { get, usersProof } = await startWithToken()
    const used = await usersProof()
    expect((await get(used, '/api/v1/users?limit=1')).status).toBe(200)
    expect((await get(used)).body).toMatchObject({ errorCode: 'E0000011' })
    expect((await get(await usersProof())).status).toBe(200)
  })

  it.each<[string, Claims]>([
    ['another method', { htm: 'POST' }],
    ['a query', { htu: 'http://127.0.0.1/api/v1/users?limit=1' }],
    ['another token', { ath: 'AAAA' }],
    ['no token', { ath: undefined }],
    ['an old time', { iat: NOW - 3_600 }],
    ['a time to come', { iat: NOW + 3_600 }],
    ['no id', { jti: undefined }],
  ])('is refused for %s', async (_, claims) => {
    const { get, usersProof } = await startWithToken()
    expect((await get(await usersProof(claims))).status).toBe(401)
  })

  it('is refused with another key, if it is not a proof, and without the DPoP scheme', async () => {
    const sandbox = await startWithToken()
    const { usersProof, token } = sandbox
    const other = await makePair('ES256')
    expect(await calculateJwkThumbprint(other.jwk)).not.toBe(
      await calculateJwkThumbprint(possession.jwk),
    )
    expect((await sandbox.get(await usersProof({}, other))).status).toBe(401)
    expect((await sandbox.get('nonsense')).status).toBe(401)
    const asBearer = { authorization: `Bearer ${token}`, dpop: await usersProof() }
    expect((await sandbox.call('GET', '/api/v1/users', undefined, asBearer)).status).toBe(401)
  })

  it('has a nonce for a day, which stays valid for three more', async () => {
    const { clock, askToken, assertion, proof, nonce } = await startWithToken()
    const ask = async (day: number) => {
      const iat = NOW + day * 86_400
      const dpop = await proof({ nonce, iat })
      return askToken(await assertion({ exp: iat + 60 }), {}, { dpop })
    }
    clock.advance(3 * 86_400_000)
    const answer = await ask(3)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('dpop-nonce')).not.toBe(nonce)
    clock.advance(86_400_000)
    expect((await ask(4)).body).toMatchObject({ error: 'use_dpop_nonce' })
  })
})

describe('an API token', () => {
  it.each([
    ['SSWS token-for-tests', 200],
    // Okta's Python SDK 3.4.4 sends it this way.
    ['SSWStoken-for-tests', 200],
    ['SSWS', 401],
    ['Bearer token-for-tests', 401],
    ['Bearertoken-for-tests', 401],
  ])('in the form "%s" is answered %i', async (authorization, status) => {
    const { call } = await startTestSandbox()
    expect((await call('GET', '/api/v1/users', undefined, { authorization })).status).toBe(status)
  })
})

it('only the latest 10,000 access tokens are kept', async () => {
  const deps = { clock: systemClock, startedAt: Date.now(), skewMs: () => 0 }
  const dpop = createDpopChecker(createSimulatedClock(deps).callersEpoch)
  const tokens = createTokens({ tokens: [], dpop, now: () => 0 })
  const issue = () => tokens.issue({ scheme: 'Bearer', scopes: [], thumbprint: undefined })
  const [first, second] = [issue(), issue()]
  for (let i = 2; i <= 10_000; i++) issue()
  const check = (token: string) =>
    tokens.check({ authorization: `Bearer ${token}`, proof: undefined, method: 'GET', url: '' })
  await expect(check(first)).rejects.toMatchObject({ code: 'E0000011' })
  expect(await check(second)).toMatchObject({ scheme: 'Bearer' })
})
