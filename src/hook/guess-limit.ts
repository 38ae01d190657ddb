/** Owns the limit on guessing: how many wrong passwords one login may have before answers cost nothing. */
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
   * Runs a decision about a subject, such as a login; or `refuse`, which counts nothing, where too many
   * about it were wrong lately.
   */
  run<T extends Decision>(
    subject: string,
    decide: () => Promise<T>,
    refuse: () => Promise<T>,
  ): Promise<T>
  /** Counts a wrong guess that was decided elsewhere, `ageMs` milliseconds ago. */
  countElsewhere(subject: string, ageMs: number): void
}

/** What was typed, the same at every server. @param account the login as it may be written down */
export const loginSubject = (account: string): string => `login ${account}`

/**
 * Who was found, the same at every server: a lookup may find one person under many spellings.
 * @param person the key of the account as it may be written down
 */
export const personSubject = (person: string): string => `person ${person}`

/**
 * A count-min sketch (Cormode and Muthukrishnan, 2005): a subject's count is the least of its cells, one
 * in each row. 5 MiB whatever comes, and nothing is ever evicted, so no flood of other logins can make
 * it forget the one under attack. It errs only towards refusing: a login that shares all its cells
 * counts theirs too. With as many wrong guesses in a window as a row has cells, that is one login in
 * 10^27 at a limit of 10; with five times as many, one in a million. Each of them costs a hash.
 */
const ROWS = 4
const CELLS_PER_ROW = 2 ** 17

/** Below the difference that a rounding error makes. */
const ROUNDING_MS = 0.001

/** Keyed, so that nobody can choose a login that shares the cells of another. */
const cellsFor = (key: string, subject: string): number[] => {
  const digest = hash('sha256', key + subject, 'buffer')
  const cellIn = (row: number): number => digest.readUInt32LE(row * 4) % CELLS_PER_ROW
  return Array.from({ length: ROWS }, (_, row) => row * CELLS_PER_ROW + cellIn(row))
}

/**
 * Every guess is counted before it is decided, so that guesses sent together cannot all pass, and
 * forgiven if it was right or could not be decided. A right password forgives no others: after it Okta
 * does not ask about this user again, and forgiving would take counts out of cells that others share.
 *
 * A cell holds the moment at which all that it counted is forgotten (a leaky bucket, in the form of
 * ITU-T I.371's virtual scheduling), so that there is nothing to sweep.
 */
export const createGuessLimiter = (
  { limit, windowMs }: GuessLimitOptions,
  clock: Clock,
): GuessLimiter => {
  const key = randomBytes(32).toString('base64')
  // Older than any guess of which others may tell.
  const cells = new Float64Array(ROWS * CELLS_PER_ROW).fill(-Infinity)
  /** Guesses in each cell that are not decided yet, and may be forgiven. */
  const undecided = new Uint16Array(cells.length)
  const guessMs = windowMs / limit

  const countedMs = (cell: number, now: number): number => Math.max((cells[cell] ?? 0) - now, 0)

  const run: GuessLimiter['run'] = async <T extends Decision>(
    subject: string,
    decide: () => Promise<T>,
    refuse: () => Promise<T>,
  ): Promise<T> => {
    const own = cellsFor(key, subject)
    const now = clock.now()
    const least = Math.min(...own.map((cell) => countedMs(cell, now)))
    if (least + guessMs > windowMs + ROUNDING_MS) return refuse()
    for (const cell of own) {
      cells[cell] = now + countedMs(cell, now) + guessMs
      undecided[cell] = (undecided[cell] ?? 0) + 1
    }
    let decision: T | undefined
    try {
      decision = await decide()
      return decision
    } finally {
      for (const cell of own) undecided[cell] = (undecided[cell] ?? 0) - 1
      const isWrong = decision?.credential === 'UNVERIFIED'
      // What is forgotten by itself must not be taken from what came later.
      if (!isWrong && clock.now() < now + guessMs) {
        for (const cell of own) cells[cell] = (cells[cell] ?? 0) - guessMs
      }
    }
  }

  /**
   * Comes late and is never refused, unlike a guess here, so it is forgotten one window after it was
   * made at the latest: guesses let through by many servers before they knew of each other lock a
   * login for one window, and not for one each. What is still to be decided stands apart from that, so
   * that its forgiving does not take this guess along.
   */
  const countElsewhere: GuessLimiter['countElsewhere'] = (subject, ageMs) => {
    const madeAt = clock.now() - ageMs
    for (const cell of cellsFor(key, subject)) {
      const until = cells[cell] ?? 0
      const counted = Math.max(until, madeAt) + guessMs
      const most = madeAt + windowMs + (undecided[cell] ?? 0) * guessMs
      cells[cell] = Math.max(until, Math.min(counted, most))
    }
  }
  return { run, countElsewhere }
}
