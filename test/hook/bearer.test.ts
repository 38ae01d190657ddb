/** Which bearer tokens are accepted as Okta's, through a real socket. */
import { hashSync } from 'bcryptjs'
import { createHmac } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { OAuth } from '../../src/commands/serve/start-oauth.ts'
import { HOOK_PATH } from '../../src/hook/app.ts'
import { createAuthenticator } from '../../src/hook/authenticate.ts'
import { createBearerCheck, MAX_TOKEN_LENGTH } from '../../src/hook/oauth/bearer.ts'
import { createIssuerKeys } from '../../src/hook/oauth/jwks-cache.ts'
import { ManualClock } from '../support/clock.ts'
import { payload, SECRET, startHook, type RunningHook } from '../support/hook.ts'
import { CUT_OFF, GRANT, KEYS, startIssuer, type RunningIssuer } from '../support/issuer.ts'
import { exchange, head } from '../support/raw.ts'

const ROWS = [{ login: 'good@example.com', hash: hashSync('open sesame', 4) }]
const BODY = JSON.stringify(payload('good', 'open sesame'))

const clock = new ManualClock()
const NOW_S = clock.epochMs() / 1000

const oauthOf = (issuer: RunningIssuer): OAuth => {
  const keys = createIssuerKeys(
    { clock, onFailure: () => undefined },
    { issuer: issuer.url, jwksUrl: undefined, deadlineMs: 2500 },
  )
  const { keyFor } = keys
  return {
    keys,
    checkBearer: createBearerCheck({ keyFor, clock }, { issuer: issuer.url, ...GRANT }),
  }
}

/** Calls with the right password and these headers, over a bare socket. */
const callWith = (hook: RunningHook, headers: readonly string[], body = BODY): Promise<string> =>
  exchange(hook.base, [
    head(HOOK_PATH, [
      ...headers,
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      'Connection: close',
    ]),
    body,
  ])

const statusOf = (reply: string): string => reply.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)
const bodyOf = (reply: string): string => reply.split('\r\n\r\n')[1] ?? ''

const base64url = (value: object): string =>
  Buffer.from(JSON.stringify(value)).toString('base64url')

let issuer: RunningIssuer
let hook: RunningHook
beforeAll(async () => {
  issuer = await startIssuer()
  hook = await startHook({
    rows: ROWS,
    clock,
    settings: { secrets: undefined },
    oauth: oauthOf(issuer),
  })
})
afterAll(async () => {
  await hook.close()
  await issuer.close()
})

const sign = (claims: Record<string, unknown> = {}, key = KEYS.first) =>
  issuer.sign(clock.epochMs(), claims, key)

/** A token with this header, and the claims of a right one. */
const forge = async (header: object, sealing: (signed: string) => string): Promise<string> => {
  const [, claims] = (await sign()).split('.')
  const signed = `${base64url(header)}.${claims ?? ''}`
  return `${signed}.${sealing(signed)}`
}

