/** Faults on demand: that they occur, where they occur, and that a run with them can be repeated. */
import { describe, expect, it } from 'vitest'
import type { SandboxOptions } from '../../src/sandbox/sandbox.ts'
import { ManualClock } from '../support/clock.ts'
import { exchange } from '../support/raw.ts'
import { HOOK_PASSWORD, profileFor, startTestSandbox, TOKEN } from '../support/sandbox.ts'
import { until } from '../support/until.ts'

const PROFILE = profileFor('isaac.brock@example.com')

const start = async (faults: SandboxOptions['faults'], options: SandboxOptions = {}) => {
  const sandbox = await startTestSandbox({ ...options, ...(faults && { faults }) })
  return { ...sandbox, count: () => [...sandbox.users()].length - 1 }
}

describe('a reset', () => {
  it('before the user is stored loses the call', async () => {
    const { create, count, calls } = await start({ resetBeforeRate: 1 })
    await expect(create(PROFILE)).rejects.toThrow('fetch failed')
    expect(count()).toBe(0)
    expect(calls()).toMatchObject([{ method: 'POST', path: '/api/v1/users', status: 0 }])
  })

  it('after the user is stored loses only the answer', async () => {
    const { create, count, setFaults } = await start({ resetAfterRate: 1 })
    await expect(create(PROFILE)).rejects.toThrow('fetch failed')
    expect(count()).toBe(1)
    setFaults({ resetAfterRate: 0 })
    expect((await create(PROFILE)).status).toBe(400)
  })
})

describe('a fault', () => {
  it('of the kind 500 means that nothing is stored', async () => {
    const { create, count } = await start({ errorRate: 1 })
    expect(await create(PROFILE)).toMatchObject({ status: 500, body: { errorCode: 'E0000009' } })
    expect(count()).toBe(0)
  })

  it('of the kind read-only refuses writes, and no reads', async () => {
    const { create, call, count } = await start({ readOnly: true })
    expect(await create(PROFILE)).toMatchObject({ status: 503, body: { errorCode: 'E0000010' } })
    expect((await call('DELETE', '/api/v1/users/me')).status).toBe(503)
    expect((await call('GET', '/api/v1/users')).status).toBe(200)
    expect(count()).toBe(0)
  })

  it('of the kind latency delays an answer by that much', async () => {
    const clock = new ManualClock()
    const { call } = await start({ latencyMs: 750 }, { clock })
    const answer = call('GET', '/api/v1/users')
    await until('the answer is delayed', () => clock.pending.length > 0)
    expect(clock.pending).toEqual([750])
    clock.advance(750)
    expect((await answer).status).toBe(200)
  })

  it('of the clock leaves Date and Reset in agreement', async () => {
    const startedAt = Date.UTC(2026, 0, 1)
    const clock = new ManualClock()
    const { call } = await start({ clockSkewMs: -3_600_000 }, { startedAt, clock })
    const { headers } = await call('GET', '/api/v1/users')
    expect(headers.get('date')).toBe('Wed, 31 Dec 2025 23:00:00 GMT')
    expect(Number(headers.get('x-rate-limit-reset'))).toBe(Date.UTC(2025, 11, 31, 23, 1) / 1000)
  })
})

const post = (headers: readonly string[], body: string, path = '/api/v1/users') =>
  [
    `POST ${path} HTTP/1.1`,
    'Host: localhost',
    'Connection: close',
    `Authorization: SSWS ${TOKEN}`,
    'Content-Type: application/json',
    ...headers,
    '',
    body,
  ].join('\r\n')

