/** A service app: its assertion, one token for all, its renewal, and DPoP. */
import { calculateJwkThumbprint, decodeProtectedHeader, EmbeddedJWK, jwtVerify } from 'jose'
import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { readSigningKey } from '../../src/okta/auth/signing-key.ts'
import { createServiceApp } from '../../src/okta/auth/service-app.ts'
import { createTransport } from '../../src/okta/client/transport.ts'
import { fetchFrom } from '../../src/http/proxied-fetch.ts'
import { ManualClock } from '../support/clock.ts'
import { advanceUntil, makeClient } from '../support/okta-client.ts'
import { oktaError, startOkta, type Responder, type Received } from '../support/okta-server.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
const EPOCH_MS = Date.UTC(2026, 0, 2, 3, 4, 5)

const start = async (tokenEndpoint: Responder, api: Responder = () => ({ body: [] })) => {
  const okta = await startOkta((call, res) =>
    call.path === '/oauth2/v1/token' ? tokenEndpoint(call, res) : api(call, res),
  )
  const clock = new ManualClock()
  const signingKey = readSigningKey(PEM)
  if (!signingKey) throw new TypeError('no key')
  const credentials = createServiceApp({
    app: { clientId: '0oa1', signingKey, keyId: 'kid1', scopes: ['okta.users.read', 'b'] },
    orgUrl: okta.url,
    transport: createTransport({ clock, version: '1.2.3', fetch: fetchFrom({}) }),
    clock,
    epochMs: () => EPOCH_MS,
    random: () => 0,
  })
  const { client } = makeClient(okta.url, credentials, clock)
  const get = (path = '/api/v1/users?limit=1') =>
    advanceUntil(client.request({ method: 'GET', path }), clock)
  const tokenCalls = (): Received[] => okta.calls.filter(({ path }) => path === '/oauth2/v1/token')
  const apiCalls = (): Received[] => okta.calls.filter(({ path }) => path !== '/oauth2/v1/token')
  return { okta, client, clock, get, tokenCalls, apiCalls }
}

/** Issues t1, t2 and so on. */
const tokens = (type = 'Bearer'): Responder => {
  let n = 0
  return () => ({ body: { access_token: `t${++n}`, token_type: type, expires_in: 3600 } })
}

const authorizations = (calls: Received[]) => calls.map(({ headers }) => headers.authorization)

describe('an answer that is not from the token endpoint', () => {
  const html = { 'content-type': 'text/html' }

  it.each([
    [403, 'okta_answer_unusable'],
    [404, 'okta_answer_unusable'],
    [302, 'okta_answer_unusable'],
    [200, 'okta_answer_unusable'],
    [407, 'proxy_refused'],
  ])('with %i does not count as Okta’s answer about the app', async (status, code) => {
    const { get, tokenCalls } = await start(() => ({ status, headers: html, body: '<html>' }))
    await expect(get()).rejects.toMatchObject({ code })
    expect(tokenCalls()).toHaveLength(1)
  })
})

describe('a token', () => {
  it('is requested with a signed assertion', async () => {
    const { okta, get, tokenCalls, apiCalls } = await start(tokens())
    await get()
    const form = new URLSearchParams(tokenCalls()[0]?.body)
    expect(Object.fromEntries(form)).toMatchObject({
      grant_type: 'client_credentials',
      scope: 'okta.users.read b',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    })
    const { payload, protectedHeader } = await jwtVerify(
      form.get('client_assertion') ?? '',
      publicKey,
      { audience: `${okta.url}/oauth2/v1/token`, issuer: '0oa1', currentDate: new Date(EPOCH_MS) },
    )
    expect(protectedHeader).toEqual({ alg: 'RS256', kid: 'kid1' })
    expect(payload).toMatchObject({ sub: '0oa1', exp: EPOCH_MS / 1000 + 300 })
    expect(authorizations(apiCalls())).toEqual(['Bearer t1'])
  })

  it('is shared by all requests, and renewed five minutes before it expires', async () => {
    const { get, client, clock, tokenCalls, apiCalls } = await start(tokens())
    const paths = ['/api/v1/a', '/api/v1/b', '/api/v1/c']
    const all = paths.map((path) => client.request({ method: 'GET', path }))
    await advanceUntil(Promise.all(all), clock)
    expect(tokenCalls()).toHaveLength(1)
    clock.advance(55 * 60_000 - 1 - clock.now())
    await get()
    expect(tokenCalls()).toHaveLength(1)
    clock.advance(60_000)
    await get()
    expect(tokenCalls()).toHaveLength(2)
    expect(authorizations(apiCalls()).at(-1)).toBe('Bearer t2')
  })

  it('that Okta refuses is renewed once for all requests, and they are sent again', async () => {
    const refuseFirst: Responder = ({ headers }) =>
      headers.authorization === 'Bearer t1'
        ? { status: 401, body: oktaError('E0000011') }
        : { body: [] }
    const { client, clock, tokenCalls, apiCalls } = await start(tokens(), refuseFirst)
    const all = ['/api/v1/a', '/api/v1/b', '/api/v1/c'].map((path) =>
      client.request({ method: 'POST', path, body: {} }),
    )
    await advanceUntil(Promise.all(all), clock)
    expect(tokenCalls()).toHaveLength(2)
    expect(apiCalls()).toHaveLength(6)
  })

  it('that was already renewed is kept when a late answer refuses the previous one', async () => {
    let release = (): void => undefined
    const isRenewed = new Promise<void>((resolve) => (release = resolve))
    const api: Responder = async ({ headers, path }) => {
      if (headers.authorization === 'Bearer t2') release()
      else if (path === '/api/v1/slow') await isRenewed
      if (headers.authorization === 'Bearer t2') return { body: [] }
      return { status: 401, body: oktaError('E0000011') }
    }
    const { client, clock, tokenCalls } = await start(tokens(), api)
    const both = ['/api/v1/slow', '/api/v1/quick'].map((path) =>
      client.request({ method: 'GET', path }),
    )
    await advanceUntil(Promise.all(both), clock)
    expect(tokenCalls()).toHaveLength(2)
  })

  it('that Okta refuses again ends the run', async () => {
    const refuse: Responder = () => ({ status: 401, body: oktaError('E0000011') })
    const { get, apiCalls } = await start(tokens(), refuse)
    await expect(get()).rejects.toMatchObject({ code: 'okta_unauthorized' })
    expect(apiCalls()).toHaveLength(2)
  })

  it('is requested again after a temporary failure', async () => {
    let isFirst = true
    const give = tokens()
    const { get, tokenCalls } = await start((call, res) => {
      if (!isFirst) return give(call, res)
      isFirst = false
      return { status: 503 }
    })
    await get()
    expect(tokenCalls()).toHaveLength(2)
  })

  it.each([
    ['invalid_client', 'okta_unauthorized'],
    ['invalid_scope', 'okta_forbidden'],
  ])('refused with %s is %s, with the difference of the clocks', async (error, code) => {
    const date = new Date(EPOCH_MS - 600_000).toUTCString()
    const { get, apiCalls } = await start(() => ({
      status: 401,
      headers: { date },
      body: { error },
    }))
    await expect(get()).rejects.toMatchObject({
      code,
      detail: expect.stringMatching(/clock is 600 s ahead/) as string,
    })
    expect(apiCalls()).toEqual([])
  })
})