describe('a bearer token', () => {
  it.each<[what: string, claims: Record<string, unknown>]>([
    ['as Okta makes it', {}],
    ['with one audience of several', { aud: ['api://other', GRANT.audience] }],
    ['with one scope of several', { scp: ['other', GRANT.scope] }],
    ['with scopes in one string', { scp: undefined, scope: `other ${GRANT.scope}` }],
    ['that expired within the tolerance', { exp: NOW_S - 9 }],
    ['that becomes valid within the tolerance', { nbf: NOW_S + 10, iat: NOW_S + 10 }],
    ['of the maximum age', { iat: NOW_S - 86_400 }],
  ])('%s is accepted', async (_, claims) => {
    const reply = await callWith(hook, [`Authorization: Bearer ${await sign(claims)}`])
    expect(bodyOf(reply)).toContain('"VERIFIED"')
    expect(hook.lines().at(-1)).not.toHaveProperty('secret')
  })

  it('may have its scheme in any case', async () => {
    const reply = await callWith(hook, [`Authorization: bearer ${await sign()}`])
    expect(bodyOf(reply)).toContain('"VERIFIED"')
  })

  it.each<[what: string, detail: string, make: () => string | Promise<string>]>([
    [
      'by another key',
      'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
      () => sign({}, { ...KEYS.second, kid: 'first' }),
    ],
    ['by an unknown key', 'ERR_JWKS_NO_MATCHING_KEY', () => sign({}, KEYS.second)],
    [
      'with changed claims',
      'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
      async () => {
        const [header, , signature] = (await sign()).split('.')
        return [header, base64url({ iss: issuer.url, exp: NOW_S + 300 }), signature].join('.')
      },
    ],
    ['without a signature', 'ERR_JOSE_ALG_NOT_ALLOWED', () => forge({ alg: 'none' }, () => '')],
    [
      'with the public key as its secret',
      'ERR_JOSE_ALG_NOT_ALLOWED',
      () =>
        forge({ alg: 'HS256', kid: 'first' }, (signed) => {
          const pem = KEYS.first.publicKey.export({ type: 'spki', format: 'pem' })
          return createHmac('sha256', pem).update(signed).digest('base64url')
        }),
    ],
    [
      'by another algorithm of the same key',
      'ERR_JOSE_ALG_NOT_ALLOWED',
      () => forge({ alg: 'PS256', kid: 'first' }, () => 'AAAA'),
    ],
    ['that has expired', 'ERR_JWT_EXPIRED (exp)', () => sign({ exp: NOW_S - 10 })],
    ['that never expires', 'ERR_JWT_CLAIM_VALIDATION_FAILED (exp)', () => sign({ exp: undefined })],
    [
      'that expires at something other than a number',
      'ERR_JWT_CLAIM_VALIDATION_FAILED (exp)',
      () => sign({ exp: '9999999999' }),
    ],
    ['that is too old', 'ERR_JWT_EXPIRED (iat)', () => sign({ iat: NOW_S - 86_411 })],
    ['from the future', 'ERR_JWT_CLAIM_VALIDATION_FAILED (iat)', () => sign({ iat: NOW_S + 11 })],
    [
      'that is not valid yet',
      'ERR_JWT_CLAIM_VALIDATION_FAILED (nbf)',
      () => sign({ nbf: NOW_S + 11 }),
    ],
    [
      'of another issuer',
      'ERR_JWT_CLAIM_VALIDATION_FAILED (iss)',
      () => sign({ iss: 'https://acme.okta.com' }),
    ],
    [
      'of an issuer with a similar name',
      'ERR_JWT_CLAIM_VALIDATION_FAILED (iss)',
      () => sign({ iss: `${issuer.url}/` }),
    ],
    [
      'for another audience',
      'ERR_JWT_CLAIM_VALIDATION_FAILED (aud)',
      () => sign({ aud: 'api://other' }),
    ],
    ['for no audience', 'ERR_JWT_CLAIM_VALIDATION_FAILED (aud)', () => sign({ aud: undefined })],
    ['of another client', 'of another client (cid)', () => sign({ cid: '0oa2other' })],
    ['of no client', 'of another client (cid)', () => sign({ cid: undefined })],
    ['with another scope', 'without the scope (scp)', () => sign({ scp: ['other'] })],
    [
      'with a longer scope',
      'without the scope (scp)',
      () => sign({ scp: undefined, scope: `${GRANT.scope}.not` }),
    ],
    ['with no scope', 'without the scope (scp)', () => sign({ scp: undefined })],
    ['with its scope as a bare scp', 'without the scope (scp)', () => sign({ scp: GRANT.scope })],
    ['that is not a token', 'ERR_JWS_INVALID', () => 'sesame'],
    ['of three dots', 'ERR_JWS_INVALID', () => '...'],
    ['of two dots', 'ERR_JWS_INVALID', () => '..'],
    [
      'that is too long',
      'longer than 8192 characters',
      () => sign({ more: 'x'.repeat(MAX_TOKEN_LENGTH) }),
    ],
  ])('%s is refused, and only the log says why', async (_, detail, make) => {
    const token = await make()
    const runs = hook.runs.length
    const reply = await callWith(hook, [`Authorization: Bearer ${token}`])
    expect(statusOf(reply)).toBe('401')
    expect(bodyOf(reply)).toBe(bodyOf(await callWith(hook, [])))
    expect(hook.lines().at(-2)).toMatchObject({
      reason: 'unauthenticated',
      detail: `bearer token: ${detail}`,
    })
    expect(hook.runs.length).toBe(runs)
    for (const part of token.split('.').filter((text) => text.length > 4)) {
      expect(hook.rawLog()).not.toContain(part)
    }
  })

  it.each<[what: string, headers: (token: string) => string[]]>([
    ['missing', () => []],
    ['sent twice', (token) => [`Authorization: Bearer ${token}`, `Authorization: Bearer ${token}`]],
    ['next to another value', (token) => [`Authorization: Bearer ${token}`, 'Authorization: x']],
    ['bare', (token) => [`Authorization: ${token}`]],
    ['of another scheme', (token) => [`Authorization: Basic ${token}`]],
    ['with a scheme but empty', () => ['Authorization: Bearer ']],
    ['followed by more', (token) => [`Authorization: Bearer ${token} ${token}`]],
    ['in another header', (token) => [`X-Authorization: Bearer ${token}`]],
  ])('%s is refused', async (_, headers) => {
    expect(statusOf(await callWith(hook, headers(await sign())))).toBe('401')
    expect(hook.lines().at(-1)).toMatchObject({ detail: 'bearer token: none, or more than one' })
  })

  it('is checked before the body is parsed', async () => {
    const wrong = await sign({ cid: '0oa2other' })
    expect(statusOf(await callWith(hook, [`Authorization: Bearer ${wrong}`], 'not json'))).toBe(
      '401',
    )
    const right = await sign()
    expect(statusOf(await callWith(hook, [`Authorization: Bearer ${right}`], 'not json'))).toBe(
      '400',
    )
  })
})

