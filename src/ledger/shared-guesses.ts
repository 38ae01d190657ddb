/** Wrong guesses made at other replicas, and unlocks, read from the ledger's rows: each once, however late it was committed. */
import type { RemoteDecision } from './database/database.ts'
import { UNLOCKED } from './database/tables.ts'
import type { LedgerEntry } from './entry.ts'

/** A wrong guess made at another replica. */
export interface Guess {
  readonly account: string
  /** Undefined where a version without persons wrote it. */
  readonly person: string | undefined
  readonly reason: string
  /** Milliseconds since it was made; replicas' clocks may differ, so it is never negative. */
  readonly ageMs: number
}

/** The guesses at a login and of a person start anew; those that come before it in a list are the old ones. */
export interface Unlock {
  readonly account: string
  readonly person: string | undefined
  /** A name that no other unlock has. */
  readonly generation: string
}

/** The most rows that one poll reads. */
export const PAGE = 1_000

/** For how many polls rows may still appear before the newest one. */
const OVERLAP = 5

/** A place in the table of decisions. */
export interface Cursor {
  /** The id after which to read. */
  readonly from: number
  /** The newest id that was read. */
  readonly last: number
  /** @returns those rows of a page that are new */
  accept<T extends { readonly id: number }>(page: readonly T[]): T[]
}

/**
 * Ids are given out when a row is inserted and become visible when it is committed, so a row may appear
 * before one that was already read. Each poll therefore starts where the fifth one before it ended, and
 * skips what it has seen. After a full page it starts at the end of that: under a flood, keeping up
 * matters more than a late row.
 */
export const createCursor = (id: number): Cursor => {
  let pollEnds = [id]
  const seen = new Set<number>()
  return {
    get from() {
      return pollEnds[0] ?? 0
    },
    get last() {
      return pollEnds.at(-1) ?? 0
    },
    accept(page) {
      const unseen = page.filter(({ id }) => !seen.has(id))
      const end = Math.max(this.last, page.at(-1)?.id ?? 0)
      for (const { id } of unseen) seen.add(id)
      if (page.length >= PAGE) pollEnds = []
      pollEnds.push(end)
      if (pollEnds.length > OVERLAP) pollEnds.shift()
      for (const id of seen) if (id <= this.from) seen.delete(id)
      return unseen
    },
  }
}

export interface GuessRules {
  /** Reasons of an UNVERIFIED that is no guess, since no password was checked. */
  readonly uncounted: readonly string[]
  /** Milliseconds after which a wrong guess does not count any more. */
  readonly windowMs: number
}

/** Okta repeats a call within seconds: at 100 sign-ins a second, this is over a minute. */
const MAX_EVENTS = 10_000

export interface GuessFilter {
  /** Remembers what was decided here, and is counted already. */
  noteOwn(entries: readonly LedgerEntry[]): void
  /**
   * @param now milliseconds since the epoch
   * @returns the guesses among these rows that are to be counted here, and the unlocks, in their order
   */
  fromOthers(rows: readonly RemoteDecision[], now: number): (Guess | Unlock)[]
}

const isGuess = (
  { outcome, reason }: Pick<RemoteDecision, 'outcome' | 'reason'>,
  { uncounted }: GuessRules,
): boolean => outcome === 'UNVERIFIED' && !uncounted.includes(reason)

/**
 * Counts an event once, though each replica that Okta called decided it. The newest are remembered. One that is
 * forgotten, or is decided here after another replica has reported it, counts twice, which errs towards refusing.
 */
export const createGuessFilter = (rules: GuessRules, replica: string): GuessFilter => {
  const events = new Set<string>()
  const isNew = (event: string): boolean => {
    if (events.has(event)) return false
    events.add(event)
    const [oldest] = events
    if (events.size > MAX_EVENTS && oldest !== undefined) events.delete(oldest)
    return true
  }
  return {
    noteOwn(entries) {
      for (const entry of entries) {
        if (entry.oktaEventId !== null && isGuess(entry, rules)) isNew(entry.oktaEventId)
      }
    },
    fromOthers: (rows, now) =>
      rows.flatMap((row): (Guess | Unlock)[] => {
        const { account, event, outcome, reason } = row
        const person = row.person ?? undefined
        // Whenever it was made: the clock of the machine that wrote it may be wrong, and to read it twice does no harm.
        if (outcome === UNLOCKED) return [{ account, person, generation: event }]
        if (row.replica === replica || !isGuess(row, rules)) return []
        const ageMs = Math.max(0, now - Date.parse(row.decidedAt))
        return ageMs < rules.windowMs && isNew(event) ? [{ account, person, reason, ageMs }] : []
      }),
  }
}
