/** The client over real sockets: what it sends, what it repeats and never repeats, and how it ends. */
import { createServer } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { AppError } from '../../src/errors/errors.ts'
import type { OktaRequest } from '../../src/okta/client/client.ts'
import { OktaAnswerLost, OktaRejection } from '../../src/okta/errors/rejection.ts'
import { advanceUntil, makeClient, TOKEN } from '../support/okta-client.ts'
import {
  inTurn,
  limits,
  oktaError,
  reset,
  silence,
  startOkta,
  type Responder,
  type StubAnswer,
} from '../support/okta-server.ts'

const USERS = '/api/v1/users'
const OK: StubAnswer = { headers: limits(600, 500), body: { id: '00u1' } }
const BUSY: StubAnswer = { status: 503, headers: limits(600, 500), body: oktaError('E0000010') }
const OVER_RATE: StubAnswer = {
  status: 429,
  headers: limits(600, 0, 1),
  body: oktaError('E0000047'),
}
const OVER_CONCURRENCY: StubAnswer = {
  status: 429,
  headers: limits(0, 0),
  body: oktaError('E0000047'),
}

/** The outcome of one request to a server that gives this answer. */
const outcomeOf = async (request: OktaRequest, ...answers: (StubAnswer | Responder)[]) => {
  const okta = await startOkta(inTurn(...answers))
  const { client, clock } = makeClient(okta.url)
  const outcome = await advanceUntil(client.request(request), clock).catch((err: unknown) => err)
  return { outcome, calls: okta.calls.length }
}

describe('a request', () => {
  it('carries the credentials, names the client, and asks for JSON', async () => {
    const okta = await startOkta(() => ({ ...OK, headers: { 'x-okta-request-id': 'req1' } }))
    const { client, clock } = makeClient(okta.url)
    const path = `${USERS}?activate=true`
    const sent = client.request({ method: 'POST', path, body: { profile: { login: 'a@b.c' } } })
    const { status, body, requestId } = await advanceUntil(sent, clock)
    expect([status, body, requestId]).toEqual([200, { id: '00u1' }, 'req1'])
    expect(okta.calls).toMatchObject([
      {
        method: 'POST',
        path,
        body: '{"profile":{"login":"a@b.c"}}',
        headers: {
          authorization: `SSWS ${TOKEN}`,
          accept: 'application/json',
          'content-type': 'application/json',
          'user-agent': 'okta-password-import-hook/1.2.3',
        },
      },
    ])
  })

  it('without a body announces that it has none', async () => {
    const okta = await startOkta(() => ({ status: 204 }))
    const { client, clock } = makeClient(okta.url)
    const path = '/api/v1/inlineHooks/a/lifecycle/activate'
    const { body } = await advanceUntil(client.request({ method: 'POST', path }), clock)
    expect(body).toBeUndefined()
    expect(okta.calls[0]?.headers).toMatchObject({ 'content-length': '0' })
  })

  it.each(['http://127.0.0.1:1/api/v1/users', '//127.0.0.1:1/api', '/\\127.0.0.1:1/x'])(
    'never takes the token to another origin: %s',
    async (path) => {
      const okta = await startOkta(() => OK)
      const { client } = makeClient(okta.url)
      const asked = client.request({ method: 'GET', path })
      await expect(asked).rejects.toMatchObject({ code: 'okta_answer_unusable' })
      expect(okta.calls).toEqual([])
    },
  )

  it('does not follow a redirect', async () => {
    const other = await startOkta(() => OK)
    const redirect = { status: 302, headers: { location: `${other.url}/api/v1/users` } }
    const { outcome } = await outcomeOf({ method: 'GET', path: USERS }, redirect)
    expect(outcome).toMatchObject({ code: 'okta_answer_unusable' })
    expect(other.calls).toEqual([])
  })
})