describe('an issuer that cannot be reached', () => {
  afterEach(() => issuer.comeBack())

  it('causes 503 and makes the server not ready without keys, and neither with them', async () => {
    const late = await startHook({
      rows: ROWS,
      clock,
      settings: { secrets: undefined },
      oauth: oauthOf(issuer),
    })
    issuer.goDown()
    const call = async () => callWith(late, [`Authorization: Bearer ${await sign()}`])
    expect(statusOf(await call())).toBe('503')
    expect(late.lines().at(-1)).toMatchObject({
      reason: 'keys_unavailable',
      detail: expect.stringMatching(CUT_OFF) as string,
    })
    const unready = await fetch(`${late.base}/readyz`)
    expect([unready.status, await unready.json()]).toMatchObject([503, { oauthKeys: 'missing' }])

    issuer.comeBack()
    clock.advance(10_000)
    expect(bodyOf(await call())).toContain('"VERIFIED"')
    issuer.goDown()
    clock.advance(3_600_000)
    expect(bodyOf(await call())).toContain('"VERIFIED"')
    const ready = await fetch(`${late.base}/readyz`)
    expect([ready.status, await ready.json()]).toMatchObject([200, { oauthKeys: 'ok' }])
    await late.close()
  })

  it('causes 503 when its key cannot be used', async () => {
    const weak = { ...KEYS.first.jwk, n: KEYS.first.jwk.n?.slice(0, 171) }
    issuer.answers['/oauth2/default/v1/keys'] = (res) => res.end(JSON.stringify({ keys: [weak] }))
    const { checkBearer } = oauthOf(issuer)
    await expect(checkBearer([`Bearer ${await sign()}`])).rejects.toMatchObject({
      code: 'keys_unavailable',
      detail: 'the key cannot be used',
    })
  })
})

describe('a secret as well as a token', () => {
  const startBoth = (authHeader: string) =>
    startHook({ rows: ROWS, clock, settings: { authHeader }, oauth: oauthOf(issuer) })

  it.each([
    ['authorization', `Authorization: ${SECRET}`],
    ['x-hook-secret', `X-Hook-Secret: ${SECRET}`],
  ])(
    'in %s is accepted, and so is a token; the log says when it was the secret',
    async (name, header) => {
      const both = await startBoth(name)
      expect(bodyOf(await callWith(both, [header]))).toContain('"VERIFIED"')
      expect(both.lines().at(-1)).toMatchObject({ secret: 'current' })
      const token = `Authorization: Bearer ${await sign()}`
      expect(bodyOf(await callWith(both, [token]))).toContain('"VERIFIED"')
      expect(both.lines().at(-1)).not.toHaveProperty('secret')
      expect(statusOf(await callWith(both, [`${header}x`]))).toBe('401')
      expect(statusOf(await callWith(both, [`${token}x`]))).toBe('401')
      await both.close()
    },
  )

  it('may look like a token', async () => {
    const fetches = issuer.fetches()
    const secrets = { current: 'Bearer of bad news', previous: undefined }
    const { checkBearer } = oauthOf(issuer)
    const authenticate = createAuthenticator({ authHeader: 'authorization', secrets, checkBearer })
    expect(await authenticate(['Authorization', 'Bearer of bad news'])).toBe('current')
    expect(issuer.fetches()).toBe(fetches)
  })
})

describe('createAuthenticator without options', () => {
  it('refuses to work with neither a secret nor OAuth', () => {
    const nothing = { authHeader: 'authorization', secrets: undefined, checkBearer: undefined }
    expect(() => createAuthenticator(nothing)).toThrow(TypeError)
  })
})
