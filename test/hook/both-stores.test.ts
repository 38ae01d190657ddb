/** What a call promises whatever the legacy store is: one that gives out hashes, or a legacy login. */
import { hashSync } from 'bcryptjs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AnsweredCall, DecidedCall } from '../../src/call-record.ts'
import type { Clock } from '../../src/clock.ts'
import type { LegacyStore } from '../../src/legacy/store.ts'
import { fingerprint } from '../../src/ops/log.ts'
import { ManualClock } from '../support/clock.ts'
import { startHook, type RunningHook } from '../support/hook.ts'
import { answerFor, openLogin, startLoginServer } from '../support/login-server.ts'

const GOOD = 'good@example.com'
const DEADLINE_MS = 2_500
const LIMIT = 3

const ROWS = [
  { login: GOOD, hash: hashSync('open sesame', 4) },
  { login: 'off@example.com', hash: hashSync('open sesame', 4), enabled: 0 },
] as const

interface Kind {
  readonly name: string
  /** Undefined for the SQLite file that the hook makes. */
  readonly open: (clock: Clock) => Promise<LegacyStore | undefined>
  readonly key: string
  readonly hash: DecidedCall['hash']
}

const openLegacyLoginStore = async (clock: Clock): Promise<LegacyStore> => {
  const { url } = await startLoginServer(({ body }, _, res) =>
    res.writeHead(200, { 'content-type': 'application/json' }).end(answerFor(body)),
  )
  return openLogin(url, { clock })
}

const KINDS: readonly Kind[] = [
  {
    name: 'a store of hashes',
    open: () => Promise.resolve(undefined),
    key: 'id 1',
    hash: { family: 'bcrypt', cost: 4 },
  },
  { name: 'a legacy login', open: openLegacyLoginStore, key: `login ${GOOD}`, hash: undefined },
]

describe.each(KINDS)('a call over $name', ({ open, key, hash }) => {
  let hook: RunningHook
  let recorded: DecidedCall[]
  let answered: AnsweredCall[]

  beforeEach(async () => {
    ;[recorded, answered] = [[], []]
    const clock = new ManualClock()
    const legacy = await open(clock)
    hook = await startHook({
      rows: ROWS,
      ...(legacy && { legacy }),
      clock,
      settings: { deadlineMs: DEADLINE_MS },
      guesses: { limit: LIMIT, windowMs: 900_000 },
      ledger: { record: async (decided) => void recorded.push(decided) },
      onAnswered: (call) => void answered.push(call),
    })
  })
  afterEach(() => hook.close())

  it.each([
    [GOOD, 'open sesame', 'match'],
    ['GOOD@example.com ', 'open sesame', 'match'],
    [GOOD, 'open barley', 'mismatch'],
    ['nobody@example.com', 'open sesame', 'unknown_login'],
    ['off@example.com', 'open sesame', 'disabled'],
    [GOOD, '', 'empty_password'],
  ])('is decided for %s with %j: %s', async (login, password, reason) => {
    const { status, text } = await hook.signIn(login, password)
    expect(status).toBe(200)
    expect(text).toContain(reason === 'match' ? '"VERIFIED"' : '"UNVERIFIED"')
    expect(recorded).toMatchObject([{ reason }])
    expect(answered).toMatchObject([{ status: 200, reason }])
  })

  it('is recorded in the ledger, with the person under all spellings', async () => {
    await hook.signIn(GOOD, 'open sesame')
    await hook.signIn(' Good@Example.COM', 'open sesame')
    const person = fingerprint('key for tests', 'person')(key)
    const row = { person, outcome: 'VERIFIED', reason: 'match', hash, waitMs: 0 }
    expect(recorded).toMatchObject([row, row])
    expect(recorded.every(({ runMs }) => runMs >= 0)).toBe(true)
    expect(answered.every(({ lookupMs }) => lookupMs !== undefined)).toBe(true)
    expect(hook.rawLog()).not.toContain('open sesame')
  })

  it('is refused after too many wrong passwords, with the right one too', async () => {
    for (let i = 0; i < LIMIT; i++) await hook.signIn(GOOD, 'open barley')
    await hook.signIn('GOOD@example.com', 'open sesame')
    expect(recorded.at(-1)).toMatchObject({ outcome: 'UNVERIFIED', reason: 'too_many_guesses' })
  })

  it('gives its answer to a repeat too, and is decided once', async () => {
    const event = { eventId: 'one-event' }
    const calls = [1, 2, 3].map(() => hook.signIn(GOOD, 'open sesame', event))
    const texts = (await Promise.all(calls)).map(({ text }) => text)
    expect(new Set(texts).size).toBe(1)
    expect(texts[0]).toContain('"VERIFIED"')
    expect(recorded).toHaveLength(1)
  })
})

describe('a call over a legacy login that hangs', () => {
  it('is answered 503 by the deadline, which is no guess', async () => {
    const clock = new ManualClock()
    let asked = 0
    const { url } = await startLoginServer(({ body }, _, res) => {
      asked++
      const isHeld = body.includes('"hold"')
      if (!isHeld) res.writeHead(200, { 'content-type': 'application/json' }).end(answerFor(body))
    })
    const legacy = await openLogin(url, { clock, loginMs: DEADLINE_MS })
    const hook = await startHook({ legacy, clock, guesses: { limit: 1, windowMs: 900_000 } })
    const held = hook.signIn(GOOD, 'hold')
    await expect.poll(() => asked).toBe(2)
    clock.advance(DEADLINE_MS)
    const { status, text } = await held
    expect(status).toBe(503)
    expect(text).not.toContain('VERIFIED')
    expect((await hook.signIn(GOOD, 'open sesame')).text).toContain('"VERIFIED"')
    await hook.close()
  })
})

describe('a call over a legacy login that compares as Okta does', () => {
  const start = async () => {
    const recorded: DecidedCall[] = []
    const clock = new ManualClock()
    const { url, asked } = await startLoginServer(({ body }, _, res) =>
      res
        .writeHead(200, { 'content-type': 'application/json' })
        .end(answerFor(body.replaceAll(/[öó]/g, 'o'))),
    )
    const hook = await startHook({
      legacy: await openLogin(url, { clock }),
      clock,
      guesses: { limit: LIMIT, windowMs: 900_000 },
      ledger: { record: async (decided) => void recorded.push(decided) },
    })
    return { hook, recorded, asked }
  }

  it('counts the wrong passwords of all spellings as those of one person', async () => {
    const { hook, recorded, asked } = await start()
    for (const login of ['gööd@example.com', 'góod@example.com', GOOD])
      await hook.signIn(login, 'open barley')
    await hook.signIn('goód@example.com', 'open sesame')
    expect(recorded.map(({ reason }) => reason)).toEqual([
      'mismatch',
      'mismatch',
      'mismatch',
      'too_many_account_guesses',
    ])
    expect(new Set(recorded.map(({ person }) => person)).size).toBe(1)
    expect(asked).toHaveLength(1 + LIMIT)
    await hook.close()
  })

  it.each(['\0', '\0open sesame'])('asks about no password that ends at once: %j', async (text) => {
    const { hook, recorded, asked } = await start()
    await hook.signIn(GOOD, text)
    expect(recorded).toMatchObject([{ outcome: 'UNVERIFIED', reason: 'empty_password' }])
    expect(asked).toHaveLength(1)
    await hook.close()
  })
})
