/** Malformed and hostile calls: the server does not crash, hang, leak anything or let anyone in. */
import { hashSync } from 'bcryptjs'
import { once } from 'node:events'
import { createServer, IncomingMessage } from 'node:http'
import { Socket, type AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { HOOK_PATH } from '../../src/hook/app.ts'
import { readBody } from '../../src/hook/body.ts'
import { ManualClock } from '../support/clock.ts'
import { payload, SECRET, startHook, type RunningHook } from '../support/hook.ts'
import { exchange, head, sendAndDrop } from '../support/raw.ts'

const ROWS = [{ login: 'good@example.com', hash: hashSync('open sesame', 4) }]

let hook: RunningHook
beforeAll(async () => {
  hook = await startHook({ rows: ROWS })
})
afterAll(() => hook.close())
afterEach(async () => {
  // Whatever came before, the server still serves.
  expect((await hook.signIn('good', 'open sesame')).text).toContain('"VERIFIED"')
})

const NESTED = `${'['.repeat(30_000)}${']'.repeat(30_000)}`

describe('a body', () => {
  it.each([
    ['empty', '', 400, 'body_invalid'],
    ['not JSON', 'username=good&password=open', 400, 'body_invalid'],
    ['cut off', '{"eventId":"a","data":{"context":{"cred', 400, 'body_invalid'],
    ['JSON null', 'null', 400, 'payload_invalid'],
    ['a JSON list', '[]', 400, 'payload_invalid'],
    ['nested very deep', NESTED, 400, 'payload_invalid'],
    ['nested very deep where the credential belongs', `{"data":${NESTED}}`, 400, 'payload_invalid'],
    ['without a credential', JSON.stringify(payload(undefined, undefined)), 400, 'payload_invalid'],
    [
      'with a list as the password',
      JSON.stringify(payload('good', ['open sesame'])),
      400,
      'payload_invalid',
    ],
    ['an inherited credential', '{"__proto__":{"data":{}}}', 400, 'payload_invalid'],
    [
      "of another hook's event type",
      JSON.stringify(
        payload('good', 'open sesame', { eventType: 'com.okta.oauth2.tokens.transform' }),
      ),
      400,
      'payload_invalid',
    ],
    ['of 10 MB', 'x'.repeat(10_000_000), 413, 'body_too_large'],
  ])('%s is refused', async (_, body, status, code) => {
    const reply = await hook.send(body)
    expect(reply.status).toBe(status)
    expect(JSON.parse(reply.text)).toMatchObject({ code })
    expect(reply.text).not.toMatch(/node:|\.ts|\.js|\n {4}at /)
  })

  it('of bytes that are not UTF-8 is refused', async () => {
    const bytes = Buffer.from(JSON.stringify(payload('good', 'open sesame ÿ')), 'latin1')
    expect(await hook.send(bytes)).toMatchObject({ status: 400 })
  })

  it('of 10 MB that does not announce its size is refused', async () => {
    const chunk = `2000\r\n${'x'.repeat(0x2000)}\r\n`
    const received = await exchange(hook.base, [
      head(HOOK_PATH, [
        `Authorization: ${SECRET}`,
        'Content-Type: application/json',
        'Transfer-Encoding: chunked',
      ]),
      ...Array.from({ length: 1280 }, () => chunk),
    ])
    expect(received).toMatch(/^HTTP\/1\.1 413 /)
  })

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', ''])(
    'of media type "%s" is refused',
    async (type) => {
      const reply = await hook.send(JSON.stringify(payload('good', 'open sesame')), {
        'content-type': type,
      })
      expect(reply.status).toBe(415)
    },
  )

  it('of JSON with parameters and other capitals is read', async () => {
    const reply = await hook.send(JSON.stringify(payload('good', 'open sesame')), {
      'content-type': 'Application/JSON; charset=UTF-8',
    })
    expect(reply.text).toContain('"VERIFIED"')
  })
})

describe('a credential', () => {
  it.each([
    ['an empty password', 'good', ''],
    ['a password of 73 bytes', 'good', 'x'.repeat(73)],
    ['a password of 10,000 bytes', 'good', 'x'.repeat(10_000)],
    ['a NUL after the right password', 'good', 'open sesame\0'],
    ['text after a NUL after the right password', 'good', 'open sesame\0 or not'],
    ['a 4-byte character', 'good', '🔑'],
    ['half a surrogate pair', 'good', '\ud83d'],
    ['a login of 300 characters', `${'g'.repeat(300)}@example.com`, 'open sesame'],
    ['a NUL in the login', 'good\0', 'open sesame'],
    ['SQL in the login', "good' OR '1'='1", 'open sesame'],
    ['SQL that ends the statement', "good'; DROP TABLE accounts; --", 'open sesame'],
    ['a pattern in the login', 'goo%', 'open sesame'],
    ['a parameter in the login', ':username', 'open sesame'],
  ])('with %s is UNVERIFIED', async (_, username, password) => {
    const reply = await hook.signIn(username, password)
    expect(reply.status).toBe(200)
    expect(reply.text).toContain('"UNVERIFIED"')
  })
})