describe('a request that fails once', () => {
  const FAILURES = { busy: BUSY, reset, rate: OVER_RATE, concurrency: OVER_CONCURRENCY } as const

  it.each([
    ['GET', 'busy'],
    ['GET', 'reset'],
    ['GET', 'rate'],
    ['GET', 'concurrency'],
    ['DELETE', 'busy'],
    ['DELETE', 'reset'],
    ['POST', 'rate'],
    ['POST', 'concurrency'],
  ] as const)('is sent again: %s, %s', async (method, failure) => {
    const request = { method, path: `${USERS}/00u1` }
    const { outcome, calls } = await outcomeOf(request, FAILURES[failure], OK)
    expect([outcome, calls]).toMatchObject([{ status: 200 }, 2])
  })

  const cutShort: Responder = (_, res) => {
    res.writeHead(200, { 'content-length': '99' })
    res.write('{', () => res.socket?.resetAndDestroy())
    return undefined
  }

  it.each([
    ['a reset', reset],
    ['503', () => BUSY],
    ['an answer that is not JSON', () => ({ body: '<html>' })],
    ['an answer cut short', cutShort],
  ])('is never sent again where it is a POST that got %s', async (_, failure) => {
    const { outcome, calls } = await outcomeOf(
      { method: 'POST', path: USERS, body: {} },
      failure,
      OK,
    )
    expect(outcome).toBeInstanceOf(OktaAnswerLost)
    expect(calls).toBe(1)
  })

  it('times out after 30 seconds: the result of a POST is unknown', async () => {
    const okta = await startOkta(silence)
    const { client, clock } = makeClient(okta.url)
    const post = client.request({ method: 'POST', path: USERS, body: {} })
    const lost = expect(post).rejects.toBeInstanceOf(OktaAnswerLost)
    await expect.poll(() => okta.calls.length).toBe(1)
    expect(clock.pending).toEqual([30_000])
    clock.advance(30_000)
    await lost
  })

  it('times out after 30 seconds: a GET is sent again', async () => {
    const okta = await startOkta(inTurn(silence, OK))
    const { client, clock } = makeClient(okta.url)
    const get = client.request({ method: 'GET', path: USERS })
    await expect.poll(() => okta.calls.length).toBe(1)
    clock.advance(30_000)
    expect(await advanceUntil(get, clock)).toMatchObject({ status: 200 })
  })
})

describe('an org that cannot be reached', () => {
  it('is reported at once at the first contact', async () => {
    const okta = await startOkta(() => OK)
    okta.close()
    const { client, clock } = makeClient(okta.url)
    const request = client.request({ method: 'GET', path: USERS })
    await expect(advanceUntil(request, clock)).rejects.toMatchObject({
      code: 'okta_unreachable',
      detail: `${new URL(okta.url).host} refuses connections (ECONNREFUSED)`,
    })
    expect(clock.now()).toBe(0)
  })

  it('is tried again later, even for a POST, since nothing was sent', async () => {
    const okta = await startOkta(() => ({ ...OK, headers: { connection: 'close' } }))
    const { client, clock } = makeClient(okta.url)
    await advanceUntil(client.request({ method: 'GET', path: USERS }), clock)
    okta.close()
    const post = client.request({ method: 'POST', path: USERS, body: {} })
    await expect.poll(() => clock.pending).toEqual([250])
    const back = createServer((_, res) => res.end('{"id":"00u2"}'))
    await new Promise<void>((resolve) => back.listen(Number(new URL(okta.url).port), resolve))
    onTestFinished(() => back.closeAllConnections())
    onTestFinished(() => void back.close())
    expect(await advanceUntil(post, clock)).toMatchObject({ body: { id: '00u2' } })
  })
})

