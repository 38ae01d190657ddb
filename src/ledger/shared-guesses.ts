/** Owns the reading of the other replicas' wrong guesses: each once, however late it was committed. */
import type { Seen } from './database/database.ts'
import type { LedgerEntry } from './entry.ts'

/** A wrong guess made at another replica. */
export interface Guess {
  readonly account: string
  /** Undefined where a program wrote it that knew no persons. */
  readonly person: string | undefined
  readonly reason: string
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

/** Okta repeats a call within seconds: at 100 sign-ins a second, this is over a minute. */
const MAX_EVENTS = 10_000

/**
 * Counts an event once, though each replica that Okta asked decided it. The newest are remembered. One that is
 * forgotten, or is decided here after others told of it, counts twice, which errs towards refusing.
 */
export class Guesses {
  readonly #rules: GuessRules
  readonly #replica: string
  readonly #events = new Set<string>()

  constructor(rules: GuessRules, replica: string) {
    this.#rules = rules
    this.#replica = replica
  }

  /** Takes note of what was decided here, and is counted already. */
  decided(entries: readonly LedgerEntry[]): void {
    for (const entry of entries) {
      if (entry.oktaEventId !== null && this.#isGuess(entry)) this.#isNew(entry.oktaEventId)
    }
  }

  /**
   * @param now milliseconds since the epoch
   * @returns what of these rows is to be counted here
   */
  ofOthers(rows: readonly Seen[], now: number): Guess[] {
    return rows
      .filter((row) => row.replica !== this.#replica && this.#isGuess(row))
      .map((row) => ({ ...row, ageMs: Math.max(0, now - Date.parse(row.decidedAt)) }))
      .filter(({ ageMs, event }) => ageMs < this.#rules.windowMs && this.#isNew(event))
      .map(({ account, person, reason, ageMs }) => ({
        account,
        person: person ?? undefined,
        reason,
        ageMs,
      }))
  }

  #isGuess({ outcome, reason }: Pick<Seen, 'outcome' | 'reason'>): boolean {
    return outcome === 'UNVERIFIED' && !this.#rules.uncounted.includes(reason)
  }

  #isNew(event: string): boolean {
    if (this.#events.has(event)) return false
    this.#events.add(event)
    const [oldest] = this.#events
    if (this.#events.size > MAX_EVENTS && oldest !== undefined) this.#events.delete(oldest)
    return true
  }
}
