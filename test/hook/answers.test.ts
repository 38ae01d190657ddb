/** Each kind of answer, through a real socket. */
import Database from 'better-sqlite3'
import { hashSync } from 'bcryptjs'
import { createHmac, pbkdf2Sync } from 'node:crypto'
import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exchange, head } from '../support/raw.ts'
import { EVENT_TYPE, payload, SECRET, startHook, type RunningHook } from '../support/hook.ts'
import { ManualClock } from '../support/clock.ts'
import { releaseHeld, SLOW_WORKER } from '../support/workers.ts'
import { HOOK_PATH } from '../../src/hook/app.ts'

const VERIFIED =
  '{"commands":[{"type":"com.okta.action.update","value":{"credential":"VERIFIED"}}]}'
const UNVERIFIED =
  '{"commands":[{"type":"com.okta.action.update","value":{"credential":"UNVERIFIED"}}]}'

const withReason = (reason: string): string =>
  `${UNVERIFIED.slice(0, -1)},"debugContext":{"reason":"${reason}"}}`

const GOOD = hashSync('open sesame', 4)

const EMPTY_PBKDF2 = `pbkdf2_sha1$1000$salt$${pbkdf2Sync('', 'salt', 1000, 20, 'sha1').toString('base64')}`
const EMPTY_WORDPRESS = `$wp${hashSync(createHmac('sha384', 'wp-sha384').digest('base64'), 4)}`

const ROWS = [
  { login: 'good@example.com', hash: GOOD },
  { login: 'disabled@example.com', hash: GOOD, enabled: 0 },
  { login: 'twice@example.com', hash: GOOD },
  { login: 'twice@example.org', hash: GOOD },
  { login: 'whole', hash: GOOD },
  { login: 'whole@example.com', hash: GOOD },
  { login: 'truncated@example.com', hash: GOOD.slice(0, 59) },
  { login: 'padded@example.com', hash: `${GOOD}  ` },
  { login: 'malformed@example.com', hash: GOOD.replace('$04$', '$99$') },
  { login: 'unknown.hash@example.com', hash: '$y$j9T$saltsaltsalt$aGFzaA' },
  { login: 'none@example.com', hash: '' },
  { login: 'costly@example.com', hash: GOOD.replace('$04$', '$15$') },
  { login: 'empty@example.com', hash: hashSync('', 4) },
  { login: 'empty.pbkdf2@example.com', hash: EMPTY_PBKDF2 },
  { login: 'empty.wordpress@example.com', hash: EMPTY_WORDPRESS },
  { login: 'zoë@example.com', hash: GOOD },
] as const

const startWithRows = (options = {}) => startHook({ rows: ROWS, ...options })