describe('DPoP', () => {
  /** Requires a proof, then a nonce, as Okta does for an app that requires DPoP. */
  const demanding: Responder = async ({ headers }) => {
    const proof = headers['dpop']
    if (typeof proof !== 'string') return { status: 400, body: { error: 'invalid_dpop_proof' } }
    const { payload } = await jwtVerify(proof, EmbeddedJWK)
    if (payload['nonce'] === 'n1') {
      return { body: { access_token: 'bound', token_type: 'DPoP', expires_in: 3600 } }
    }
    return { status: 400, headers: { 'dpop-nonce': 'n1' }, body: { error: 'use_dpop_nonce' } }
  }

  const proofsOf = (calls: Received[]): string[] =>
    calls.flatMap(({ headers }) => (typeof headers['dpop'] === 'string' ? [headers['dpop']] : []))

  it('is used where the app requires it: a fresh proof each time, for the URL without its query', async () => {
    let calls = 0
    const { okta, get, tokenCalls, apiCalls } = await start(demanding, () =>
      calls++ === 0 ? { status: 503 } : { body: [] },
    )
    await get('/api/v1/users?limit=1')
    expect(tokenCalls()).toHaveLength(3)
    expect(authorizations(apiCalls())).toEqual(['DPoP bound', 'DPoP bound'])
    const proofs = proofsOf(apiCalls())
    const claims = await Promise.all(
      proofs.map(async (p) => (await jwtVerify(p, EmbeddedJWK)).payload),
    )
    const ath = createHash('sha256').update('bound').digest('base64url')
    for (const claim of claims) {
      expect(claim).toMatchObject({
        htm: 'GET',
        htu: `${okta.url}/api/v1/users`,
        iat: EPOCH_MS / 1000,
        ath,
      })
    }
    expect(new Set([...claims].map(({ jti }) => jti)).size).toBe(2)
  })

  it('uses one key for all proofs, which is not the one of the client', async () => {
    const { get, okta } = await start(demanding)
    await get()
    const keys = proofsOf(okta.calls).map((proof) => decodeProtectedHeader(proof).jwk)
    const prints = await Promise.all(keys.map((jwk) => calculateJwkThumbprint(jwk ?? {})))
    const clients = createPublicKey(PEM).export({ format: 'jwk' })
    expect(new Set(prints).size).toBe(1)
    expect(prints[0]).not.toBe(await calculateJwkThumbprint(clients as { kty: string }))
    expect(JSON.stringify(keys)).not.toContain('"d"')
  })
})

describe('readSigningKey', () => {
  const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey

  it('reads PEM, PEM on one line, and JWK with its kid', () => {
    expect(readSigningKey(PEM)).toMatchObject({ alg: 'RS256', kid: undefined })
    expect(readSigningKey(PEM.replaceAll('\n', '\\n'))).toMatchObject({ alg: 'RS256' })
    const jwk = { ...privateKey.export({ format: 'jwk' }), kid: 'k' }
    expect(readSigningKey(JSON.stringify(jwk))).toMatchObject({ alg: 'RS256', kid: 'k' })
  })

  it.each([
    ['P-256', 'ES256'],
    ['P-384', 'ES384'],
    ['P-521', 'ES512'],
  ])('signs with %s by %s', (curve, alg) => {
    const pem = ec(curve).export({ type: 'pkcs8', format: 'pem' }) as string
    expect(readSigningKey(pem)?.alg).toBe(alg)
  })

  it.each([
    'x',
    '{}',
    publicKey.export({ type: 'spki', format: 'pem' }) as string,
    ec('secp256k1').export({ type: 'pkcs8', format: 'pem' }) as string,
  ])('refuses a key that cannot sign for Okta (%#)', (text) => {
    expect(readSigningKey(text)).toBeUndefined()
  })
})
