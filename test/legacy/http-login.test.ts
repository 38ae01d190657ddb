/** Legacy logins over HTTP by our own contract, against servers that keep it and servers that break it in every way. */
import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { AppError } from '../../src/errors/errors.ts'
import type { VerifyingStore } from '../../src/legacy/store.ts'
import { makeCertificate } from '../support/certificate.ts'
import { ManualClock } from '../support/clock.ts'
import {
  answerFor,
  isCheck,
  openLogin,
  resultOf,
  startLoginServer,
  startRawServer,
  type Asked,
} from '../support/login-server.ts'
import { tempDir } from '../support/temp.ts'

const GOOD = 'good@example.com'
const PASSWORD = 'open sesame'

const json = (res: ServerResponse, text: string): unknown =>
  res.writeHead(200, { 'content-type': 'application/json' }).end(text)

const answer = ({ body }: Asked, _: unknown, res: ServerResponse): unknown =>
  json(res, body === '' ? '' : answerFor(body))

const ask = (
  store: VerifyingStore,
  password = PASSWORD,
  login = GOOD,
  signal = new AbortController().signal,
): Promise<string> => store.verify(login, ` ${login} `, password, Infinity, signal)

/** How a question fails: the code and what the log would say. */
const failureOf = async (asking: Promise<unknown>): Promise<string> => {
  const err = await asking.then(
    (result) => new Error(`it answered ${String(result)}`),
    (reason: unknown) => reason,
  )
  return err instanceof AppError ? `${err.code}: ${err.detail ?? ''}` : String(err)
}

describe('a legacy login over HTTP', () => {
  it.each([
    [GOOD, PASSWORD, 'match'],
    [GOOD, 'open barley', 'mismatch'],
    ['nobody@example.com', PASSWORD, 'unknown_login'],
    ['off@example.com', PASSWORD, 'disabled'],
  ])('answers for %s with %s: %s', async (login, password, result) => {
    const { url } = await startLoginServer(answer)
    expect(await ask(await openLogin(url), password, login)).toBe(result)
  })

  it('is sent the login in both forms, the password as it is, and the secret of the endpoint', async () => {
    const { url, asked } = await startLoginServer(answer)
    const header = { name: 'x-api-key', value: 'marked-secret' }
    const store = await openLogin(url, { http: { header } })
    await ask(store, ' "\\\ud800 é\0')
    expect(asked.at(-1)).toMatchObject({
      method: 'POST',
      path: '/login',
      headers: { 'content-type': 'application/json', 'x-api-key': 'marked-secret' },
      body: String.raw`{"login":"good@example.com","username":" good@example.com ","password":" \"\\\ud800 é\u0000"}`,
    })
  })

  it('keeps its connections for the next questions', async () => {
    const { url, most } = await startLoginServer(answer)
    const store = await openLogin(url)
    for (let i = 0; i < 20; i++) await ask(store)
    // A second one may be made while the first is not yet idle.
    expect(most()).toBeLessThanOrEqual(2)
  })

  it('is asked 75 questions at once, and gives each its own answer', async () => {
    const { url, most } = await startLoginServer(answer)
    const store = await openLogin(url)
    const answers = Array.from({ length: 75 }, (_, i) => ask(store, i % 3 ? 'wrong' : PASSWORD))
    expect(await Promise.all(answers)).toEqual(
      Array.from({ length: 75 }, (_, i) => (i % 3 ? 'mismatch' : 'match')),
    )
    expect(most()).toBeLessThanOrEqual(100)
  })

  it('accepts white space and a charset', async () => {
    const { url } = await startLoginServer(({ body }, _, res) =>
      res
        .writeHead(200, { 'content-type': 'Application/JSON; charset=utf-8' })
        .end(`\r\n { "result" :\t"${isCheck(body) ? 'unknown' : 'match'}" }\n`),
    )
    expect(await ask(await openLogin(url))).toBe('match')
  })
})

const MATCH = resultOf('match')

