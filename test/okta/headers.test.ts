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
  it('reads numbers, and the strictest of several joined ones', () => {
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
  ])('returns nothing for %s, %s, %s, %s', (limit, remaining, reset, date) => {
    expect(read(limit, remaining, reset, date)).toBeUndefined()
  })

  it('returns nothing where headers are missing', () => {
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
      const permits = []
      while (!governor.delay('a', 0)) permits.push(governor.admit('a', 0))
      return permits
    }
    return { governor, sendAll }
  }

  it('is halved once by many refusals together, and the bucket stays open', () => {
    const { governor, sendAll } = start()
    const permits = sendAll()
    expect(permits).toHaveLength(10)
    for (const permit of permits) governor.release(permit, 0, none, 'concurrency')
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
      for (const permit of sendAll()) governor.release(permit, 0, none, 'concurrency')
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

  it('rises after that many good answers since the last cut, and not since an earlier one', () => {
    const { governor, sendAll } = start()
    const answer = (times: number): void => {
      for (let i = 0; i < times; i++) governor.release(governor.admit('a', 0), 0, roomy)
    }
    for (const permit of sendAll()) governor.release(permit, 0, none, 'concurrency')
    answer(30)
    governor.release(governor.admit('a', 0), 0, none, 'concurrency')
    answer(19)
    expect(governor.concurrency).toBe(2)
    answer(1)
    expect(governor.concurrency).toBe(3)
  })

  it('does not rise by refusals', () => {
    const { governor, sendAll } = start()
    for (const permit of sendAll()) governor.release(permit, 0, none, 'concurrency')
    for (let i = 0; i < 60; i++) governor.release(governor.admit('a', 0), 0, roomy, 'rate')
    expect(governor.concurrency).toBe(5)
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

describe('a bucket', () => {
  const start = () => new Governor({ share: 1, maxConcurrency: 10 })

  it('is probed again after ten minutes, however late its Reset is', () => {
    const governor = start()
    const far = { limit: 600, remaining: 0, reset: EPOCH + 3_600, date: EPOCH }
    governor.release(governor.admit('a', 0), 0, far)
    expect(governor.delay('a', 0)?.ms).toBe(600_000)
  })

  it('waits for its latest probe, even where an earlier one has ended', () => {
    const governor = start()
    const first = governor.admit('a', 0)
    governor.admit('a', 1_000)
    governor.release(first, 1_100)
    expect(governor.delay('a', 1_100)).toEqual({ ms: 900, reason: 'probing the rate limit' })
  })

  const countUntilFull = (governor: Governor, now: number): number => {
    let count = 0
    for (; !governor.delay('a', now); count++) governor.admit('a', now)
    return count
  }

  it('keeps its share where a late refusal is about a window that is over', () => {
    const governor = new Governor({ share: 0.9, maxConcurrency: 1_000 })
    const late = governor.admit('a', 0)
    const rate = (reset: number, date: number, remaining: number): RateLimit => ({
      ...{ limit: 100, remaining, reset: EPOCH + reset, date: EPOCH + date },
    })
    governor.release(governor.admit('a', 0), 0, rate(60, 0, 98))
    governor.release(governor.admit('a', 70_000), 70_000, rate(120, 70, 99))
    governor.release(late, 70_001, rate(60, 0, 50), 'rate')
    expect(countUntilFull(governor, 72_000)).toBeGreaterThan(80)
  })

  it('counts the last thousand requests of which no answer reported the limit', () => {
    const governor = new Governor({ share: 0.2, maxConcurrency: 10_000 })
    for (let i = 0; i < 1_500; i++) governor.release(governor.admit('a', 0), 0)
    const rate = { limit: 10_000, remaining: 9_000, reset: EPOCH + 60, date: EPOCH }
    governor.release(governor.admit('a', 0), 0, rate)
    expect(countUntilFull(governor, 0)).toBe(2_000 - 1_001)
  })
})
