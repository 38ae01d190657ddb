/** The check of a legacy store: each of its transitions, when it is made again, and what is told of it. */
import { expect, it } from 'vitest'
import { AppError } from '../../src/errors/errors.ts'
import { CHECK_AGAIN_MS, StoreCheck } from '../../src/legacy/store-check.ts'
import type { Finding, VerifyingStore } from '../../src/legacy/store.ts'
import { ManualClock } from '../support/clock.ts'

const UNUSABLE = new AppError('legacy_unusable', { detail: 'wrong' })
const AWAY = new AppError('legacy_unavailable', { detail: 'away' })
const CHANGED: Finding = { topic: 'accounts', level: 'warning', text: 'changed' }

/** A check that ends as `outcome` says, of a store that has nothing else. */
const start = async (outcome: AppError | object) => {
  const clock = new ManualClock()
  const told: (string | undefined)[] = []
  const is = { outcome, runs: 0, closes: 0, findings: [] as readonly Finding[] }
  const store: VerifyingStore = {
    get state() {
      return check.state
    },
    get findings() {
      return is.findings
    },
    ping: () => Promise.resolve(),
    close: async () => {
      is.closes++
    },
    verify: () => Promise.resolve('mismatch'),
  }
  const check = new StoreCheck<VerifyingStore, object>({
    store,
    clock,
    run: async () => {
      is.runs++
      await Promise.resolve()
      if (is.outcome instanceof Error) throw is.outcome
      return is.outcome
    },
    toError: (err) => err as AppError,
    onCheck: (_, failure) => told.push(failure?.detail),
  })
  const started = await check.start().catch((err: unknown) => err)
  const again = (): Promise<unknown> => {
    clock.advance(CHECK_AGAIN_MS)
    return check.run().catch((err: unknown) => err)
  }
  return { check, is, told, started, again, clock }
}

it('that passes at the start is told, and lets the store be asked', async () => {
  const { check, is, told } = await start({})
  expect([check.state, check.passed, told, is.closes]).toEqual(['ok', is.outcome, [undefined], 0])
})

it('that refuses at the start is thrown, closes the store, and is not told as well', async () => {
  const { check, is, told, started } = await start(UNUSABLE)
  expect([check.state, started, told, is.closes]).toEqual(['refused', UNUSABLE, [], 1])
})

it('of a store that is away at the start is told once, until it passes', async () => {
  const { check, is, told, started, again } = await start(AWAY)
  expect([check.state, started, is.closes]).toEqual(['unreachable', undefined, 0])
  expect(await again()).toBe(AWAY)
  expect(told).toEqual(['away'])
  is.outcome = UNUSABLE
  await again()
  expect([check.state, is.closes]).toEqual(['refused', 0])
  is.outcome = {}
  expect(await again()).toBe(is.outcome)
  expect([check.state, told]).toEqual(['ok', ['away', 'wrong', undefined]])
})

it('that failed stands for a moment, whatever the number of callers', async () => {
  const { check, is, clock } = await start(AWAY)
  clock.advance(CHECK_AGAIN_MS - 1)
  await expect(check.run()).rejects.toBe(AWAY)
  expect(is.runs).toBe(1)
  clock.advance(1)
  await Promise.allSettled([check.run(), check.run()])
  expect(is.runs).toBe(2)
})

it('that has passed is made again once it is revoked, and tells only news', async () => {
  const { check, is, told } = await start({})
  check.revoke()
  expect([check.state, check.passed]).toEqual(['unreachable', undefined])
  await check.run()
  expect([check.state, is.runs, told]).toEqual(['ok', 2, [undefined]])
  is.findings = [CHANGED]
  check.revoke()
  await check.run()
  expect(told).toEqual([undefined, undefined])
})

it('that has passed can be refused while the store serves, and passes again later', async () => {
  const { check, told, again } = await start({})
  expect(check.refuse(UNUSABLE)).toBe(UNUSABLE)
  expect([check.state, check.passed]).toEqual(['refused', undefined])
  await expect(check.run()).rejects.toBe(UNUSABLE)
  await again()
  expect([check.state, told]).toEqual(['ok', [undefined, 'wrong', undefined]])
  // The failure is over: it does not stand in the way of the next check.
  check.revoke()
  expect(check.state).toBe('unreachable')
  expect(await check.run()).toBe(check.passed)
})