describe('retries', () => {
  it("wait longer each time, up to 30 seconds, and end with Okta's last answer", async () => {
    const okta = await startOkta(() => BUSY)
    const { client, clock } = makeClient(okta.url)
    const waits: number[] = []
    const request = client.request({ method: 'GET', path: USERS })
    request.catch(() => undefined)
    for (let calls = 1; calls < 8; calls++) {
      await expect.poll(() => okta.calls.length).toBe(calls)
      // Once the answer has come, only the wait is pending.
      await expect.poll(() => clock.pending[0] ?? Infinity).toBeLessThan(30_000)
      waits.push(clock.pending[0] ?? 0)
      clock.advance(clock.pending[0] ?? 0)
    }
    await expect(request).rejects.toMatchObject({
      code: 'okta_unreachable',
      detail: expect.stringContaining('503 E0000010') as string,
    })
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 15000])
    expect(okta.calls).toHaveLength(8)
  })

  it('after 429 end as a rate limit', async () => {
    const { outcome, calls } = await outcomeOf({ method: 'POST', path: USERS }, OVER_CONCURRENCY)
    expect(outcome).toMatchObject({ code: 'okta_rate_limited' })
    expect(calls).toBe(8)
  })
})

describe('a refusal', () => {
  it.each([
    [401, oktaError('E0000011'), 'okta_unauthorized'],
    [403, oktaError('E0000006'), 'okta_forbidden'],
    [403, '<html>blocked</html>', 'okta_forbidden'],
  ])('with %i (%j) stops at once and says what to do', async (status, body, code) => {
    const answer = { status, headers: { 'x-okta-request-id': 'req9' }, body }
    const { outcome, calls } = await outcomeOf({ method: 'GET', path: USERS }, answer)
    expect(outcome).toMatchObject({ code, row: { exit: 2 } })
    expect((outcome as { detail: string }).detail).toContain('request id req9')
    expect(calls).toBe(1)
  })

  it.each([
    [400, 'E0000001', 'okta_rejected'],
    [403, 'E0000038', 'okta_rejected'],
    [404, 'E0000007', 'okta_not_found'],
  ])('of this one request, %i %s, is reported in full', async (status, errorCode, code) => {
    const answer = { status, body: oktaError(errorCode, 'login: taken') }
    const { outcome, calls } = await outcomeOf({ method: 'POST', path: USERS, body: {} }, answer)
    expect(outcome).toBeInstanceOf(OktaRejection)
    expect(outcome).toMatchObject({ status, errorCode, code, causes: ['login: taken'] })
    expect((outcome as { detail: string }).detail).toContain('error id oaeX')
    expect(calls).toBe(1)
  })

  it('is shown shortened, on one line, and without the token', async () => {
    const nasty = { errorCode: 'E0000001', errorSummary: `\u001b[2J\n\u202e${'x'.repeat(5000)}` }
    const answer = {
      status: 400,
      body: { ...nasty, errorCauses: Array(99).fill(nasty) as unknown },
    }
    const { outcome } = await outcomeOf({ method: 'GET', path: USERS }, answer)
    const { detail } = outcome as { detail: string }
    expect(detail.length).toBeLessThan(3000)
    // eslint-disable-next-line no-control-regex
    expect(detail).not.toMatch(/[\u0000-\u001f\u202e]/)
    expect(JSON.stringify(outcome) + detail).not.toContain(TOKEN)
  })
})