/** What a server does that breaks the contract, and what the log says. */
const BROKEN: readonly (readonly [string, (res: ServerResponse) => unknown, RegExp])[] = [
  ...[201, 204, 206, 301, 400, 401, 403, 404, 429, 500, 502, 503].map(
    (status) =>
      [
        `the status ${status}`,
        (res: ServerResponse) =>
          res.writeHead(status, { 'content-type': 'application/json' }).end(MATCH),
        new RegExp(`unexpected status ${status}$`),
      ] as const,
  ),
  [
    'a redirect',
    (res) =>
      res
        .writeHead(307, { location: '/elsewhere', 'content-type': 'application/json' })
        .end(resultOf('mismatch')),
    /unexpected status 307$/,
  ],
  ...['text/html', 'text/plain', 'application/problem+json', ''].map(
    (type) =>
      [
        `the type "${type}"`,
        (res: ServerResponse) =>
          (type === '' ? res : res.writeHead(200, { 'content-type': type })).end(MATCH),
        /body that is not application\/json$/,
      ] as const,
  ),
  ...[
    '',
    'match',
    '"match"',
    'true',
    '[]',
    '{}',
    'null',
    '{"result":true}',
    '{"result":"Match"}',
    '{"result":"match "}',
    '{"result":"ambiguous_login"}',
    '{"Result":"match"}',
    '{"result":"match","user":1}',
    '{"result":"mismatch","result":"match"}',
    '{"\\u0072esult":"match"}',
    '{"result":"match"}}',
    '{"result":"match"} <br>',
    '{"result":"match"',
    '\ufeff{"result":"match"}',
    '[{"result":"match"}]',
  ].map(
    (text) =>
      [
        `the body ${JSON.stringify(text)}`,
        (res: ServerResponse) => json(res, text),
        /is not what docs/,
      ] as const,
  ),
  [
    'a body that is too long',
    (res) => json(res, MATCH + ' '.repeat(1_100)),
    /longer than 1024 bytes$/,
  ],
  [
    'a body that never ends',
    (res) => {
      res.writeHead(200, { 'content-type': 'application/json' })
      const more = (): unknown => res.destroyed || (res.write(' '.repeat(512)), setImmediate(more))
      more()
    },
    /longer than 1024 bytes$/,
  ],
  [
    'a body that is cut',
    (res) => {
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': 40 })
      res.write(MATCH, () => res.destroy())
    },
    /closed the connection|failed/,
  ],
  [
    'a compressed body',
    (res) =>
      res
        .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
        .end(Buffer.from('1f8b0800', 'hex')),
    /is not what docs/,
  ],
  ['no answer but an end', (res) => res.destroy(), /closed the connection/],
]

describe('an answer that is none', () => {
  it.each(BROKEN)('is an outage and no mismatch: %s', async (_, breaks, message) => {
    const { url, asked } = await startLoginServer((request, __, res) =>
      isCheck(request.body) ? json(res, resultOf('unknown')) : breaks(res),
    )
    const store = await openLogin(url)
    expect(await failureOf(ask(store))).toMatch(message)
    expect(await failureOf(ask(store))).toMatch(/^legacy_unavailable: /)
    // Neither was repeated, nor sent elsewhere.
    expect(asked.map(({ path }) => path)).toEqual(['/login', '/login', '/login'])
  })

  it.each([
    ['is not HTTP', 'SSH-2.0-OpenSSH_9.6\r\n', /not HTTP/],
    ['ends before its headers', 'HTTP/1.1 200 OK\r\ncontent-type: app', /closed the connection/],
    [
      'has more headers than memory',
      `HTTP/1.1 200 OK\r\n${`x: ${'y'.repeat(1_000)}\r\n`.repeat(100)}\r\n`,
      /UND_ERR_HEADERS_OVERFLOW/,
    ],
  ])('is an outage where it %s', async (_, bytes, message) => {
    const { url } = await startRawServer(bytes, true)
    const store = await openLogin(url)
    expect(store.state).toBe('unreachable')
    expect(await failureOf(ask(store))).toMatch(message)
  })

  it('that follows another answer is never taken for that of the next question', async () => {
    const head = (text: string): string =>
      `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`
    const { url } = await startRawServer(head(resultOf('mismatch')) + head(MATCH))
    const store = await openLogin(url)
    for (let i = 0; i < 20; i++) {
      const result = await ask(store).catch(() => 'outage')
      expect(['mismatch', 'outage']).toContain(result)
    }
  })

  it('is an outage where the port is closed, and says which', async () => {
    const { url, close } = await startLoginServer(answer)
    const store = await openLogin(url)
    await close()
    expect(await failureOf(ask(store))).toMatch(/refuses connections/)
  })
})

