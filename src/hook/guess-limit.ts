/** Limits guessing: how many wrong passwords a login may have before its calls are refused without a check. */
import { hash, randomBytes } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { Decision } from './decision.ts'

export interface GuessLimitOptions {
  /** Wrong passwords that a login may have at once. */
  readonly limit: number
  /** Milliseconds in which all of them are forgotten, one after the other. */
  readonly windowMs: number
}

export interface GuessLimiter {
  /**
   * Runs a decision about a subject, such as a login; or `refuse`, which counts nothing, if too many
   * recent ones about it were wrong.
   */
  run<T extends Decision>(
    subject: string,
    decide: () => Promise<T>,
    refuse: () => Promise<T>,
  ): Promise<T>
  /** Counts a wrong guess that another server decided, `ageMs` milliseconds ago. */
  countRemote(subject: string, ageMs: number): void
  /**
   * From now on, counts guesses about a subject anew. Its earlier count stays in its cells, which other logins
   * share, and expires there.
   * @param generation any name that the subject has not had
   */
  renew(subject: string, generation: string): void
}

/** The typed login as a subject, the same at every server. @param account the login as it may be written down */
export const loginSubject = (account: string): string => `login ${account}`

/**
 * The account found as a subject, the same at every server: a lookup may find it under many spellings.
 * @param person the key of the account as it may be written down
 */
export const personSubject = (person: string): string => `person ${person}`

/**
 * A count-min sketch (Cormode and Muthukrishnan, 2005): a subject's count is the lowest of its cells, one
 * in each row. It always takes 5 MiB and evicts nothing, so no flood of other logins can make it forget
 * the one under attack. It errs only towards refusing: a login that shares all its cells counts theirs
 * too. With as many wrong guesses in a window as a row has cells, that is one login in
 * 10^27 at a limit of 10; with five times as many, one in a million. Each of them costs a hash.
 */
const ROWS = 4
const CELLS_PER_ROW = 2 ** 17

/** More than rounding errors add up to, and less than one guess. */
const ROUNDING_MS = 0.001

/**
 * An unlock takes two; after so many, the subject that was unlocked first has its old count back. One count more is
 * all that somebody can gain by that.
 */
const MAX_GENERATIONS = 20_000

export interface GuessCount {
  /** How many wrong passwords are left. */
  readonly left: number
  /** When there is one again, in milliseconds since 1970; undefined while some are left. */
  readonly lockedUntil: number | undefined
}

/**
 * What is left of the limit, from the times of wrong guesses: the rule of the limiter below, for who only reads what
 * servers have written.
 * @param madeAt milliseconds since 1970, in any order
 */
export const countGuesses = (
  madeAt: readonly number[],
  now: number,
  { limit, windowMs }: GuessLimitOptions,
): GuessCount => {
  const guessMs = windowMs / limit
  let until = -Infinity
  for (const at of [...madeAt].sort((a, b) => a - b)) {
    until = Math.max(until, Math.min(Math.max(until, at) + guessMs, at + windowMs))
  }
  const counted = Math.max(until - now, 0)
  const left = Math.floor((windowMs - counted + ROUNDING_MS) / guessMs)
  return { left, lockedUntil: left > 0 ? undefined : until + guessMs - windowMs }
}

/** Keyed, so that an attacker cannot choose a login that shares the cells of another. */
const cellsFor = (key: string, subject: string): number[] => {
  const digest = hash('sha256', key + subject, 'buffer')
  const cellIn = (row: number): number => digest.readUInt32LE(row * 4) % CELLS_PER_ROW
  return Array.from({ length: ROWS }, (_, row) => row * CELLS_PER_ROW + cellIn(row))
}

/** The name under which each subject counts: after `renew` another one, so that its count begins anew. */
const createGenerations = () => {
  const generations = new Map<string, string>()
  const renew = (subject: string, generation: string): void => {
    generations.delete(subject)
    generations.set(subject, generation)
    const [oldest] = generations.keys()
    if (generations.size > MAX_GENERATIONS && oldest !== undefined) generations.delete(oldest)
  }
  const nameOf = (subject: string): string => `${generations.get(subject) ?? ''} ${subject}`
  return { nameOf, renew }
}

/**
 * Every guess is counted before it is decided, so that guesses sent together cannot all pass, and
 * refunded if it was right or could not be decided. A right password refunds no others: after it Okta
 * does not ask about this user again, and a refund would lower cells that other logins share.
 *
 * A cell holds the moment at which all its counts have expired (a leaky bucket, in the form of ITU-T
 * I.371's virtual scheduling), so that there is nothing to sweep.
 */
export const createGuessLimiter = (
  clock: Clock,
  { limit, windowMs }: GuessLimitOptions,
): GuessLimiter => {
  const key = randomBytes(32).toString('base64')
  // Earlier than any guess that another server may report.
  const cells = new Float64Array(ROWS * CELLS_PER_ROW).fill(-Infinity)
  /** Guesses in each cell that are not decided yet, and may be refunded. */
  const undecided = new Uint16Array(cells.length)
  const guessMs = windowMs / limit
  const { nameOf, renew } = createGenerations()
  const cellsOf = (subject: string): number[] => cellsFor(key, nameOf(subject))

  const countedMs = (cell: number, now: number): number => Math.max((cells[cell] ?? 0) - now, 0)

  const run: GuessLimiter['run'] = async <T extends Decision>(
    subject: string,
    decide: () => Promise<T>,
    refuse: () => Promise<T>,
  ): Promise<T> => {
    const ownCells = cellsOf(subject)
    const now = clock.now()
    const lowest = Math.min(...ownCells.map((cell) => countedMs(cell, now)))
    if (lowest + guessMs > windowMs + ROUNDING_MS) return refuse()
    for (const cell of ownCells) {
      cells[cell] = now + countedMs(cell, now) + guessMs
      undecided[cell] = (undecided[cell] ?? 0) + 1
    }
    let decision: T | undefined
    try {
      decision = await decide()
      return decision
    } finally {
      for (const cell of ownCells) undecided[cell] = (undecided[cell] ?? 0) - 1
      const isWrong = decision?.credential === 'UNVERIFIED'
      // Do not refund a count that has already expired.
      if (!isWrong && clock.now() < now + guessMs) {
        for (const cell of ownCells) cells[cell] = (cells[cell] ?? 0) - guessMs
      }
    }
  }

  /**
   * Unlike a guess here it arrives late and is never refused, so it expires one window after it was made
   * at the latest: guesses that many servers let through before they knew of each other lock a login for
   * one window, and not for one window each. Guesses that are still undecided come on top, so that their
   * refund does not remove this one too.
   */
  const countRemote: GuessLimiter['countRemote'] = (subject, ageMs) => {
    const madeAt = clock.now() - ageMs
    for (const cell of cellsOf(subject)) {
      const until = cells[cell] ?? 0
      const counted = Math.max(until, madeAt) + guessMs
      const most = madeAt + windowMs + (undecided[cell] ?? 0) * guessMs
      cells[cell] = Math.max(until, Math.min(counted, most))
    }
  }
  return { run, countRemote, renew }
}