describe('a decided call', () => {
  let hook: RunningHook
  beforeAll(async () => {
    hook = await startWithRows()
  })
  afterAll(() => hook.close())

  it.each([
    ['the login as stored', 'good@example.com'],
    ['another case, and spaces around it', '  Good@Example.COM '],
    ['the short name while it is unique', 'good'],
    ['a decomposed spelling of the same name', 'zoe\u0308@example.com'],
  ])('is VERIFIED for the right password and %s', async (_, username) => {
    const reply = await hook.signIn(username, 'open sesame')
    expect(reply).toMatchObject({ status: 200, text: VERIFIED })
    expect(reply.headers.get('content-type')).toBe('application/json')
  })

  it.each([
    ['a wrong password', 'good@example.com', 'open barley'],
    ['a login that no account has', 'nobody@example.com', 'open sesame'],
    ['a disabled account and its right password', 'disabled@example.com', 'open sesame'],
    ['a disabled account and a wrong password', 'disabled@example.com', 'open barley'],
    ['an empty password, although its hash is stored', 'empty@example.com', ''],
    ['NULs, which bcrypt takes for the empty password', 'empty@example.com', '\0\0'],
    ['NULs, which PBKDF2 takes for it', 'empty.pbkdf2@example.com', '\0'],
    ['blanks, which WordPress trims', 'empty.wordpress@example.com', ' \t'],
  ])('is UNVERIFIED without a reason for %s', async (_, username, password) => {
    const reply = await hook.signIn(username, password)
    expect(reply).toMatchObject({ status: 200, text: UNVERIFIED })
  })

  it.each([
    ['ambiguous_login', 'a short name that two accounts have', 'twice'],
    ['ambiguous_login', "a login that is another account's short name", 'whole'],
    ['hash_truncated', 'a hash that lost its end', 'truncated@example.com'],
    ['hash_padded', 'a hash with spaces behind it', 'padded@example.com'],
    ['hash_malformed', 'a hash that bcrypt cannot have made', 'malformed@example.com'],
    ['hash_unrecognised', 'a hash of another kind', 'unknown.hash@example.com'],
    ['hash_unrecognised', 'an account without a hash', 'none@example.com'],
    ['hash_out_of_bounds', 'a hash over the cost ceiling', 'costly@example.com'],
  ])('is UNVERIFIED with the reason %s for %s', async (reason, _, username) => {
    const reply = await hook.signIn(username, 'open sesame')
    expect(reply).toMatchObject({ status: 200, text: withReason(reason) })
  })

  it('writes one log entry with what an engineer needs and no login', async () => {
    const before = hook.lines().length
    await hook.signIn('good@example.com', 'open sesame', { eventId: '3o9jBzq1SmOGmmsDsqyyeQ' })
    const lines = hook.lines().slice(before)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({
      level: 'info',
      msg: 'password import',
      eventId: '3o9jBzq1SmOGmmsDsqyyeQ',
      oktaRequestId: 'XiIl6wn7005Rr@fjYqeC7CCDBxw',
      outcome: 'VERIFIED',
      reason: 'match',
      status: 200,
      waitMs: expect.any(Number) as number,
      runMs: expect.any(Number) as number,
      lanes: 1,
      totalMs: expect.any(Number) as number,
      login: expect.stringMatching(/^[\w-]{16}$/) as string,
    })
    expect(hook.rawLog()).not.toContain('good')
  })

  it.each([
    ['unauthenticated', 401, { authorization: 'wrong' }, payload('a', 'b'), undefined],
    ['media_type', 415, { 'content-type': 'text/plain' }, payload('a', 'b'), undefined],
    ['payload_invalid', 400, {}, { eventType: EVENT_TYPE }, 'data'],
    ['payload_invalid', 400, {}, payload('a', 7), 'data.context.credential.password'],
    ['payload_invalid', 400, {}, payload(' ', 'b'), 'data.context.credential.username'],
  ])('is refused as %s with %i', async (code, status, headers, body, field) => {
    const reply = await hook.send(JSON.stringify(body), headers)
    expect(reply.status).toBe(status)
    expect(reply.headers.get('content-type')).toBe('application/problem+json')
    const problem = JSON.parse(reply.text) as Record<string, unknown>
    expect(problem['code']).toBe(code)
    expect(problem['field']).toBe(field)
    expect(hook.lines().at(-1)).toMatchObject({ level: 'warn', outcome: 'FAILED', reason: code })
  })

  it('is refused with 413 when its Content-Length is over the limit', async () => {
    const body = JSON.stringify(payload('good', 'x'.repeat(70_000)))
    expect(await hook.send(body)).toMatchObject({ status: 413 })
  })

  it('answers other methods with 405 and other paths with 404', async () => {
    const got = await fetch(hook.url)
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST'])
    expect((await fetch(`${hook.base}/`)).status).toBe(404)
  })
})

describe('the work and the answer', () => {
  it('are the same for a wrong password, an unknown login and a disabled account', async () => {
    const hook = await startWithRows()
    await hook.signIn('good@example.com', 'open sesame')
    hook.runs.length = 0
    const replies = [
      await hook.signIn('good@example.com', 'open barley'),
      await hook.signIn('nobody@example.com', 'open barley'),
      await hook.signIn('disabled@example.com', 'open sesame'),
    ]
    expect(hook.runs).toEqual(['$2b$04$', '$2b$04$', '$2b$04$'])
    const shapes = replies.map(({ status, text, headers }) => [
      status,
      text,
      [...headers].filter(([name]) => name !== 'date'),
    ])
    expect(shapes[1]).toEqual(shapes[0])
    expect(shapes[2]).toEqual(shapes[0])
    await hook.close()
  })

  it('include one hash for a damaged row and for an ambiguous login too', async () => {
    const hook = await startWithRows()
    await hook.signIn('good@example.com', 'open sesame')
    hook.runs.length = 0
    await hook.signIn('truncated@example.com', 'open sesame')
    await hook.signIn('twice', 'open sesame')
    expect(hook.runs).toEqual(['$2b$04$', '$2b$04$'])
    await hook.close()
  })
})

