/** Which calls are accepted as Okta's. */
import { hashSync } from 'bcryptjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HOOK_PATH } from '../../src/hook/app.ts'
import { createCredentialsPrecheck, headerValues, isFromOrg } from '../../src/hook/authenticate.ts'
import { createSecretCheck } from '../../src/http/secret-check.ts'
import { payload, SECRET, startHook, type RunningHook } from '../support/hook.ts'
import { exchange, head } from '../support/raw.ts'

const ROWS = [{ login: 'good@example.com', hash: hashSync('open sesame', 4) }]
const BODY = JSON.stringify(payload('good', 'open sesame'))
const REFUSAL = /^HTTP\/1\.1 401 /

/** Sends the right password with these headers, over a bare socket. */
const knock = (hook: RunningHook, headers: readonly string[]): Promise<string> =>
  exchange(hook.base, [
    head(HOOK_PATH, [
      ...headers,
      'Content-Type: application/json',
      `Content-Length: ${BODY.length}`,
      'Connection: close',
    ]),
    BODY,
  ])

describe('the secret header', () => {
  let hook: RunningHook
  beforeAll(async () => {
    hook = await startHook({
      rows: ROWS,
      settings: { secrets: { current: SECRET, previous: 'the one before' } },
    })
  })
  afterAll(() => hook.close())

  it('is compared as a whole, including its scheme', async () => {
    expect(await knock(hook, [`Authorization: ${SECRET}`])).toContain('"VERIFIED"')
    expect(hook.lines().at(-1)).not.toHaveProperty('secret')
  })

  it('may carry the previous secret, and the log says so', async () => {
    expect(await knock(hook, ['Authorization: the one before'])).toContain('"VERIFIED"')
    expect(hook.lines().at(-1)).toMatchObject({ secret: 'previous' })
  })

  it.each([
    ['missing', []],
    ['empty', ['Authorization:']],
    ['another', ['Authorization: not it']],
    ['shorter', [`Authorization: ${SECRET.slice(0, -1)}`]],
    ['longer', [`Authorization: ${SECRET}x`]],
    ['in another case', [`Authorization: ${SECRET.toLowerCase()}`]],
    ['without its scheme', [`Authorization: ${SECRET.replace('Basic ', '')}`]],
    ['in another header', [`X-Authorization: ${SECRET}`]],
    ['sent twice, right first', [`Authorization: ${SECRET}`, 'Authorization: not it']],
    ['sent twice, right last', ['Authorization: not it', `Authorization: ${SECRET}`]],
    ['sent twice, both right', [`Authorization: ${SECRET}`, `Authorization: ${SECRET}`]],
    ['both secrets in one', [`Authorization: ${SECRET}, the one before`]],
  ])('%s is refused before anything is looked up', async (_, headers) => {
    const before = hook.runs.length
    expect(await knock(hook, headers)).toMatch(REFUSAL)
    expect(hook.runs.length).toBe(before)
  })

  it('is checked before the body is parsed', async () => {
    const reply = await hook.send('not json', { authorization: 'not it' })
    expect(reply.status).toBe(401)
  })

  it('gets the same refusal, whatever is wrong with it', async () => {
    const wrong = await hook.send(BODY, { authorization: 'not it' })
    const missing = await fetch(hook.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: BODY,
    })
    expect(await missing.text()).toBe(wrong.text)
  })
})

describe('a header that is called __proto__', () => {
  it('is a header like any other', async () => {
    const hook = await startHook({ rows: ROWS })
    expect(await knock(hook, [`Authorization: ${SECRET}`, '__proto__: x'])).toContain('"VERIFIED"')
    expect(await knock(hook, ['Authorization: not it', '__proto__: x'])).toMatch(REFUSAL)
    await hook.close()
  })

  it('gives no value to the header of another name', () => {
    const raw = ['__proto__', 'x', 'AUTHORIZATION', 'y', 'authorization', 'z', 'x', 'authorization']
    expect(headerValues(raw, 'authorization')).toEqual(['y', 'z'])
    expect(headerValues(raw, 'constructor')).toEqual([])
    expect(headerValues(raw, '__proto__')).toEqual(['x'])
  })
})

describe('a header of another name', () => {
  it('is the only one that counts', async () => {
    const hook = await startHook({ rows: ROWS, settings: { authHeader: 'x-hook-secret' } })
    expect(await knock(hook, [`X-Hook-Secret: ${SECRET}`])).toContain('"VERIFIED"')
    expect(await knock(hook, [`X-HOOK-SECRET: ${SECRET}`])).toContain('"VERIFIED"')
    expect(await knock(hook, [`Authorization: ${SECRET}`])).toMatch(REFUSAL)
    expect(await knock(hook, [`X-Hook-Secret: ${SECRET}`, 'X-Hook-Secret: not it'])).toMatch(
      REFUSAL,
    )
    await hook.close()
  })
})

