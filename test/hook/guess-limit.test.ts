/** The guess limiter: it counts before the answer, uses bounded memory, and cannot be flushed. */
import { beforeEach, describe, expect, it } from 'vitest'
import { TOO_MANY_GUESSES, type Decision } from '../../src/hook/decision.ts'
import { countGuesses, createGuessLimiter, type GuessLimiter } from '../../src/hook/guess-limit.ts'
import { ManualClock } from '../support/clock.ts'
import { fc } from '../support/properties.ts'

const LIMIT = 10
const WINDOW_MS = 900_000

const WRONG: Decision = { credential: 'UNVERIFIED', reason: 'mismatch' }
const RIGHT: Decision = { credential: 'VERIFIED', reason: 'match' }

let clock: ManualClock
let guessLimiter: GuessLimiter
let decided: number

const run = (subject: string, decide: () => Promise<Decision>): Promise<Decision> =>
  guessLimiter.run(subject, decide, () => Promise.resolve(TOO_MANY_GUESSES))

const guess = async (subject: string, decision = WRONG): Promise<string> => {
  const { reason } = await run(subject, async () => {
    decided++
    return decision
  })
  return reason
}

const guessWrong = async (subject: string, times: number): Promise<void> => {
  for (let i = 0; i < times; i++) await guess(subject)
}

beforeEach(() => {
  clock = new ManualClock()
  guessLimiter = createGuessLimiter(clock, { limit: LIMIT, windowMs: WINDOW_MS })
  decided = 0
})

describe('wrong passwords', () => {
  it('are decided up to the limit; after that no password is, not even the right one', async () => {
    await guessWrong('victim', LIMIT)
    expect(await guess('victim', RIGHT)).toBe('too_many_guesses')
    expect(decided).toBe(LIMIT)
    expect(await guess('another')).toBe('mismatch')
  })

  it('are decided exactly up to the limit, for any limit, window and time', async () => {
    const settings = fc.record({
      limit: fc.integer({ min: 1, max: 1_000 }),
      windowMs: fc.integer({ min: 1, max: 1_440 }).map((minutes) => minutes * 60_000),
      uptimeMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
    })
    await fc.assert(
      fc.asyncProperty(settings, async ({ limit, windowMs, uptimeMs }) => {
        clock = new ManualClock()
        clock.advance(uptimeMs)
        guessLimiter = createGuessLimiter(clock, { limit, windowMs })
        decided = 0
        await guessWrong('victim', limit + 1)
        expect(decided).toBe(limit)
      }),
      { numRuns: 50 },
    )
  })

  it.each(['unknown_login', 'disabled', 'mismatch'] as const)('count for %s', async (reason) => {
    const decision: Decision = { credential: 'UNVERIFIED', reason }
    for (let i = 0; i < LIMIT; i++) expect(await guess('victim', decision)).toBe(reason)
    expect(await guess('victim', decision)).toBe('too_many_guesses')
  })

  it('that are sent together are all counted before the first is decided', async () => {
    let started = 0
    const releases: (() => void)[] = []
    const answers = Array.from({ length: 3 * LIMIT }, () =>
      run('victim', async () => {
        started++
        await new Promise<void>((resolve) => releases.push(resolve))
        return WRONG
      }),
    )
    expect(started).toBe(LIMIT)
    for (const go of releases) go()
    const reasons = (await Promise.all(answers)).map(({ reason }) => reason)
    expect(reasons.filter((reason) => reason === 'mismatch')).toHaveLength(LIMIT)
  })

  it('are forgotten one by one, and all after the window', async () => {
    await guessWrong('victim', LIMIT)
    clock.advance(WINDOW_MS / LIMIT - 1)
    expect(await guess('victim')).toBe('too_many_guesses')
    clock.advance(1)
    expect(await guess('victim')).toBe('mismatch')
    expect(await guess('victim')).toBe('too_many_guesses')
    clock.advance(WINDOW_MS)
    decided = 0
    await guessWrong('victim', 2 * LIMIT)
    expect(decided).toBe(LIMIT)
  })

  it('that were refused are not counted, so that more attempts do not lock a login for ever', async () => {
    await guessWrong('victim', 10 * LIMIT)
    clock.advance(WINDOW_MS)
    expect(await guess('victim', RIGHT)).toBe('match')
  })

  it('that the limit of the account refuses still count for the login that was typed', async () => {
    await guessWrong('account', LIMIT)
    const refused: Decision = { credential: 'UNVERIFIED', reason: 'too_many_account_guesses' }
    const guessAt = (login: string): Promise<Decision> =>
      run(login, () =>
        guessLimiter.run(
          'account',
          async () => WRONG,
          async () => refused,
        ),
      )
    for (let i = 0; i < LIMIT; i++) expect(await guessAt('alias')).toEqual(refused)
    expect(await guessAt('alias')).toEqual(TOO_MANY_GUESSES)
    clock.advance(WINDOW_MS / LIMIT)
    expect(await guess('account')).toBe('mismatch')
  })
})