describe('a call that cannot be decided is answered 503 and never UNVERIFIED', () => {
  it('while the legacy store is locked, and is decided again afterwards', async () => {
    const hook = await startWithRows()
    const writer = new Database(hook.legacyPath)
    writer.exec('BEGIN EXCLUSIVE')
    const refused = await hook.signIn('good@example.com', 'open sesame')
    expect(refused.status).toBe(503)
    expect(JSON.parse(refused.text)).toMatchObject({ code: 'legacy_unavailable' })
    expect(hook.lines().at(-1)).toMatchObject({ cause: { code: 'SQLITE_BUSY' } })
    expect((await fetch(`${hook.base}/readyz`)).status).toBe(503)
    writer.exec('ROLLBACK')
    writer.close()
    expect((await hook.signIn('good@example.com', 'open sesame')).text).toBe(VERIFIED)
    expect((await fetch(`${hook.base}/readyz`)).status).toBe(200)
    await hook.close()
  })

  it('when the file loses its content while the server runs', async () => {
    const hook = await startWithRows()
    const writer = new Database(hook.legacyPath)
    writer.exec('DROP TABLE accounts')
    writer.close()
    expect((await hook.signIn('good@example.com', 'open sesame')).status).toBe(503)
    rmSync(hook.legacyPath)
    await hook.close()
  })

  it('when the queue is full; such refusals are prompt and sent together', async () => {
    const clock = new ManualClock()
    const hook = await startWithRows({ clock, workerUrl: SLOW_WORKER, queueLimit: 1 })
    const code = async (): Promise<string> =>
      (JSON.parse((await hook.signIn('good', 'hold')).text) as { code: string }).code
    const admitted = [code(), code()]
    await expect.poll(() => hook.pool.waiting).toBe(1)
    const timers = clock.pending.length
    for (const together of [3, 1]) {
      const asked = hook.asked()
      const refused = Array.from({ length: together }, code)
      await expect.poll(() => hook.asked()).toBe(asked + together)
      expect(clock.pending).toHaveLength(timers + 1)
      clock.advance(25)
      expect(await Promise.all(refused)).toEqual(refused.map(() => 'overloaded'))
    }
    clock.advance(2450)
    expect(await Promise.all(admitted)).toEqual(['deadline_exceeded', 'deadline_exceeded'])
    releaseHeld()
    await hook.close()
  })

  it('when no check could end in time; no lookup is made', async () => {
    const clock = new ManualClock()
    const hook = await startWithRows({
      clock,
      workerUrl: SLOW_WORKER,
      queueLimit: 1000,
      guesses: { limit: 1000, windowMs: 900_000 },
      settings: { deadlineMs: 100 },
    })
    // Each call checks admission twice: on arrival, and before its lookup.
    const arrived = (): number => hook.asked() - (hook.pool.waiting + 1) - hook.lines().length
    const code = async (password: string): Promise<string> =>
      (JSON.parse((await hook.signIn('good', password)).text) as { code: string }).code
    const calls = Array.from({ length: 200 }, () => code('hold'))
    expect(await Promise.race(calls)).toBe('overloaded')
    await expect.poll(arrived).toBe(200)
    const writer = new Database(hook.legacyPath)
    writer.exec('DROP TABLE accounts')
    writer.close()
    const shut = code('go')
    await expect.poll(arrived).toBe(201)
    clock.advance(25)
    expect(await shut).toBe('overloaded')
    clock.advance(75)
    expect(await code('go')).toBe('legacy_unavailable')
    await Promise.all(calls)
    releaseHeld()
    await hook.close()
  })

  it('when the deadline passes first', async () => {
    const clock = new ManualClock()
    const hook = await startWithRows({ clock, workerUrl: SLOW_WORKER })
    const late = hook.signIn('good', 'hold')
    await expect.poll(() => hook.runs.length).toBe(1)
    clock.advance(2499)
    expect(await Promise.race([late, Promise.resolve('still open')])).toBe('still open')
    clock.advance(1)
    expect(JSON.parse((await late).text)).toMatchObject({ status: 503, code: 'deadline_exceeded' })
    releaseHeld()
    await hook.close()
  })

  it('when the thread dies; the next call gets another thread', async () => {
    const hook = await startWithRows({ workerUrl: SLOW_WORKER })
    const lost = await hook.signIn('good', 'die')
    expect(JSON.parse(lost.text)).toMatchObject({ status: 503, code: 'worker_lost' })
    expect((await hook.signIn('good', 'open sesame')).text).toBe(VERIFIED)
    await hook.close()
  })
})

describe('a bug', () => {
  it('is a 500 with a fixed sentence, and its message is neither logged nor sent', async () => {
    const hook = await startWithRows({
      nameLogin: () => {
        throw new TypeError('this quotes a marked input')
      },
    })
    const reply = await hook.signIn('good', 'open sesame')
    expect(reply.status).toBe(500)
    expect(JSON.parse(reply.text)).toMatchObject({
      title: 'Internal error. Access was not granted.',
    })
    expect(hook.lines().at(-1)).toMatchObject({
      level: 'error',
      reason: 'internal',
      cause: {
        type: 'TypeError',
        at: expect.arrayContaining([expect.stringContaining('answers.test.ts')]) as string[],
      },
    })
    expect(reply.text + hook.rawLog()).not.toContain('marked')
    await hook.close()
  })
})

describe('a call over raw TCP', () => {
  it('is decided over HTTP/1.1 with an exact length', async () => {
    const hook = await startWithRows()
    const body = JSON.stringify(payload('good', 'open sesame'))
    const received = await exchange(hook.base, [
      head(HOOK_PATH, [
        `Authorization: ${SECRET}`,
        'Content-Type: application/json',
        `Content-Length: ${body.length}`,
        'Connection: close',
      ]),
      body,
    ])
    expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(received.endsWith(VERIFIED)).toBe(true)
    await hook.close()
  })
})