describe('a login longer than the limit', () => {
  const LONGEST = `${'g'.repeat(308)}@example.com`
  const CUT = `${LONGEST.slice(0, 320)}…`
  const rows = [LONGEST, CUT].map((login) => ({ login, hash: hashSync('open sesame', 4) }))

  it('is treated as unknown, with the work of an unknown login', async () => {
    const named: string[] = []
    const nameLogin = (login: string): string => {
      named.push(login)
      return String(named.length)
    }
    const own = await startHook({ rows, nameLogin })
    expect((await own.signIn(LONGEST, 'open sesame')).text).toContain('"VERIFIED"')
    const unknown = await own.signIn('nobody', 'open sesame')
    const marks = '\u0301\u0316'.repeat(10_000)
    for (const login of [`${LONGEST}m`, CUT, `a${marks}`, `${CUT}${marks}`]) {
      expect(await own.signIn(login, 'open sesame')).toMatchObject({
        status: 200,
        text: unknown.text,
      })
      expect(own.lines().at(-1)).toMatchObject({ reason: 'unknown_login' })
    }
    expect(own.runs).toHaveLength(6)
    expect(Math.max(...named.map(({ length }) => length))).toBe(321)
    await own.close()
  })

  it('may be in the store, and causes no lookup there', async () => {
    const name = `good${'\u0301\u0316'.repeat(1_000)}`
    const own = await startHook({ rows: [{ login: name, hash: hashSync('open sesame', 4) }] })
    expect((await own.signIn('good', 'open sesame')).text).toContain('"UNVERIFIED"')
    await own.close()
  })
})

describe('a request', () => {
  const HEADERS = ['Content-Type: application/json', 'Content-Length: 500']

  it('whose connection drops half-way is logged', async () => {
    const request = head(HOOK_PATH, [`Authorization: ${SECRET}`, ...HEADERS])
    await sendAndDrop(hook.base, `${request}{"half":`)
    await expect.poll(() => hook.lines().at(-1)).toMatchObject({ reason: 'body_interrupted' })
  })

  it('whose body closes with neither an end nor an error was interrupted', async () => {
    const clock = new ManualClock()
    const incoming = new IncomingMessage(new Socket())
    const refused = expect(readBody(incoming, 1000, clock)).rejects.toMatchObject({
      code: 'body_interrupted',
    })
    const closed = once(incoming, 'close')
    incoming.destroy()
    await closed
    clock.advance(1000)
    await refused
  })

  it('whose body closed before it was read was interrupted', async () => {
    const incoming = new IncomingMessage(new Socket())
    incoming.destroy()
    await once(incoming, 'close')
    await expect(readBody(incoming, 1000, new ManualClock())).rejects.toMatchObject({
      code: 'body_interrupted',
    })
  })

  it('whose caller hung up after its whole body was not interrupted', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const arrived = once(server, 'request') as Promise<[IncomingMessage]>
    const call = `${head('/', ['Content-Length: 2'])}{}`
    const dropped = sendAndDrop(`http://127.0.0.1:${port}`, call, () => arrived)
    const [incoming] = await arrived
    // Nothing listens for its error, as while calls are coalesced.
    await new Promise((resolve) => incoming.once('close', resolve))
    await dropped
    await expect(readBody(incoming, 1000, new ManualClock())).rejects.toMatchObject({
      code: 'caller_gone',
    })
    server.close()
  })

  it('whose body stops coming is refused at its deadline', async () => {
    const clock = new ManualClock()
    const slow = await startHook({ rows: ROWS, clock })
    const received = exchange(slow.base, [
      head(HOOK_PATH, [`Authorization: ${SECRET}`, ...HEADERS]),
      '{"half":',
    ])
    await expect.poll(() => clock.pending).toEqual([2500])
    clock.advance(2500)
    expect(await received).toMatch(/^HTTP\/1\.1 408 /)
    await slow.close()
  })

  it('that is not HTTP ends its connection', async () => {
    expect(await exchange(hook.base, ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'])).toMatch(
      /^(HTTP\/1\.1 400 |$)/,
    )
  })

  it('with two lengths is refused', async () => {
    const received = await exchange(hook.base, [
      head(HOOK_PATH, ['Content-Length: 2', 'Content-Length: 3', 'Content-Type: application/json']),
      '{}',
    ])
    expect(received).toMatch(/^HTTP\/1\.1 400 /)
  })
})