describe('an answer that is not Okta’s', () => {
  const page = (title: string): string => `<html><head><title>\n${title} </title></head></html>`
  const html = { 'content-type': 'text/html; charset=utf-8' }
  const PAGE: StubAnswer = { headers: html, body: page('Welcome') }

  it.each([
    [
      302,
      'okta_answer_unusable',
      /302; .*redirect.*OKTA_ORG_URL; .*to https:\/\/sso\.corp\/in from "squid"$/,
    ],
    [401, 'okta_answer_unusable', /401; .*requires a login; text\/html "Welcome" from "squid"$/],
    [403, 'okta_answer_unusable', /403; .*firewall or proxy.* blocks/],
    [404, 'okta_answer_unusable', /404; .*no Okta org at this address/],
    [407, 'proxy_refused', /proxy requires a login \(407\): .*HTTPS_PROXY/],
    [418, 'okta_answer_unusable', /418; .*firewall/],
    [501, 'okta_answer_unusable', /501; .*is not Okta/],
    [511, 'okta_answer_unusable', /511; .*in a browser/],
    [200, 'okta_answer_unusable', /200; .*web page instead of JSON/],
  ])('with %i is described at once', async (status, code, detail) => {
    const location = status === 302 ? { location: 'https://sso.corp/in?token=marked' } : {}
    const answer = { ...PAGE, status, headers: { ...html, ...location, server: 'squid' } }
    for (const before of [[], [OK]]) {
      const okta = await startOkta(inTurn(...before, answer))
      const { client, clock } = makeClient(okta.url)
      const get = () => advanceUntil(client.request({ method: 'GET', path: USERS }), clock)
      if (before.length > 0) await get()
      const { detail: message, ...error } = (await get().catch((err: unknown) => err)) as AppError
      expect(error).toMatchObject({ code })
      expect(message).toMatch(detail)
      expect(message).not.toContain('marked')
      expect([okta.calls.length, clock.now()]).toEqual([before.length + 1, 0])
    }
  })

  it.each([500, 502, 503, 504, 522])(
    'with %i is retried for a second where Okta was never reached, and longer where it was',
    async (status) => {
      const first = await outcomeOf({ method: 'GET', path: USERS }, { ...PAGE, status })
      expect(first).toMatchObject({ calls: 3, outcome: { code: 'okta_answer_unusable' } })
      expect((first.outcome as AppError).detail).toMatch(/gateway.*; text\/html "Welcome"$/)
      const okta = await startOkta(inTurn(OK, { ...PAGE, status }, { ...PAGE, status }, OK))
      const { client, clock } = makeClient(okta.url)
      const get = () => advanceUntil(client.request({ method: 'GET', path: USERS }), clock)
      expect([await get(), await get()]).toMatchObject([{ status: 200 }, { status: 200 }])
    },
  )

  it('counts as Okta’s where it has a request id', async () => {
    const headers = { ...html, 'x-okta-request-id': 'req9' }
    const answer = { status: 503, headers, body: page('Maintenance') }
    const { outcome, calls } = await outcomeOf({ method: 'GET', path: USERS }, answer)
    expect([outcome, calls]).toMatchObject([{ code: 'okta_unreachable' }, 8])
    expect((outcome as AppError).detail).toContain('"Maintenance"; request id req9')
  })

  it('fails only the one POST that a firewall may object to, and the others continue', async () => {
    const blocked = { ...PAGE, status: 403 }
    const { outcome } = await outcomeOf({ method: 'POST', path: USERS, body: {} }, blocked)
    expect(outcome).toBeInstanceOf(OktaRejection)
    expect(outcome).toMatchObject({ code: 'okta_answer_unusable', status: 403 })
    expect((outcome as OktaRejection).words).toMatch(/^not Okta's own answer: a firewall/)
  })

  it('never counts as Okta’s answer that a user does not exist', async () => {
    const { outcome } = await outcomeOf({ method: 'GET', path: USERS }, { ...PAGE, status: 404 })
    expect(outcome).not.toBeInstanceOf(OktaRejection)
  })
})

describe('an Okta that does not support a request', () => {
  it('refuses it at once with 501, and its sentence is reported', async () => {
    const answer = { status: 501, body: oktaError('E0000060') }
    const { outcome, calls } = await outcomeOf({ method: 'POST', path: USERS, body: {} }, answer)
    expect(outcome).toBeInstanceOf(OktaRejection)
    expect(outcome).toMatchObject({ code: 'okta_rejected', words: 'summary of E0000060' })
    expect(calls).toBe(1)
  })
})

describe('a secret of the request', () => {
  const SECRET = 'p"<a> 1&\u0007ü%'
  const credentials = { password: { value: SECRET }, recovery_question: { answer: 'Fluffy' } }
  const post = {
    method: 'POST',
    path: USERS,
    body: { profile: { city: 'Okta' }, credentials },
  } as const

  it.each([
    ['as it is', SECRET],
    ['as JSON', JSON.stringify(SECRET)],
    ['as a part of a URL', encodeURIComponent(SECRET)],
    ['as HTML', 'p&quot;&lt;a&gt; 1&amp;\u0007ü%'],
    ['at the end of what is shown', 'x'.repeat(291) + SECRET],
    ['of another field', 'Fluffy'],
  ])('is not repeated where Okta repeats it, %s', async (_, echo) => {
    const body = {
      errorCode: 'E0000001',
      errorSummary: `no ${echo}`,
      errorCauses: [{ errorSummary: `Okta: ${echo}` }],
    }
    const { outcome } = await outcomeOf(post, { status: 400, body })
    const message = (outcome as OktaRejection).words + String((outcome as AppError).detail)
    expect(message).toContain('Okta: ')
    expect(message).not.toMatch(/p"<|p&quot;|p\\"|p%22|Fluffy/)
  })
})

describe('the rate limit', () => {
  it('is waited for according to Okta’s clock, and the wait is reported', async () => {
    const okta = await startOkta(inTurn({ ...OK, headers: limits(2, 0, 40) }, OK))
    const { client, clock } = makeClient(okta.url)
    await advanceUntil(client.request({ method: 'GET', path: USERS }), clock)
    const waiting = client.request({ method: 'POST', path: USERS, body: {} })
    const other = client.request({ method: 'GET', path: `${USERS}/00u1` })
    expect(client.rateLimitStatus).toEqual({
      concurrency: 4,
      waitingUntil: 40_000,
      reason: 'rate limit share used up',
    })
    await advanceUntil(other, clock)
    clock.advance(39_999)
    expect(okta.calls).toHaveLength(2)
    clock.advance(1)
    expect(await advanceUntil(waiting, clock)).toMatchObject({ status: 200 })
    expect(okta.calls).toHaveLength(3)
    expect(client.rateLimitStatus.waitingUntil).toBeUndefined()
  })

  it('is probed by one request before the others are sent', async () => {
    let release = (): void => undefined
    const held = new Promise<StubAnswer>((resolve) => (release = () => resolve(OK)))
    const okta = await startOkta(inTurn(() => held, OK))
    const { client, clock } = makeClient(okta.url)
    const all = Promise.all(
      [1, 2, 3].map(() => client.request({ method: 'POST', path: USERS, body: {} })),
    )
    await expect.poll(() => okta.calls.length).toBe(1)
    expect(client.rateLimitStatus.reason).toBe('probing the rate limit')
    release()
    await advanceUntil(all, clock)
    expect(okta.calls).toHaveLength(3)
  })
})

describe('a signal', () => {
  it('ends a wait, and nothing is sent', async () => {
    const okta = await startOkta(() => ({ ...OK, headers: limits(2, 0) }))
    const { client, clock } = makeClient(okta.url)
    await advanceUntil(client.request({ method: 'GET', path: USERS }), clock)
    const stop = new AbortController()
    const { signal } = stop
    const waiting = client.request({ method: 'POST', path: USERS, body: {}, signal })
    stop.abort(new Error('stopped'))
    await expect(waiting).rejects.toThrow('stopped')
    expect(okta.calls).toHaveLength(1)
    expect(clock.pending).toEqual([])
  })

  it('does not cut off what was sent', async () => {
    const okta = await startOkta(() => OK)
    const { client } = makeClient(okta.url)
    const stop = new AbortController()
    const post = client.request({ method: 'POST', path: USERS, body: {}, signal: stop.signal })
    await expect.poll(() => okta.calls.length).toBe(1)
    stop.abort(new Error('stopped'))
    expect(await post).toMatchObject({ status: 200 })
  })
})

it('an answer beyond 16 MiB is refused', async () => {
  const body = 'x'.repeat(16 * 1024 * 1024 + 1)
  const { outcome } = await outcomeOf({ method: 'GET', path: USERS }, { body })
  expect(outcome).toMatchObject({ code: 'okta_answer_unusable', detail: 'the answer is too large' })
})
