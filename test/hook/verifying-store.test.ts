/** The hook over a store that verifies passwords itself: its answer decides, and no hash is computed. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AppError } from '../../src/errors/errors.ts'
import type { VerifyingStore } from '../../src/legacy/store.ts'
import { MAX_LOGIN_LENGTH } from '../../src/login.ts'
import { startHook, type RunningHook } from '../support/hook.ts'

const LIMIT = 3
const DEADLINE_MS = 1_000

type Verify = VerifyingStore['verify']

/** How the store answers for each login; any other is unknown. */
const ANSWERS: Readonly<Record<string, () => ReturnType<Verify>>> = {
  'twin@example.com': () => Promise.resolve('ambiguous_login'),
  'gone@example.com': () => Promise.resolve('disabled'),
  'locked@example.com': () => Promise.resolve('locked'),
  'expired@example.com': () => Promise.resolve('expired'),
  'away@example.com': () => Promise.reject(new AppError('legacy_unavailable')),
  'bug@example.com': () => Promise.reject(new Error('a bug')),
  'hung@example.com': () => new Promise(() => undefined),
}

let hook: RunningHook
let asked: Parameters<Verify>[]
let isAway: boolean

const store: VerifyingStore = {
  verify: async (...args) => {
    asked.push(args)
    const [login, , password] = args
    if (isAway) throw new AppError('legacy_unavailable')
    if (login === 'anna@example.com') return password === 'open sesame' ? 'match' : 'mismatch'
    return ANSWERS[login]?.() ?? 'unknown_login'
  },
  ping: () => Promise.resolve(),
  close: () => Promise.resolve(),
  state: 'ok',
  findings: [],
}

beforeEach(async () => {
  ;[asked, isAway] = [[], false]
  hook = await startHook({
    legacy: store,
    settings: { deadlineMs: DEADLINE_MS },
    guesses: { limit: LIMIT, windowMs: 900_000 },
  })
})
afterEach(() => hook.close())

/** What Okta gets, and the reason in the log. */
const signIn = async (username: string, password: string) => {
  const { status, text } = await hook.signIn(username, password)
  const { reason, code } = hook.lines().findLast((line) => 'status' in line) ?? {}
  return { status, reason: reason ?? code, isVerified: text.includes('"VERIFIED"'), text }
}

describe('a store that verifies', () => {
  it('lets a user in by a match, and gets the login as it was typed, the deadline and a signal', async () => {
    const answer = await signIn('  Anna@Example.com', 'open sesame')
    expect(answer).toMatchObject({ status: 200, reason: 'match', isVerified: true })
    expect(asked).toEqual([
      [
        'anna@example.com',
        '  Anna@Example.com',
        'open sesame',
        expect.any(Number),
        expect.any(AbortSignal),
      ],
    ])
  })

  it.each([
    ['anna@example.com', 'mismatch'],
    ['nobody@example.com', 'unknown_login'],
    ['gone@example.com', 'disabled'],
    ['locked@example.com', 'locked'],
    ['expired@example.com', 'expired'],
  ])('keeps %s out (%s), with the same answer for all', async (login, reason) => {
    const { text: wrong } = await signIn('anna@example.com', 'wrong')
    const answer = await signIn(login, 'wrong')
    expect(answer).toMatchObject({ status: 200, reason, isVerified: false, text: wrong })
    expect(hook.runs).toEqual([])
  })

  it("keeps an ambiguous login out, and names the cause for Okta's System Log", async () => {
    const answer = await signIn('twin@example.com', 'open sesame')
    expect(answer).toMatchObject({ status: 200, reason: 'ambiguous_login', isVerified: false })
    expect(answer.text).toContain('"debugContext":{"reason":"ambiguous_login"}')
  })

  it.each([
    ['away@example.com', 'legacy_unavailable', 503],
    ['hung@example.com', 'deadline_exceeded', 503],
    ['bug@example.com', 'internal', 500],
  ])(
    'that fails for %s causes an outage (%s), and never UNVERIFIED',
    async (login, reason, status) => {
      const answer = await signIn(login, 'open sesame')
      expect(answer).toMatchObject({ status, reason, isVerified: false })
      expect(answer.text).not.toContain('UNVERIFIED')
    },
  )

  it('is not asked for an empty password, nor for a login that is too long', async () => {
    const long = `${'a'.repeat(MAX_LOGIN_LENGTH)}@example.com`
    for (const password of ['', '\0']) {
      expect(await signIn('anna@example.com', password)).toMatchObject({ reason: 'empty_password' })
    }
    expect(await signIn(long, 'open sesame')).toMatchObject({ reason: 'unknown_login' })
    expect(asked).toEqual([])
  })

  it('is asked about as many wrong passwords as the limit allows, and an outage does not count as a guess', async () => {
    isAway = true
    for (let i = 0; i <= LIMIT; i++) await signIn('anna@example.com', 'open sesame')
    isAway = false
    for (let i = 0; i < LIMIT; i++) await signIn('anna@example.com', 'wrong')
    const before = asked.length
    const answer = await signIn('anna@example.com', 'open sesame')
    expect(answer).toMatchObject({ reason: 'too_many_guesses', isVerified: false })
    expect(asked).toHaveLength(before)
  })
})