describe('the certificate', () => {
  it('is trusted by its CA alone, never by chance', async () => {
    const dir = tempDir()
    const [own, other] = ['own', 'other'].map((name) => makeCertificate(dir, name))
    if (!own || !other) throw new Error('no certificates')
    const { url, asked } = await startLoginServer(answer, own)
    const ca = readFileSync(own.certFile, 'utf8')
    expect(await ask(await openLogin(url, { ca }))).toBe('match')
    const before = asked.length
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    onTestFinished(() => void vi.unstubAllEnvs())
    for (const wrong of [undefined, readFileSync(other.certFile, 'utf8')]) {
      const store = await openLogin(url, { ca: wrong })
      expect(await failureOf(ask(store))).toMatch(/not trusted.*LEGACY_LOGIN_CA_FILE/)
    }
    expect(asked).toHaveLength(before)
  })
})

describe('the limits', () => {
  /** A server that keeps every question open but those of checks. */
  const startHung = async () => {
    const held: Socket[] = []
    const server = await startLoginServer(({ body }, { socket }, res) =>
      isCheck(body) ? json(res, resultOf('unknown')) : held.push(socket),
    )
    return { ...server, held }
  }

  it('end a question after its time, and free its connection', async () => {
    const clock = new ManualClock()
    const { url, held } = await startHung()
    const store = await openLogin(url, { clock, loginMs: 2_000 })
    const failure = failureOf(ask(store))
    await expect.poll(() => held.length).toBe(1)
    clock.advance(1_999)
    expect(held[0]?.destroyed).toBe(false)
    clock.advance(1)
    expect(await failure).toBe('legacy_unavailable: the legacy login gave no answer in time')
    await expect.poll(() => held[0]?.destroyed).toBe(true)
    expect(clock.pending).toEqual([])
  })

  it('end a question whose answer has begun and does not end', async () => {
    const clock = new ManualClock()
    const held: Socket[] = []
    const { url } = await startLoginServer(({ body }, { socket }, res) => {
      if (isCheck(body)) return json(res, resultOf('unknown'))
      held.push(socket)
      return res.writeHead(200, { 'content-type': 'application/json' }).write('{"result":')
    })
    const store = await openLogin(url, { clock, loginMs: 2_000 })
    const failure = failureOf(ask(store))
    await expect.poll(() => held.length).toBe(1)
    clock.advance(2_000)
    expect(await failure).toBe('legacy_unavailable: the legacy login gave no answer in time')
    await expect.poll(() => held[0]?.destroyed).toBe(true)
  })

  it('end a question when no caller waits any more', async () => {
    const { url, asked, held } = await startHung()
    const store = await openLogin(url)
    const callers = new AbortController()
    const failure = failureOf(ask(store, PASSWORD, GOOD, callers.signal))
    await expect.poll(() => held.length).toBe(1)
    callers.abort()
    expect(await failure).toMatch(/^caller_gone/)
    await expect.poll(() => held[0]?.destroyed).toBe(true)
    expect(await failureOf(ask(store, PASSWORD, GOOD, callers.signal))).toMatch(/^caller_gone/)
    expect(asked).toHaveLength(2)
  })

  it('end a question to a server that accepts connections and says nothing', async () => {
    const clock = new ManualClock()
    const { url, open } = await startRawServer(undefined)
    const opening = openLogin(url, { clock, loginMs: 2_000 })
    await expect.poll(open).toBe(1)
    clock.advance(2_000)
    const store = await opening
    expect(store.state).toBe('unreachable')
    await expect.poll(open).toBe(0)
  })

  it('refuse one question more than may be under way, at once, and none after they ended', async () => {
    const held: ServerResponse[] = []
    const { url } = await startLoginServer(({ body }, _, res) =>
      isCheck(body) ? json(res, resultOf('unknown')) : held.push(res),
    )
    const store = await openLogin(url, { maxAtOnce: 3 })
    const asked = Array.from({ length: 3 }, () => ask(store))
    await expect.poll(() => held.length).toBe(3)
    expect(await failureOf(ask(store))).toMatch(/^legacy_unavailable: .*LEGACY_LOGIN_POOL/)
    for (const res of held.splice(0)) json(res, MATCH)
    expect(await Promise.all(asked)).toEqual(['match', 'match', 'match'])
    const next = ask(store)
    await expect.poll(() => held.length).toBe(1)
    for (const res of held) json(res, MATCH)
    expect(await next).toBe('match')
  })
})

