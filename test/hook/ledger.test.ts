/** What the hook records in the ledger: each decision once, and nothing more. */
import { hashSync } from 'bcryptjs'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { DecidedCall } from '../../src/call-record.ts'
import { unknownLogin } from '../../src/login.ts'
import { fingerprint } from '../../src/ops/log.ts'
import { ManualClock } from '../support/clock.ts'
import { startHook, type HookOptions } from '../support/hook.ts'
import { releaseHeld, SLOW_WORKER } from '../support/workers.ts'

const ROWS = [
  { login: 'good@example.com', hash: hashSync('open sesame', 4) },
  { login: 'bad@example.com', hash: 'no hash' },
]
const EVENT = { eventId: 'one-event' }

const start = async (options: HookOptions = {}) => {
  const recorded: DecidedCall[] = []
  const ledger = { record: async (decided: DecidedCall) => void recorded.push(decided) }
  const nameLogin = (login: string): string => `name of ${login}`
  const hook = await startHook({ rows: ROWS, ledger, nameLogin, ...options })
  onTestFinished(async () => {
    releaseHeld()
    await hook.close()
  })
  return { ...hook, recorded }
}

describe('the ledger', () => {
  it('records the decision, the account, and how long the check took', async () => {
    const { signIn, recorded, lines } = await start()
    await signIn('Good@example.com ', 'open sesame', EVENT)
    expect(recorded).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        eventId: 'one-event',
        account: 'name of good@example.com',
        person: fingerprint('key for tests', 'person')('id 1'),
        callerGone: false,
        outcome: 'VERIFIED',
        reason: 'match',
        hash: { family: 'bcrypt', cost: 4 },
        waitMs: expect.any(Number) as number,
        runMs: expect.any(Number) as number,
      },
    ])
    const { waitMs, runMs } = recorded[0] ?? { waitMs: NaN, runMs: NaN }
    expect(lines().at(-1)).toMatchObject({
      login: recorded[0]?.account,
      waitMs: Math.round(waitMs * 10) / 10,
      runMs: Math.round(runMs * 10) / 10,
    })
  })

  it("records no hash but the account's own, if that is sound", async () => {
    const { signIn, recorded } = await start()
    await signIn('nobody@example.com', 'open sesame')
    await signIn('bad@example.com', 'open sesame')
    expect(recorded).toMatchObject([
      { outcome: 'UNVERIFIED', reason: 'unknown_login', hash: undefined },
      { outcome: 'UNVERIFIED', reason: 'hash_unrecognised', hash: undefined },
    ])
    expect(recorded.every(({ runMs }) => runMs > 0)).toBe(true)
  })

  it('records no made-up login of our own checks, unless it is VERIFIED', async () => {
    const own = { login: 'me@okta-migrate-0123456789ab.invalid', hash: hashSync('open sesame', 4) }
    const { signIn, recorded, lines } = await start({ rows: [own] })
    await signIn(unknownLogin(), 'x', EVENT)
    expect(lines().at(-1)).toMatchObject({ eventId: 'one-event', reason: 'unknown_login' })
    expect(recorded).toEqual([])
    for (const login of [own.login, 'a@okta-migrate-.invalid', `${unknownLogin()}.com`])
      await signIn(login, 'open sesame')
    expect(recorded.map(({ reason }) => reason)).toEqual([
      'match',
      'unknown_login',
      'unknown_login',
    ])
  })

  it('records a guess that was refused without a check, which took no time', async () => {
    const { signIn, recorded } = await start({ guesses: { limit: 1, windowMs: 900_000 } })
    await signIn('good@example.com', 'open barley')
    await signIn('good@example.com', 'open sesame')
    expect(recorded[1]).toMatchObject({ reason: 'too_many_guesses', waitMs: 0, runMs: 0 })
  })

  it('records one person under all spellings of a login, and an unknown login as it was typed', async () => {
    const { signIn, recorded } = await start()
    for (const login of ['good', 'GOOD@example.com', 'nobody', 'nobody']) await signIn(login, 'x')
    const [short, whole, first, second] = recorded.map(({ person }) => person)
    expect(short).toBe(whole)
    expect(first).toBe(second)
    expect(first).not.toBe(short)
    // The id of an account is not a login.
    await signIn('1', 'x')
    expect(recorded.at(-1)?.person).not.toBe(short)
    expect(new Set(recorded.map(({ id }) => id)).size).toBe(5)
  })

  it('records whether the caller was still there', async () => {
    const { signIn, signInAndDrop, send, recorded } = await start({
      clock: new ManualClock(),
      workerUrl: SLOW_WORKER,
    })
    await signInAndDrop('good', 'hold', EVENT)
    // A whole exchange: by its end the server knows that the caller is gone.
    await send('{}')
    releaseHeld()
    await expect.poll(() => recorded).toMatchObject([{ outcome: 'VERIFIED', callerGone: true }])
    const replayed = await signIn('good', 'hold', EVENT)
    expect(replayed.text).toContain('"VERIFIED"')
    expect(recorded[1]).toMatchObject({ eventId: EVENT.eventId, callerGone: false })
    expect(recorded[1]?.id).not.toBe(recorded[0]?.id)
    await signIn('good', 'hold', EVENT)
    expect(recorded).toHaveLength(2)
  })

  it('records a caller that repeats a call after another has hung up', async () => {
    const { signIn, signInAndDrop, send, recorded, lines } = await start({
      clock: new ManualClock(),
      workerUrl: SLOW_WORKER,
    })
    await signInAndDrop('good', 'hold', EVENT)
    // Whole exchanges: by their end, everything sent before them has arrived.
    await send('{}')
    const second = signIn('good', 'hold', EVENT)
    for (let i = 0; i < 3; i++) await send('{}')
    releaseHeld()
    expect((await second).text).toContain('"VERIFIED"')
    expect(lines().some(({ repeat }) => repeat === 'shared')).toBe(true)
    expect(recorded.map(({ callerGone }) => callerGone)).toEqual([false])
  })

  it('records a call that is shared and replayed once', async () => {
    const { signIn, recorded, runs, lines } = await start({
      clock: new ManualClock(),
      workerUrl: SLOW_WORKER,
    })
    const first = signIn('good@example.com', 'hold', EVENT)
    await expect.poll(() => runs.length).toBe(1)
    const second = signIn('good@example.com', 'hold', EVENT)
    releaseHeld()
    await Promise.all([first, second])
    await signIn('good@example.com', 'hold', EVENT)
    expect(lines()).toHaveLength(3)
    expect(recorded).toHaveLength(1)
  })

  it('is written before the call is answered', async () => {
    const kept: (() => void)[] = []
    const ledger = { record: () => new Promise<void>((resolve) => kept.push(resolve)) }
    const { signIn, send } = await start({ ledger })
    let isAnswered = false
    const answer = signIn('good@example.com', 'open sesame').finally(() => (isAnswered = true))
    await expect.poll(() => kept.length).toBe(1)
    // A whole exchange: an answer that does not wait for the ledger comes before its end.
    expect((await send('{}')).status).toBe(400)
    expect(isAnswered).toBe(false)
    kept[0]?.()
    expect((await answer).text).toContain('"VERIFIED"')
  })

  it('records nothing about a call that could not be decided', async () => {
    const { signIn, recorded, pool } = await start()
    await pool.close()
    expect((await signIn('good@example.com', 'open sesame')).status).toBe(503)
    expect(recorded).toEqual([])
  })
})
