/** How often an issuer is asked for its keys, and what happens while it does not answer. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { errors } from 'jose'
import { AppError } from '../../src/errors/errors.ts'
import {
  COOLDOWN_MS,
  createIssuerKeys,
  FRESH_MS,
  MAX_AGE_MS,
} from '../../src/hook/oauth/jwks-cache.ts'
import { ManualClock } from '../support/clock.ts'
import { CUT_OFF, JWKS_PATH, KEYS, startIssuer, type RunningIssuer } from '../support/issuer.ts'

let issuer: RunningIssuer
beforeEach(async () => (issuer = await startIssuer()))
afterEach(() => issuer.close())

const start = (deadlineMs = 2500) => {
  const clock = new ManualClock()
  const failures: (string | undefined)[] = []
  const keys = createIssuerKeys(
    { clock, onFailure: ({ detail }) => failures.push(detail) },
    { issuer: issuer.url, jwksUrl: issuer.jwksUrl, deadlineMs },
  )
  /** The outcome of a search for a key, in a few words. */
  const find = async (kid: string): Promise<string> => {
    try {
      await keys.keyFor({ alg: 'RS256', kid }, { payload: '', signature: '' })
      return 'found'
    } catch (err) {
      if (err instanceof AppError) return err.code
      if (err instanceof errors.JWKSNoMatchingKey) return 'no such key'
      throw err
    }
  }
  return { clock, failures, keys, find }
}

const many = (find: (kid: string) => Promise<string>, kid: (n: number) => string) =>
  Promise.all(Array.from({ length: 20 }, (_, n) => find(kid(n))))

describe('keys', () => {
  it('are fetched once for all calls that need them', async () => {
    const { find } = start()
    expect(new Set(await many(find, () => 'first'))).toEqual(new Set(['found']))
    expect(issuer.fetches()).toBe(1)
  })

  it('are fetched again when they are old, and not before', async () => {
    const { clock, find } = start()
    await find('first')
    clock.advance(FRESH_MS - 1)
    await find('first')
    expect(issuer.fetches()).toBe(1)
    clock.advance(1)
    expect(await find('first')).toBe('found')
    expect(issuer.fetches()).toBe(2)
  })

  it('that the issuer withdrew are accepted until then, and no longer', async () => {
    const { clock, find } = start()
    await find('first')
    issuer.keys = [KEYS.second]
    clock.advance(FRESH_MS)
    expect(await find('first')).toBe('no such key')
    expect(await find('second')).toBe('found')
  })

  it('are followed through a rotation with one fetch', async () => {
    const { clock, find } = start()
    await find('first')
    issuer.keys = [KEYS.second, KEYS.first]
    clock.advance(COOLDOWN_MS)
    expect(new Set(await many(find, () => 'second'))).toEqual(new Set(['found']))
    expect(await find('first')).toBe('found')
    expect(issuer.fetches()).toBe(2)
  })

  it('that do not exist cause one fetch in a while, however many they are', async () => {
    const { clock, find } = start()
    await find('first')
    for (const expected of [2, 3]) {
      clock.advance(COOLDOWN_MS)
      const outcomes = await many(find, (n) => `made up ${n}`)
      expect(new Set(outcomes)).toEqual(new Set(['no such key']))
      for (let n = 0; n < 20; n += 1) await find(`made up, one by one, ${n}`)
      expect(issuer.fetches()).toBe(expected)
    }
  })
})

describe('an issuer that does not answer', () => {
  it('causes no final refusal: without keys nothing is decided', async () => {
    const { clock, failures, find } = start()
    issuer.goDown()
    expect(await find('first')).toBe('keys_unavailable')
    expect(await find('first')).toBe('keys_unavailable')
    expect(failures).toEqual([expect.stringMatching(CUT_OFF)])
    expect(issuer.fetches()).toBe(1)
    issuer.comeBack()
    clock.advance(COOLDOWN_MS)
    expect(await find('first')).toBe('found')
  })

  it('does not affect the keys in the cache for a day', async () => {
    const { clock, failures, find } = start()
    await find('first')
    issuer.goDown()
    clock.advance(MAX_AGE_MS - 1)
    expect(await find('first')).toBe('found')
    expect(failures).toHaveLength(1)
    clock.advance(1)
    expect(await find('first')).toBe('keys_unavailable')
    issuer.comeBack()
    clock.advance(COOLDOWN_MS)
    expect(await find('first')).toBe('found')
  })

  it('may have the key that is not in the cache', async () => {
    const { clock, find } = start()
    await find('first')
    issuer.keys = [KEYS.second]
    issuer.goDown()
    clock.advance(COOLDOWN_MS)
    expect(await find('second')).toBe('keys_unavailable')
    expect(await find('first')).toBe('found')
  })

  it.each([
    [2500, 1000],
    [400, 200],
  ])('is waited for, with a deadline of %i ms, for %i ms and once', async (deadlineMs, waitMs) => {
    const { clock, failures, find } = start(deadlineMs)
    await find('first')
    clock.advance(FRESH_MS)
    issuer.answers[JWKS_PATH] = () => undefined
    const finding = Promise.all([find('first'), find('second')])
    await expect.poll(() => issuer.fetches()).toBe(2)
    expect(clock.pending).toEqual([waitMs, waitMs, 5000])
    clock.advance(waitMs)
    expect(await finding).toEqual(['found', 'keys_unavailable'])
    expect(issuer.fetches()).toBe(2)
    clock.advance(5000 - waitMs)
    await expect.poll(() => failures).toEqual(['no answer within 5000 ms'])
    expect(clock.pending).toEqual([])
  })
})

describe('an issuer that is slow', () => {
  it('causes a 503 for early calls, and its keys are there for later ones', async () => {
    const { clock, find } = start()
    let answer = (): void => undefined
    issuer.answers[JWKS_PATH] = (res) => {
      answer = () => res.end(JSON.stringify({ keys: [KEYS.first.jwk] }))
    }
    const early = find('first')
    await expect.poll(() => issuer.fetches()).toBe(1)
    clock.advance(1000)
    expect(await early).toBe('keys_unavailable')
    const late = find('first')
    answer()
    expect(await late).toBe('found')
    expect(issuer.fetches()).toBe(1)
    expect(clock.pending).toEqual([])
  })

  it('makes a call with an unknown key wait once, while nothing is known of that key', async () => {
    const { clock, find } = start()
    await find('first')
    clock.advance(COOLDOWN_MS)
    issuer.answers[JWKS_PATH] = () => undefined
    const finding = find('second')
    await expect.poll(() => issuer.fetches()).toBe(2)
    clock.advance(1000)
    expect(await finding).toBe('keys_unavailable')
  })
})

describe('ready', () => {
  it('starts a fetch, and is true when the keys are in the cache', async () => {
    const { clock, failures, keys } = start()
    issuer.goDown()
    expect(keys.ready()).toBe(false)
    await expect.poll(() => failures.length).toBe(1)
    issuer.comeBack()
    expect(keys.ready()).toBe(false)
    expect(issuer.fetches()).toBe(1)
    clock.advance(COOLDOWN_MS)
    await expect.poll(() => keys.ready()).toBe(true)
    clock.advance(FRESH_MS)
    issuer.goDown()
    expect(keys.ready()).toBe(true)
    await expect.poll(() => failures.length).toBe(2)
    clock.advance(MAX_AGE_MS)
    expect(keys.ready()).toBe(false)
  })
})