describe('the check', () => {
  it('refuses a system that lets in a made-up login', async () => {
    const { url, asked, open } = await startLoginServer((_, __, res) => json(res, MATCH))
    expect(await failureOf(openLogin(url))).toMatch(/^legacy_unusable: .*Anybody could sign in/s)
    await expect.poll(open).toBe(0)
    const { login, password } = JSON.parse(asked[0]?.body ?? '') as Record<string, string>
    expect(login).toMatch(/^okta-migrate-check-[0-9a-f]{18}@example\.invalid$/)
    expect(password).toHaveLength(32)
  })

  it('is made up for when the system comes back, and no password is tried before', async () => {
    const clock = new ManualClock()
    let isAway = true
    const reports: (string | undefined)[] = []
    const { url, asked } = await startLoginServer((request, req, res) =>
      isAway ? res.writeHead(502).end() : answer(request, req, res),
    )
    const store = await openLogin(url, {
      clock,
      onCheck: (_, failure) => void reports.push(failure?.code),
    })
    expect(await failureOf(ask(store))).toMatch(/^legacy_unavailable/)
    expect(await failureOf(store.ping())).toMatch(/^legacy_unavailable/)
    expect(asked.every(({ body }) => isCheck(body))).toBe(true)
    // Within a second it is not checked again.
    expect(asked).toHaveLength(1)
    isAway = false
    clock.advance(1_000)
    expect(await ask(store)).toBe('match')
    expect(store.state).toBe('ok')
    expect(reports).toEqual(['legacy_unavailable', undefined])
  })

  it('that comes later refuses a system that lets in anybody', async () => {
    const clock = new ManualClock()
    let status = 502
    const { url } = await startLoginServer((_, __, res) => {
      res.writeHead(status, { 'content-type': 'application/json' }).end(MATCH)
    })
    const store = await openLogin(url, { clock })
    status = 200
    clock.advance(1_000)
    expect(await failureOf(ask(store))).toMatch(/^legacy_unavailable: .*Anybody could sign in/s)
    expect(store.state).toBe('refused')
  })
})

