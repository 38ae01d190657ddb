/** Calls that are repeated, too frequent or abandoned, through a real socket. */
import { hashSync } from 'bcryptjs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ManualClock } from '../support/clock.ts'
import { startHook, type HookOptions } from '../support/hook.ts'
import { releaseHeld, SLOW_WORKER } from '../support/workers.ts'

const GOOD = hashSync('open sesame', 4)
const ROWS = [
  { login: 'good@example.com', hash: GOOD },
  { login: 'off@example.com', hash: hashSync('open sesame', 4), enabled: 0 },
] as const

const start = async (options: HookOptions = {}) => {
  const hook = await startHook({ rows: ROWS, ...options })
  onTestFinished(async () => {
    releaseHeld()
    await hook.close()
  })
  return hook
}

const EVENT = { eventId: 'one-event' }

describe('a retry', () => {
  it('shares the first call while that is pending, and the log says so', async () => {
    let arrived = 0
    const nameLogin = (): string => `caller ${++arrived}`
    const hook = await start({ clock: new ManualClock(), workerUrl: SLOW_WORKER, nameLogin })
    const calls = [1, 2].map(() => hook.signIn('good', 'hold', EVENT))
    await expect.poll(() => [arrived, hook.runs.length]).toEqual([2, 1])
    releaseHeld()
    const texts = (await Promise.all(calls)).map(({ text }) => text)
    expect(texts[0]).toContain('"VERIFIED"')
    expect(texts[1]).toBe(texts[0])
    expect(hook.lines().map(({ repeat }) => repeat)).toContain('shared')
    expect(hook.runs).toHaveLength(1)
  })

  it('that comes later gets the same answer without computing a second hash', async () => {
    const hook = await start()
    const first = await hook.signIn('good', 'open sesame', EVENT)
    const second = await hook.signIn('good', 'open sesame', EVENT)
    expect(second.text).toBe(first.text)
    expect(hook.runs).toHaveLength(1)
    expect(hook.lines().at(-1)).toMatchObject({
      repeat: 'replayed',
      outcome: 'VERIFIED',
      reason: 'match',
    })
    expect(hook.lines().at(-1)).not.toHaveProperty('waitMs')
  })

  it('of an event with another password or login never gets the answer of the first', async () => {
    const hook = await start()
    const verified = await hook.signIn('good', 'open sesame', EVENT)
    expect(verified.text).toContain('"VERIFIED"')
    for (const [username, password] of [
      ['good', 'open barley'],
      ['off', 'open sesame'],
      ['nobody', 'open sesame'],
    ]) {
      expect((await hook.signIn(username, password, EVENT)).text).toContain('"UNVERIFIED"')
    }
    expect(hook.runs).toHaveLength(4)
  })

  it('after a failure is decided', async () => {
    const hook = await start({ workerUrl: SLOW_WORKER })
    expect((await hook.signIn('good', 'die', EVENT)).status).toBe(503)
    expect((await hook.signIn('good', 'die', EVENT)).status).toBe(503)
    expect(hook.runs).toHaveLength(2)
  })
})

describe('guessing', () => {
  it.each(['good', 'off', 'nobody'])(
    'at "%s" is stopped at the limit, at no cost',
    async (login) => {
      const hook = await start({ guesses: { limit: 3, windowMs: 900_000 } })
      for (let i = 0; i < 3; i++) {
        expect((await hook.signIn(login, `guess ${i}`)).text).not.toContain('debugContext')
      }
      const { status, text } = await hook.signIn(login, 'open sesame')
      expect([status, JSON.parse(text)]).toEqual([
        200,
        {
          commands: [{ type: 'com.okta.action.update', value: { credential: 'UNVERIFIED' } }],
          debugContext: { reason: 'too_many_guesses' },
        },
      ])
      expect(hook.runs).toHaveLength(3)
      expect(hook.lines().at(-1)).toMatchObject({ level: 'info', reason: 'too_many_guesses' })
    },
  )

  it('in parallel does not get past the limit', async () => {
    const hook = await start({ guesses: { limit: 3, windowMs: 900_000 } })
    const guesses = Array.from({ length: 9 }, (_, i) => hook.signIn('good', `guess ${i}`))
    await Promise.all(guesses)
    expect(hook.runs).toHaveLength(3)
  })

  it('at one account under several spellings of its login is counted together', async () => {
    const hook = await start({ guesses: { limit: 3, windowMs: 900_000 } })
    for (const login of ['good', 'good@example.com', 'good']) await hook.signIn(login, 'guess')
    const reply = await hook.signIn('good@example.com', 'open sesame')
    expect(reply.text).toContain('"UNVERIFIED"')
    expect(hook.lines().at(-1)).toMatchObject({ level: 'info', reason: 'too_many_account_guesses' })
  })

  it('with one spelling and then with another does not reveal whether there is an account', async () => {
    const hook = await start({ guesses: { limit: 3, windowMs: 900_000 } })
    const seen = async (short: string): Promise<unknown[]> => {
      const calls = [short, short, short, ...Array<string>(5).fill(`${short}@example.com`)]
      const answers = []
      for (const login of calls) {
        const runs = hook.runs.length
        const { status, text } = await hook.signIn(login, 'guess')
        answers.push([status, text, hook.runs.slice(runs)])
      }
      return answers
    }
    const known = await seen('good')
    expect(known).toEqual(await seen('nobody'))
    expect(known.map((answer) => JSON.stringify(answer).includes('debugContext'))).toEqual(
      [0, 0, 0, 0, 0, 0, 1, 1].map(Boolean),
    )
  })
})

describe('a caller that hangs up while its check waits', () => {
  it('cancels the check before it costs anything', async () => {
    const hook = await start({ clock: new ManualClock(), workerUrl: SLOW_WORKER })
    const held = hook.signIn('good', 'hold')
    await expect.poll(() => hook.runs.length).toBe(1)
    // If it ran, it would end the thread.
    await hook.signInAndDrop('good', 'die')
    await expect.poll(() => hook.lines().map(({ reason }) => reason)).toEqual(['caller_gone'])
    releaseHeld()
    expect((await held).text).toContain('"VERIFIED"')
    expect(hook.pool.alive).toBe(1)
  })
})