describe('an answer of a proxy or firewall', () => {
  it.each([
    ['block-page', 403, 'text/html; charset=utf-8', /<title>Access denied<\/title>/],
    ['proxy-login', 407, 'text/html; charset=utf-8', /Proxy Authentication Required/],
    ['maintenance', 503, 'text/html; charset=utf-8', /unavailable/],
    ['not-implemented', 501, 'application/json', /E0000060/],
    [
      'password-policy',
      400,
      'application/json',
      /E0000001.+requirements were not met.+"errorCauses":\[\]/,
    ],
    ['concurrency', 429, 'application/json', /E0000047/],
  ] as const)('is %s: %i, %s', async (answer, status, type, words) => {
    const { url, count } = await start({ answer })
    // By hand, since fetch turns a 407 into an error without a message.
    const body = JSON.stringify({ profile: PROFILE })
    const length = `Content-Length: ${Buffer.byteLength(body)}`
    const text = await exchange(url, [post([length], body)])
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(text).toContain(`content-type: ${type}\r\n`)
    expect(text).toMatch(words)
    expect(text).toContain(`x-rate-limit-limit: ${answer === 'concurrency' ? 0 : 600}\r\n`)
    expect(count()).toBe(0)
  })

  it('can be given to writes only, and to some of them', async () => {
    const { create, call, setFaults } = await start({
      answer: 'password-policy',
      answerWritesOnly: true,
    })
    expect((await call('GET', '/api/v1/users')).status).toBe(200)
    expect((await create(PROFILE)).status).toBe(400)
    setFaults({ answerRate: 0 })
    expect((await create(PROFILE)).status).toBe(200)
  })
})

describe('a random fault', () => {
  const outcomes = async (seed: number) => {
    const { create } = await start({ errorRate: 0.5 }, { seed })
    const statuses: number[] = []
    for (let i = 0; i < 40; i += 1) {
      statuses.push((await create(profileFor(`u${i}@example.com`), HOOK_PASSWORD)).status)
    }
    return statuses
  }

  it('repeats with its seed, and occurs about as often as configured', async () => {
    const first = await outcomes(7)
    expect(await outcomes(7)).toEqual(first)
    expect(await outcomes(8)).not.toEqual(first)
    const failed = first.filter((status) => status === 500).length
    expect(failed).toBeGreaterThan(8)
    expect(failed).toBeLessThan(32)
  })
})

describe('the control route', () => {
  it('shows the faults, and sets those that a call names', async () => {
    const { call } = await start({ latencyMs: 0, rateLimit: 50 })
    const { body } = await call('PUT', '/sandbox/faults', { errorRate: 1 })
    expect(body).toMatchObject({ errorRate: 1, rateLimit: 50, readOnly: false })
    expect((await call('GET', '/sandbox/faults')).body).toEqual(body)
    expect((await call('GET', '/api/v1/users')).status).toBe(500)
  })

  it.each([{ errorRate: 2 }, { latencyMs: -1 }, { latency: 5 }, { readOnly: 'yes' }, []])(
    'refuses %j',
    async (settings) => {
      const { call } = await start(undefined)
      const before = (await call('GET', '/sandbox/faults')).body
      expect((await call('PUT', '/sandbox/faults', settings)).status).toBe(400)
      expect((await call('GET', '/sandbox/faults')).body).toEqual(before)
    },
  )
})

describe('a call with a body', () => {
  it('is refused with 411 without a length, even if it is empty', async () => {
    const { url } = await start(undefined)
    const path = '/api/v1/users/me/lifecycle/deactivate'
    expect(await exchange(url, [post([], '', path)])).toMatch(/^HTTP\/1\.1 411 /)
  })

  it('may come in chunks, up to 1 MB', async () => {
    const { url, count } = await start(undefined)
    const send = (text: string) => {
      const chunk = `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`
      return exchange(url, [post(['Transfer-Encoding: chunked'], chunk)])
    }
    expect(await send(JSON.stringify({ profile: PROFILE }))).toMatch(/^HTTP\/1\.1 200 /)
    expect(await send(' '.repeat(1024 * 1024 + 1))).toMatch(/^HTTP\/1\.1 400 [^]+E0000003/)
    expect(count()).toBe(1)
  })

  it('may have a length, up to 1 MB', async () => {
    const { call } = await start(undefined)
    const { status, body } = await call('POST', '/api/v1/users', ' '.repeat(1024 * 1024 + 1))
    expect({ status, body }).toMatchObject({ status: 400, body: { errorCode: 'E0000003' } })
  })
})