describe('a right password', () => {
  it('is not counted, and refunds nothing', async () => {
    await guessWrong('victim', LIMIT - 1)
    for (let i = 0; i < 3; i++) expect(await guess('victim', RIGHT)).toBe('match')
    expect(await guess('victim')).toBe('mismatch')
    expect(await guess('victim', RIGHT)).toBe('too_many_guesses')
  })
})

describe('a call that could not be decided', () => {
  const fail = (): Promise<unknown> =>
    run('victim', () => Promise.reject(new Error('no store'))).catch(() => undefined)

  it('is not counted', async () => {
    for (let i = 0; i < 2 * LIMIT; i++) await fail()
    await guessWrong('victim', 2 * LIMIT)
    expect(decided).toBe(LIMIT)
  })

  it('refunds no count that has already expired', async () => {
    let fail = (): void => undefined
    const failing = run('victim', () => {
      return new Promise<never>((_, reject) => (fail = () => reject(new Error('no store'))))
    })
    clock.advance(WINDOW_MS)
    await guessWrong('victim', LIMIT)
    fail()
    await expect(failing).rejects.toThrow('no store')
    expect(await guess('victim')).toBe('too_many_guesses')
  })
})

describe('a wrong password that another server decided', () => {
  const countRemote = (times: number, ageMs: number): void => {
    for (let i = 0; i < times; i++) guessLimiter.countRemote('victim', ageMs)
  }

  it('counts as one decided here', async () => {
    await guessWrong('victim', LIMIT - 2)
    countRemote(1, 0)
    expect(await guess('victim')).toBe('mismatch')
    expect(await guess('victim', RIGHT)).toBe('too_many_guesses')
    expect(await guess('another')).toBe('mismatch')
  })

  it('expires by its age, even if it is older than this process', async () => {
    countRemote(LIMIT, WINDOW_MS / 2)
    decided = 0
    await guessWrong('victim', LIMIT)
    expect(decided).toBe(LIMIT / 2)
    clock.advance(WINDOW_MS)
    countRemote(LIMIT, WINDOW_MS)
    expect(await guess('victim', RIGHT)).toBe('match')
  })

  it('is not refunded with a right one that was undecided when it arrived', async () => {
    await run('victim', async () => {
      countRemote(LIMIT, 0)
      return RIGHT
    })
    expect(await guess('victim', RIGHT)).toBe('too_many_guesses')
  })

  it('locks no login for longer than a window, however many servers report one', async () => {
    countRemote(100 * LIMIT, 0)
    expect(await guess('victim', RIGHT)).toBe('too_many_guesses')
    clock.advance(WINDOW_MS / LIMIT)
    expect(await guess('victim', RIGHT)).toBe('match')
    clock.advance(WINDOW_MS)
    decided = 0
    await guessWrong('victim', 2 * LIMIT)
    expect(decided).toBe(LIMIT)
  })
})

describe('a flood of other logins', () => {
  it('neither flushes the count of a login under attack nor locks innocent ones', async () => {
    await guessWrong('victim', LIMIT)
    const before = process.memoryUsage().arrayBuffers
    for (let i = 0; i < 150_000; i++) await guess(`flood ${i}`)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 2 ** 20)
    expect(await guess('victim')).toBe('too_many_guesses')
    const others = await Promise.all(Array.from({ length: 500 }, (_, i) => guess(`bystander ${i}`)))
    expect(others.filter((reason) => reason !== 'mismatch')).toEqual([])
  }, 120_000)

  it('locks no login that shares only some of its cells', async () => {
    // Of a login's 4 cells one is full with a probability of 0.014, and all are with one of 2e-10.
    guessLimiter = createGuessLimiter(clock, { limit: 3, windowMs: WINDOW_MS })
    for (let i = 0; i < 40_000; i++) guessLimiter.countRemote(`flood ${i}`, 0)
    decided = 0
    for (let i = 0; i < 2_000; i++) await guess(`bystander ${i}`)
    expect(decided).toBe(2_000)
  })
})