describe('a system that changes after its check', () => {
  const AGAIN_MS = 15 * 60_000

  const start = async (given: Parameters<typeof openLogin>[1] = {}) => {
    const clock = new ManualClock()
    const mode: { answer?: string | undefined; refusesChecks?: boolean } = {}
    const { url, asked } = await startLoginServer(({ body }, _, res) => {
      if (mode.refusesChecks && isCheck(body)) res.writeHead(502).end()
      else json(res, mode.answer ?? answerFor(body))
    })
    const store = await openLogin(url, { clock, ...given })
    return { store, clock, mode, checks: () => asked.filter(({ body }) => isCheck(body)).length }
  }

  it('to let anybody in is found out by the next match, and lets nobody in until it is corrected', async () => {
    const reports: (string | undefined)[] = []
    const { store, clock, mode } = await start({
      onCheck: (_, failure) => void reports.push(failure?.detail?.trim()),
    })
    mode.answer = MATCH
    clock.advance(AGAIN_MS)
    expect(await ask(store, 'anything')).toBe('match')
    await expect.poll(() => store.state).toBe('refused')
    expect(await failureOf(ask(store, 'anything'))).toMatch(/^legacy_unavailable: .*Anybody/s)
    mode.answer = undefined
    clock.advance(1_000)
    expect(await ask(store, 'anything')).toBe('mismatch')
    expect(reports).toEqual([undefined, expect.stringContaining('Anybody'), undefined])
  })

  it('is not checked more often, nor by what is no match', async () => {
    const { store, clock, checks } = await start()
    clock.advance(AGAIN_MS - 1)
    await ask(store)
    expect(checks()).toBe(1)
    clock.advance(1)
    await ask(store, 'wrong')
    expect(checks()).toBe(1)
    await Promise.all([ask(store), ask(store)])
    await expect.poll(checks).toBe(2)
  })

  it('to fail in the check alone stays checked', async () => {
    const { store, clock, mode, checks } = await start()
    clock.advance(AGAIN_MS)
    mode.refusesChecks = true
    expect(await ask(store)).toBe('match')
    await expect.poll(checks).toBe(2)
    for (let i = 0; i < 5; i++) expect(await ask(store)).toBe('match')
    expect(store.state).toBe('ok')
  })

  it('to say no to all is reported once, until there is a match', async () => {
    const doubts: number[] = []
    const { store } = await start({ onDoubt: (answers) => void doubts.push(answers) })
    const askWrong = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i++) await ask(store, 'wrong')
    }
    await askWrong(49)
    expect(doubts).toEqual([])
    await askWrong(60)
    expect(doubts).toEqual([50])
    await ask(store)
    await askWrong(50)
    expect(doubts).toEqual([50, 50])
  })
})

describe('a probe', () => {
  it.each([
    [200, 'ok'],
    [405, 'ok'],
    [502, 'legacy_unavailable: the legacy login answered with the unexpected status 502'],
  ])('tries no password, and %i means %s', async (status, expected) => {
    const { url, asked } = await startLoginServer((request, req, res) =>
      request.method === 'HEAD' ? res.writeHead(status).end() : answer(request, req, res),
    )
    const store = await openLogin(url)
    const failure = await store.ping().then(
      () => 'ok',
      () => failureOf(store.ping()),
    )
    expect(failure).toBe(expected)
    expect(asked.slice(1).every(({ method, body }) => method === 'HEAD' && body === '')).toBe(true)
  })
})

describe('a login that is unknown', () => {
  it('is answered when a judgement of a password usually is', async () => {
    const clock = new ManualClock()
    const held: { readonly res: ServerResponse; readonly text: string }[] = []
    const { url } = await startLoginServer(({ body }, _, res) =>
      isCheck(body) ? json(res, resultOf('unknown')) : held.push({ res, text: answerFor(body) }),
    )
    const store = await openLogin(url, { clock })
    const release = async (afterMs: number): Promise<void> => {
      await expect.poll(() => held.length).toBe(1)
      clock.advance(afterMs)
      for (const { res, text } of held.splice(0)) json(res, text)
    }
    for (const ms of [900, 300, 200]) {
      const judged = ask(store)
      await release(ms)
      await judged
    }
    let isAnswered = false
    const unknown = ask(store, PASSWORD, 'nobody@example.com').finally(() => (isAnswered = true))
    await release(100)
    // The limit of the question has ended, and the wait for the median has begun.
    await expect.poll(() => clock.pending).toEqual([200])
    expect(isAnswered).toBe(false)
    clock.advance(200)
    expect(await unknown).toBe('unknown_login')
  })
})
