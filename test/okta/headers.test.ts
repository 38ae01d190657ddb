/** Rate-limit headers as Okta and proxies send them, and which requests share a limit. */
import { describe, expect, it } from 'vitest'
import { rateLimitBucketOf, Governor } from '../../src/okta/rate-limit/governor.ts'
import { readRateLimit, refusalOf, type RateLimit } from '../../src/okta/rate-limit/headers.ts'

const DATE = 'Fri, 17 Jan 2020 21:23:56 GMT'
const EPOCH = Date.parse(DATE) / 1000

const read = (limit: string, remaining: string, reset: string, date = DATE) =>
  readRateLimit(
    new Headers({
      'x-rate-limit-limit': limit,
      'x-rate-limit-remaining': remaining,
      'x-rate-limit-reset': reset,
      date,
    }),
  )

describe('readRateLimit', () => {
  it('reads numbers, and of joined ones the strictest', () => {
    const whole = { limit: 600, remaining: 12, reset: EPOCH + 4, date: EPOCH }
    expect(read('600', '12', String(EPOCH + 4))).toEqual(whole)
    expect(read('600, 1200', '40,12', `${EPOCH + 3},${EPOCH + 4}`, `${DATE}, ${DATE}`)).toEqual(
      whole,
    )
  })

  it.each([
    ['', '1', '1', DATE],
    ['600', '-1', '1', DATE],
    ['600', '1', 'soon', DATE],
    ['1e3', '1', '1', DATE],
    ['600', '1', '99999999999', DATE],
    ['600', '1', '1', 'today'],
  ])('takes nothing from %s, %s, %s, %s', (limit, remaining, reset, date) => {
    expect(read(limit, remaining, reset, date)).toBeUndefined()
  })

  it('takes nothing where headers are missing', () => {
    expect(readRateLimit(new Headers({ date: DATE, 'x-rate-limit-limit': '600' }))).toBeUndefined()
  })
})

describe('a 429', () => {
  it.each([
    ['concurrency', read('0', '0', String(EPOCH + 4))],
    ['rate', read('600', '0', String(EPOCH + 4))],
    ['rate', undefined],
  ])('is for %s', (kind, rate) => {
    expect(refusalOf(429, rate)).toBe(kind)
    expect(refusalOf(200, rate)).toBeUndefined()
  })
})

describe('buckets', () => {
  it.each([
    ['POST', '/api/v1/users', '/api/v1/users'],
    ['GET', '/api/v1/users', '/api/v1/users'],
    ['GET', '/api/v1/users/00u1', 'GET /api/v1/users/{id}'],
    ['POST', '/api/v1/users/00u1', '/api/v1/users/{id}'],
    ['POST', '/api/v1/users/00u1/lifecycle/reset_password', '/api/v1/users/{id}'],
    ['GET', '/api/v1/inlineHooks', '/api/v1/inlineHooks'],
    ['POST', '/api/v1/inlineHooks/a/execute', '/api/v1/inlineHooks'],
    ['GET', '/elsewhere', '/elsewhere'],
  ])('%s %s is in %s', (method, path, bucket) => {
    expect(rateLimitBucketOf(method, path)).toBe(bucket)
  })
})

describe('concurrency', () => {
  const roomy: RateLimit = { limit: 10_000, remaining: 9_000, reset: EPOCH + 60, date: EPOCH }
  const none: RateLimit = { limit: 0, remaining: 0, reset: EPOCH + 60, date: EPOCH }

  const start = () => {
    const governor = new Governor({ share: 1, maxConcurrency: 10 })
    governor.release(governor.admit('a', 0), 0, roomy)
    const sendAll = () => {
      const tickets = []
      while (!governor.delay('a', 0)) tickets.push(governor.admit('a', 0))
      return tickets
    }
    return { governor, sendAll }
  }

  it('is halved once by a crowd of refusals, and the bucket stays open', () => {
    const { governor, sendAll } = start()
    const tickets = sendAll()
    expect(tickets).toHaveLength(10)
    for (const ticket of tickets) governor.release(ticket, 0, none, 'concurrency')
    expect(governor.concurrency).toBe(5)
    expect(sendAll()).toHaveLength(5)
    expect(governor.delay('a', 0)).toEqual({
      ms: Infinity,
      reason: 'at the concurrency limit',
    })
  })

  it('never falls below one, and rises again slowly, to where it was', () => {
    const { governor, sendAll } = start()
    for (let i = 0; i < 9; i++) {
      for (const ticket of sendAll()) governor.release(ticket, 0, none, 'concurrency')
    }
    expect(governor.concurrency).toBe(1)
    const answersUntil = (concurrency: number): number => {
      let answers = 0
      for (; governor.concurrency < concurrency; answers++) {
        governor.release(governor.admit('a', 0), 0, roomy)
      }
      return answers
    }
    expect([answersUntil(2), answersUntil(3), answersUntil(10)]).toEqual([10, 20, 420])
    governor.release(governor.admit('a', 0), 0, roomy)
    expect(governor.concurrency).toBe(10)
  })

  it('is shared by all buckets', () => {
    const { governor, sendAll } = start()
    sendAll()
    expect(governor.delay('b', 0)?.ms).toBe(Infinity)
  })
})

describe('a rate 429', () => {
  it('closes the bucket until Reset, even where Remaining says otherwise', () => {
    const governor = new Governor({ share: 1, maxConcurrency: 10 })
    const hidden = { limit: 600, remaining: 300, reset: EPOCH + 60, date: EPOCH }
    governor.release(governor.admit('a', 0), 0, hidden, 'rate')
    expect(governor.delay('a', 0)?.ms).toBe(60_000)
    expect(governor.delay('b', 0)).toBeUndefined()
  })

  it('without headers closes it for a second', () => {
    const governor = new Governor({ share: 1, maxConcurrency: 10 })
    governor.release(governor.admit('a', 0), 0, undefined, 'rate')
    expect(governor.delay('a', 400)?.ms).toBe(600)
    expect(governor.delay('a', 1000)).toBeUndefined()
  })
})