describe('a subject that was renewed', () => {
  it('has the whole limit once more, and no other subject has', async () => {
    await guessWrong('victim', LIMIT)
    await guessWrong('another', LIMIT)
    guessLimiter.renew('victim', 'first')
    expect(await guess('another')).toBe('too_many_guesses')
    for (let i = 0; i < LIMIT; i++) expect(await guess('victim')).toBe('mismatch')
    expect(await guess('victim', RIGHT)).toBe('too_many_guesses')
    // What was read before is read again after a restart of the ledger's thread.
    guessLimiter.renew('victim', 'first')
    expect(await guess('victim')).toBe('too_many_guesses')
    guessLimiter.renew('victim', 'second')
    expect(await guess('victim')).toBe('mismatch')
  })

  it('counts the guesses of other servers under the new name too', async () => {
    guessLimiter.renew('victim', 'first')
    for (let i = 0; i < LIMIT; i++) guessLimiter.countRemote('victim', 0)
    expect(await guess('victim')).toBe('too_many_guesses')
  })

  it('gets no refund for a guess that began before', async () => {
    let end: (decision: Decision) => void = () => undefined
    const slow = run('victim', () => new Promise((resolve) => (end = resolve)))
    guessLimiter.renew('victim', 'first')
    await guessWrong('victim', LIMIT)
    end(RIGHT)
    await slow
    expect(await guess('victim')).toBe('too_many_guesses')
  })

  it('has its old count back after so many others that memory stays bounded', async () => {
    await guessWrong('victim', LIMIT)
    guessLimiter.renew('victim', 'first')
    for (let i = 0; i < 19_999; i++) guessLimiter.renew(`other ${i}`, 'x')
    expect(await guess('victim')).toBe('mismatch')
    guessLimiter.renew('one more', 'x')
    expect(await guess('victim')).toBe('too_many_guesses')
  })

  it('counts as the newest when it is renewed again', async () => {
    await guessWrong('victim', LIMIT)
    guessLimiter.renew('victim', 'first')
    for (let i = 0; i < 19_999; i++) guessLimiter.renew(`other ${i}`, 'x')
    guessLimiter.renew('victim', 'second')
    guessLimiter.renew('one more', 'x')
    expect(await guess('victim')).toBe('mismatch')
  })
})

describe('a count from the times of guesses', () => {
  it('agrees with the limiter, at any moment', async () => {
    const steps = fc.array(fc.integer({ min: 0, max: 200_000 }), { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(steps, async (delays) => {
        clock = new ManualClock()
        guessLimiter = createGuessLimiter(clock, { limit: LIMIT, windowMs: WINDOW_MS })
        const counted: number[] = []
        for (const delay of delays) {
          clock.advance(delay)
          const { left, lockedUntil } = countGuesses(counted, clock.now(), {
            limit: LIMIT,
            windowMs: WINDOW_MS,
          })
          expect(lockedUntil === undefined).toBe(left > 0)
          const isRefused = (await guess('victim')) === 'too_many_guesses'
          expect(isRefused).toBe(left === 0)
          if (!isRefused) counted.push(clock.now())
        }
      }),
    )
  })

  it('says when there is one again', () => {
    const options = { limit: 3, windowMs: 900_000 }
    const at = [0, 1_000, 2_000]
    const { left, lockedUntil = NaN } = countGuesses(at, 60_000, options)
    expect([left, lockedUntil]).toEqual([0, 300_000])
    expect(countGuesses(at, lockedUntil, options)).toEqual({ left: 1, lockedUntil: undefined })
    expect(countGuesses([...at].reverse(), 60_000, options)).toEqual({ left, lockedUntil })
    expect(countGuesses([], 0, options)).toEqual({ left: 3, lockedUntil: undefined })
    // Many servers let them through before they knew of each other: they lock for one window, as there.
    expect(countGuesses(Array<number>(9).fill(0), 0, options).lockedUntil).toBe(300_000)
  })
})
