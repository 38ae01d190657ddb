/** What the hook tells the ledger: each decision once, and nothing else. */
import { hashSync } from 'bcryptjs'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { DecidedCall } from '../../src/hook/decided-call.ts'
import { fingerprint } from '../../src/ops/log.ts'
import { ManualClock } from '../support/clock.ts'
import { startHook, type HookOptions } from '../support/hook.ts'
import { releaseHeld, SLOW_WORKER } from '../support/workers.ts'

const ROWS = [
  { login: 'good@example.com', hash: hashSync('open sesame', 4) },
  { login: 'bad@example.com', hash: '{SHA}no bcrypt' },
]
const EVENT = { eventId: 'one-event' }

const start = async (options: HookOptions = {}) => {
  const told: DecidedCall[] = []
  const ledger = { record: async (decided: DecidedCall) => void told.push(decided) }
  const nameLogin = (login: string): string => `name of ${login}`
  const hook = await startHook({ rows: ROWS, ledger, nameLogin, ...options })
  onTestFinished(async () => {
    releaseHeld()
    await hook.close()
  })
  return { ...hook, told }
}

describe('the ledger', () => {
  it('is told what was decided, of whom, and how long it took', async () => {
    const { signIn, told, lines } = await start()
    await signIn('Good@example.com ', 'open sesame', EVENT)
    expect(told).toEqual([
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
    const { waitMs, runMs } = told[0] ?? { waitMs: NaN, runMs: NaN }
    expect(lines().at(-1)).toMatchObject({
      login: told[0]?.account,
      waitMs: Math.round(waitMs * 10) / 10,
      runMs: Math.round(runMs * 10) / 10,
    })
  })

  it("is told of no hash but the account's own, if that is sound", async () => {
    const { signIn, told } = await start()
    await signIn('nobody@example.com', 'open sesame')
    await signIn('bad@example.com', 'open sesame')
    expect(told).toMatchObject([
      { outcome: 'UNVERIFIED', reason: 'unknown_login', hash: undefined },
      { outcome: 'UNVERIFIED', reason: 'hash_unrecognised', hash: undefined },
    ])
    expect(told.every(({ runMs }) => runMs > 0)).toBe(true)
  })

  it('is told of a guess that was refused unseen, which took no time', async () => {
    const { signIn, told } = await start({ guesses: { limit: 1, windowMs: 900_000 } })
    await signIn('good@example.com', 'open barley')
    await signIn('good@example.com', 'open sesame')
    expect(told[1]).toMatchObject({ reason: 'too_many_guesses', waitMs: 0, runMs: 0 })
  })

  it('knows one person under every spelling, and a stranger by what was typed', async () => {
    const { signIn, told } = await start()
    for (const login of ['good', 'GOOD@example.com', 'nobody', 'nobody']) await signIn(login, 'x')
    const [short, whole, first, second] = told.map(({ person }) => person)
    expect(short).toBe(whole)
    expect(first).toBe(second)
    expect(first).not.toBe(short)
    // The id of an account is no login of anybody.
    await signIn('1', 'x')
    expect(told.at(-1)?.person).not.toBe(short)
    expect(new Set(told.map(({ id }) => id)).size).toBe(5)
  })

  it('is told whether the caller was still there', async () => {
    const { signIn, signInAndDrop, send, told } = await start({
      clock: new ManualClock(),
      workerUrl: SLOW_WORKER,
    })
    await signInAndDrop('good', 'hold', EVENT)
    // A whole exchange: the server knows by then that the caller is gone.
    await send('{}')
    releaseHeld()
    await expect.poll(() => told).toMatchObject([{ outcome: 'VERIFIED', callerGone: true }])
    const replayed = await signIn('good', 'hold', EVENT)
    expect(replayed.text).toContain('"VERIFIED"')
    expect(told[1]).toMatchObject({ eventId: EVENT.eventId, callerGone: false })
    expect(told[1]?.id).not.toBe(told[0]?.id)
    await signIn('good', 'hold', EVENT)
    expect(told).toHaveLength(2)
  })

  it('is told of a caller who repeats a call that another has given up', async () => {
    const { signIn, signInAndDrop, send, told, lines } = await start({
      clock: new ManualClock(),
      workerUrl: SLOW_WORKER,
    })
    await signInAndDrop('good', 'hold', EVENT)
    // Whole exchanges: what came before them has come by then.
    await send('{}')
    const second = signIn('good', 'hold', EVENT)
    for (let i = 0; i < 3; i++) await send('{}')
    releaseHeld()
    expect((await second).text).toContain('"VERIFIED"')
    expect(lines().some(({ repeat }) => repeat === 'joined')).toBe(true)
    expect(told.map(({ callerGone }) => callerGone)).toEqual([false])
  })

  it('is told once of a call that is joined and replayed', async () => {
    const { signIn, told, runs, lines } = await start({
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
    expect(told).toHaveLength(1)
  })

  it('is waited for by the answer', async () => {
    const kept: (() => void)[] = []
    const ledger = { record: () => new Promise<void>((resolve) => kept.push(resolve)) }
    const { signIn, send } = await start({ ledger })
    let isAnswered = false
    const answer = signIn('good@example.com', 'open sesame').finally(() => (isAnswered = true))
    await expect.poll(() => kept.length).toBe(1)
    // A whole exchange: an answer that does not wait comes before its end.
    expect((await send('{}')).status).toBe(400)
    expect(isAnswered).toBe(false)
    kept[0]?.()
    expect((await answer).text).toContain('"VERIFIED"')
  })

  it('is told nothing of a call that could not be decided', async () => {
    const { signIn, told, pool } = await start()
    await pool.close()
    expect((await signIn('good@example.com', 'open sesame')).status).toBe(503)
    expect(told).toEqual([])
  })
})
