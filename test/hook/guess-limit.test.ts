/** The limit on guessing: counted before the answer, bounded, and not to be flushed. */
import { beforeEach, describe, expect, it } from 'vitest'
import { TOO_MANY_GUESSES, type Decision } from '../../src/hook/decision.ts'
import { createGuessLimiter, type GuessLimiter } from '../../src/hook/guess-limit.ts'
import { ManualClock } from '../support/clock.ts'

const LIMIT = 10
const WINDOW_MS = 900_000

const WRONG: Decision = { credential: 'UNVERIFIED', reason: 'mismatch' }
const RIGHT: Decision = { credential: 'VERIFIED', reason: 'match' }

let clock: ManualClock
let guard: GuessLimiter
let decided: number

const run = (subject: string, decide: () => Promise<Decision>): Promise<Decision> =>
  guard.run(subject, decide, () => Promise.resolve(TOO_MANY_GUESSES))

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
  guard = createGuessLimiter({ limit: LIMIT, windowMs: WINDOW_MS }, clock)
  decided = 0
})

describe('wrong passwords', () => {
  it('are decided up to the limit, and then no more, not even the right one', async () => {
    await guessWrong('victim', LIMIT)
    expect(await guess('victim', RIGHT)).toBe('too_many_guesses')
    expect(decided).toBe(LIMIT)
    expect(await guess('another')).toBe('mismatch')
  })

  it.each(['unknown_login', 'disabled', 'mismatch'] as const)('count for %s', async (reason) => {
    const decision: Decision = { credential: 'UNVERIFIED', reason }
    for (let i = 0; i < LIMIT; i++) expect(await guess('victim', decision)).toBe(reason)
    expect(await guess('victim', decision)).toBe('too_many_guesses')
  })

  it('that are sent together are all counted before the first is decided', async () => {
    let begun = 0
    const release: (() => void)[] = []
    const answers = Array.from({ length: 3 * LIMIT }, () =>
      run('victim', async () => {
        begun++
        await new Promise<void>((resolve) => release.push(resolve))
        return WRONG
      }),
    )
    expect(begun).toBe(LIMIT)
    for (const go of release) go()
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

  it('that were refused count no further, so that trying on does not lock for ever', async () => {
    await guessWrong('victim', 10 * LIMIT)
    clock.advance(WINDOW_MS)
    expect(await guess('victim', RIGHT)).toBe('match')
  })

  it('of an account that are refused count for what was typed all the same', async () => {
    await guessWrong('account', LIMIT)
    const refused: Decision = { credential: 'UNVERIFIED', reason: 'too_many_account_guesses' }
    const guessAt = (login: string): Promise<Decision> =>
      run(login, () =>
        guard.run(
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
  it('counts nothing, and forgives nothing', async () => {
    await guessWrong('victim', LIMIT - 1)
    for (let i = 0; i < 3; i++) expect(await guess('victim', RIGHT)).toBe('match')
    expect(await guess('victim')).toBe('mismatch')
    expect(await guess('victim', RIGHT)).toBe('too_many_guesses')
  })
})

describe('a call that could not be decided', () => {
  const fail = (): Promise<unknown> =>
    run('victim', () => Promise.reject(new Error('no store'))).catch(() => undefined)

  it('counts nothing', async () => {
    for (let i = 0; i < 2 * LIMIT; i++) await fail()
    await guessWrong('victim', 2 * LIMIT)
    expect(decided).toBe(LIMIT)
  })

  it('gives back nothing that time has forgotten already', async () => {
    let crash = (): void => undefined
    const failing = run('victim', () => {
      return new Promise<never>((_, reject) => (crash = () => reject(new Error('no store'))))
    })
    clock.advance(WINDOW_MS)
    await guessWrong('victim', LIMIT)
    crash()
    await expect(failing).rejects.toThrow('no store')
    expect(await guess('victim')).toBe('too_many_guesses')
  })
})

describe('a wrong password that was decided elsewhere', () => {
  const hearOf = (times: number, ageMs: number): void => {
    for (let i = 0; i < times; i++) guard.countElsewhere('victim', ageMs)
  }

  it('counts as one here', async () => {
    await guessWrong('victim', LIMIT - 2)
    hearOf(1, 0)
    expect(await guess('victim')).toBe('mismatch')
    expect(await guess('victim', RIGHT)).toBe('too_many_guesses')
    expect(await guess('another')).toBe('mismatch')
  })

  it('is forgotten by its age, even if it is older than this process', async () => {
    hearOf(LIMIT, WINDOW_MS / 2)
    decided = 0
    await guessWrong('victim', LIMIT)
    expect(decided).toBe(LIMIT / 2)
    clock.advance(WINDOW_MS)
    hearOf(LIMIT, WINDOW_MS)
    expect(await guess('victim', RIGHT)).toBe('match')
  })

  it('is not forgiven with a right one that was under way when it came', async () => {
    await run('victim', async () => {
      hearOf(LIMIT, 0)
      return RIGHT
    })
    expect(await guess('victim', RIGHT)).toBe('too_many_guesses')
  })

  it('locks nobody for longer than a window, however many servers tell of some', async () => {
    hearOf(100 * LIMIT, 0)
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
  it('neither flushes the record of one under attack nor locks those who did nothing', async () => {
    await guessWrong('victim', LIMIT)
    const before = process.memoryUsage().arrayBuffers
    for (let i = 0; i < 150_000; i++) await guess(`flood ${i}`)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 2 ** 20)
    expect(await guess('victim')).toBe('too_many_guesses')
    const others = await Promise.all(Array.from({ length: 500 }, (_, i) => guess(`bystander ${i}`)))
    expect(others.filter((reason) => reason !== 'mismatch')).toEqual([])
  }, 120_000)
})
