/** Owns the reading of the other replicas' wrong guesses: each once, however late it was committed. */
import type { Seen } from './database.ts'

/** A wrong guess made at another replica. */
export interface Guess {
  readonly account: string
  /** Milliseconds since it was made; replicas' clocks may differ, so it is never negative. */
  readonly ageMs: number
}

/** The most rows that one poll reads. */
export const PAGE = 1_000

/** How many polls long rows are looked for behind the newest one. */
const OVERLAP = 5

/**
 * Ids are given out when a row is inserted and seen when it is committed, so that a row may appear
 * behind one already read. Each poll therefore begins where the fifth one before it ended, and
 * leaves out what it has seen. After a full page it begins at its end: under a flood, keeping up
 * matters more than a row that comes late.
 */
export class Cursor {
  #marks: number[]
  readonly #seen = new Set<number>()

  constructor(id: number) {
    this.#marks = [id]
  }

  /** The id after which to read. */
  get from(): number {
    return this.#marks[0] ?? 0
  }

  /** The newest id that was taken. */
  get last(): number {
    return this.#marks.at(-1) ?? 0
  }

  /** @returns those rows of a page that are new */
  take(page: readonly Seen[]): Seen[] {
    const fresh = page.filter(({ id }) => !this.#seen.has(id))
    const last = Math.max(this.last, page.at(-1)?.id ?? 0)
    for (const { id } of fresh) this.#seen.add(id)
    if (page.length >= PAGE) this.#marks = []
    this.#marks.push(last)
    if (this.#marks.length > OVERLAP) this.#marks.shift()
    for (const id of this.#seen) if (id <= this.from) this.#seen.delete(id)
    return fresh
  }
}

export interface GuessRules {
  /** Reasons of an UNVERIFIED that is no guess, since no password was looked at. */
  readonly uncounted: readonly string[]
  /** Milliseconds after which a wrong guess does not count any more. */
  readonly windowMs: number
}

/** @param now milliseconds since the epoch */
export const othersGuesses = (
  rows: readonly Seen[],
  { uncounted, windowMs }: GuessRules,
  replica: string,
  now: number,
): Guess[] =>
  rows
    .filter((row) => row.replica !== replica && row.outcome === 'UNVERIFIED')
    .filter(({ reason }) => !uncounted.includes(reason))
    .map(({ account, decidedAt }) => ({
      account,
      ageMs: Math.max(0, now - Date.parse(decidedAt)),
    }))
    .filter(({ ageMs }) => ageMs < windowMs)