describe('the source', () => {
  let hook: RunningHook
  beforeAll(async () => {
    hook = await startHook({ rows: ROWS, settings: { orgUrl: 'https://acme.okta.com' } })
  })
  afterAll(() => hook.close())

  it('is accepted if it is the configured org', async () => {
    expect((await hook.signIn('good', 'open sesame')).text).toContain('"VERIFIED"')
  })

  it.each([
    'https://evil.okta.com/api/v1/inlineHooks/cbl2ad6phv9fsPLcF0g7',
    'https://acme.okta.com.evil.example/api/v1/inlineHooks/cbl2ad6phv9fsPLcF0g7',
    'http://acme.okta.com/api/v1/inlineHooks/cbl2ad6phv9fsPLcF0g7',
    'https://acme.okta.com@evil.example/',
    'acme.okta.com',
    `https://acme.okta.com/${'a'.repeat(320)}`,
    '',
    7,
    undefined,
  ])('%s is refused like a wrong secret', async (source) => {
    const reply = await hook.signIn('good', 'open sesame', { source })
    const wrong = await hook.send(BODY, { authorization: 'not it' })
    expect([reply.status, reply.text]).toEqual([401, wrong.text])
  })
})

describe('a body in chunks', () => {
  const CHUNKED = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`

  it.each([
    ['the right secret', SECRET, /^HTTP\/1\.1 200 [^]+"VERIFIED"/],
    ['the previous one', 'the one before', /^HTTP\/1\.1 200 [^]+"VERIFIED"/],
    // Nothing of it is parsed, so that the connection cannot go on.
    ['another', 'not it', /^HTTP\/1\.1 401 [^]+connection: close/i],
  ])('with %s', async (_, secret, answer) => {
    const hook = await startHook({
      rows: ROWS,
      settings: { secrets: { current: SECRET, previous: 'the one before' } },
    })
    const headers = [
      `Authorization: ${secret}`,
      'Content-Type: application/json',
      'Transfer-Encoding: chunked',
    ]
    const call = head(HOOK_PATH, headers) + CHUNKED
    const isWhole = (text: string): boolean => /\}$|\r\n0\r\n/.test(text)
    expect(await exchange(hook.base, [call], isWhole)).toMatch(answer)
    expect(hook.lines().at(-1)).toHaveProperty('status', answer.source.includes('401') ? 401 : 200)
    await hook.close()
  })
})

describe('createCredentialsPrecheck', () => {
  const checkBearer = () => Promise.reject(new Error('checked too early'))
  const secrets = { current: SECRET, previous: undefined }
  const of = (
    options: Partial<Parameters<typeof createCredentialsPrecheck>[0]>,
    ...rawHeaders: string[]
  ) =>
    createCredentialsPrecheck({
      authHeader: 'x-hook',
      secrets: undefined,
      checkBearer: undefined,
      ...options,
    })({
      rawHeaders,
    })

  it('lets through the secret in its header, and anything that looks like a token where tokens are accepted', () => {
    expect(of({ secrets }, 'X-Hook', SECRET)).toBe(true)
    expect(of({ secrets }, 'Authorization', SECRET)).toBe(false)
    expect(of({ secrets }, 'Authorization', 'Bearer a.b.c')).toBe(false)
    expect(of({ secrets, checkBearer }, 'Authorization', 'Bearer a.b.c')).toBe(true)
    expect(of({ checkBearer }, 'Authorization', 'Bearer a.b')).toBe(false)
    expect(of({ checkBearer })).toBe(false)
  })
})

describe('createAuthenticator', () => {
  it('refuses to work with an empty secret', () => {
    expect(() => createSecretCheck({ current: '', previous: undefined })).toThrow(TypeError)
    expect(() => createSecretCheck({ current: 'x', previous: '' })).toThrow(TypeError)
  })
})

describe('isFromOrg', () => {
  it('recognises a sandbox on loopback by its port', () => {
    expect(isFromOrg('http://127.0.0.1:4000', 'http://127.0.0.1:4000/api/v1/x')).toBe(true)
    expect(isFromOrg('http://127.0.0.1:4000', 'http://127.0.0.1:4001/api/v1/x')).toBe(false)
  })
})
