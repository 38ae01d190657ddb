/** Rate limits as Okta states them in headers: windows of a minute per bucket, and concurrency separately. */
import { describe, expect, it } from 'vitest'
import type { SandboxOptions } from '../../src/sandbox/sandbox.ts'
import { ManualClock } from '../support/clock.ts'
import { startTestSandbox, type Answer } from '../support/sandbox.ts'
import { until } from '../support/until.ts'

const START = Date.UTC(2026, 0, 1, 12, 0, 0)

const startAt = async (options: SandboxOptions) => {
  const clock = new ManualClock()
  const sandbox = await startTestSandbox({ clock, startedAt: START, ...options })
  const get = (path = '/api/v1/users'): Promise<Answer> => sandbox.call('GET', path)
  return { ...sandbox, clock, get }
}

const limits = ({ status, headers }: Answer) => [
  status,
  ...['limit', 'remaining', 'reset'].map((name) => Number(headers.get(`x-rate-limit-${name}`))),
]

const seconds = (ms: number): number => (START + ms) / 1000

describe('a window', () => {
  it('starts with the first call, counts down, refuses, and starts again', async () => {
    const { get, clock } = await startAt({ faults: { rateLimit: 2 } })
    clock.advance(10_000)
    expect(limits(await get())).toEqual([200, 2, 1, seconds(70_000)])
    clock.advance(30_000)
    expect(limits(await get())).toEqual([200, 2, 0, seconds(70_000)])
    clock.advance(29_999)
    const refused = await get()
    expect(limits(refused)).toEqual([429, 2, 0, seconds(70_000)])
    expect(refused.body).toMatchObject({
      errorCode: 'E0000047',
      errorSummary: 'API call exceeded rate limit due to too many requests.',
    })
    expect(refused.headers.get('date')).toBe('Thu, 01 Jan 2026 12:01:09 GMT')
    expect(refused.headers.has('retry-after')).toBe(false)
    clock.advance(1)
    expect(limits(await get())).toEqual([200, 2, 1, seconds(130_000)])
  })

  it('is shared by create and list, and by no other bucket', async () => {
    const { get, create } = await startAt({ faults: { rateLimit: 1 } })
    expect((await create({})).status).toBe(400)
    expect((await get()).status).toBe(429)
    expect((await get('/api/v1/users/me')).status).toBe(200)
    expect((await get('/api/v1/inlineHooks')).status).toBe(200)
    expect((await get('/api/v1/users/me')).status).toBe(429)
  })

  it('can be changed while it runs', async () => {
    const { get, setFaults } = await startAt({ faults: { rateLimit: 1 } })
    await get()
    setFaults({ rateLimit: 5 })
    expect(limits(await get()).slice(0, 3)).toEqual([200, 5, 3])
  })
})

describe('too many calls at the same time', () => {
  it('are refused with a limit of 0, which the others never show', async () => {
    const { get, clock, events } = await startAt({ faults: { concurrency: 2, latencyMs: 400 } })
    const slow = [get(), get()]
    await until('two calls are delayed', () => clock.pending.length >= 2)
    const refused = await get()
    expect(limits(refused)).toEqual([429, 0, 0, seconds(60_000)])
    expect(refused.body).toMatchObject({ errorCode: 'E0000047' })
    clock.advance(400)
    expect((await Promise.all(slow)).map(({ status }) => status)).toEqual([200, 200])
    const next = get()
    await until('a call is delayed', () => clock.pending.length >= 1)
    clock.advance(400)
    expect(limits(await next).slice(0, 3)).toEqual([200, 600, 597])
    expect(events()).toMatchObject([{ eventType: 'core.concurrency.org.limit.violation' }])
  })
})
