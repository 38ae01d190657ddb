/** What the ledger says of one person: the last decisions, and how many wrong passwords are left. */
import { COUNTED_FOR_PERSON, TOO_MANY_GUESSES } from '../../hook/decision.ts'
import { countGuesses, type GuessCount, type GuessLimitOptions } from '../../hook/guess-limit.ts'
import {
  newestFirst,
  type LedgerHistory,
  type PastDecision,
  type Subject,
} from '../../ledger/database/history.ts'
import { UNLOCKED } from '../../ledger/database/tables.ts'
import { loginKey } from '../../legacy/store.ts'
import { readLogin } from '../../login.ts'
import type { LedgerAccess } from '../ledger-settings.ts'

/** The decisions that are shown. */
const SHOWN = 10

/**
 * Enough to find out whose a login is. A refusal without a look names no account, and an attack makes thousands of
 * them, but the first wrong passwords of a login were looked up.
 */
const LINKING = 200

export interface LedgerFacts {
  /** Newest first. */
  readonly decisions: readonly PastDecision[]
  /** For what was typed and for the person: whichever has less left. */
  readonly guesses: GuessCount
  /** Whether only another spelling of the login has none left. */
  readonly isOtherLocked: boolean
  /** Whether any wrong password counts, under any spelling. */
  readonly isCounted: boolean
  /** The names under which the person's guesses count. */
  readonly person: string
  readonly accounts: readonly string[]
  /** Whether what was typed is an id of the legacy store, as far as the ledger tells. */
  readonly byId: boolean
}

/** What the other sources know of the person. */
export interface Known {
  readonly typed: string
  readonly oktaLogin: string | undefined
  /** Of the legacy account, where there is exactly one. */
  readonly key: string | undefined
}

const account = (name: string): Subject => ({ column: 'account', name })
const person = (name: string): Subject => ({ column: 'person', name })

const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)]

/** Counts as a replica does that starts now: those after the newest unlock, and each call of Okta once. */
const count = (
  rows: readonly PastDecision[],
  isWrong: (row: PastDecision) => boolean,
  now: number,
  options: GuessLimitOptions,
): GuessCount => {
  const unlocks = rows.filter(({ outcome }) => outcome === UNLOCKED)
  const unlockedAt = Math.max(0, ...unlocks.map(({ id }) => id))
  const madeAt = new Map<string, number>()
  for (const row of rows) {
    if (row.id > unlockedAt && isWrong(row)) {
      madeAt.set(row.event, Math.min(now, Date.parse(row.decidedAt)))
    }
  }
  return countGuesses([...madeAt.values()], now, options)
}

/** As the limit for logins counts. */
const isCounted = ({ reason }: PastDecision): boolean => reason !== TOO_MANY_GUESSES.reason

const fewest = (counts: readonly GuessCount[]): GuessCount =>
  counts.reduce((a, b) => {
    if (a.left !== b.left) return a.left < b.left ? a : b
    return (a.lockedUntil ?? 0) >= (b.lockedUntil ?? 0) ? a : b
  })

const createReader = (
  history: LedgerHistory,
  { namers: { nameLogin, namePerson } }: LedgerAccess,
  { typed, oktaLogin, key }: Known,
) => {
  const logins = distinct(
    [typed, oktaLogin].flatMap((login) =>
      login === undefined ? [] : [readLogin(login).normalised],
    ),
  )
  const accounts = logins.map(nameLogin)
  const nobody = logins.map((login) => namePerson(loginKey(login)))
  const newest = async (subjects: readonly Subject[], limit: number): Promise<PastDecision[]> => {
    const rows: PastDecision[] = []
    for (const subject of subjects) rows.push(...(await history.newest({ limit }, subject)))
    return rows
  }
  return {
    accounts,
    newest,
    /** The legacy store knows whose the login is. Without it, a decision that found an account does. */
    findPerson: async (): Promise<{ readonly name: string; readonly byId: boolean }> => {
      if (key !== undefined) return { name: namePerson(key), byId: false }
      const rows = await newest(accounts.map(account), LINKING)
      for (const each of accounts) rows.push(...(await history.oldest(account(each), LINKING)))
      const linked = rows.find((row) => row.person !== null && !nobody.includes(row.person))
      if (linked?.person != null) return { name: linked.person, byId: false }
      const byId = namePerson(`id ${typed.trim()}`)
      if (rows.length === 0 && (await newest([person(byId)], 1)).length > 0) {
        return { name: byId, byId: true }
      }
      return { name: nobody[0] ?? '', byId: false }
    },
  }
}

/** @returns undefined where the ledger has nobody by these names */
export const readLedger = async (
  history: LedgerHistory,
  access: LedgerAccess,
  known: Known,
  now: number,
  options: GuessLimitOptions,
): Promise<LedgerFacts | undefined> => {
  const { accounts, newest, findPerson } = createReader(history, access, known)
  const { name, byId } = await findPerson()
  const rows = await newest([...accounts.map(account), person(name)], SHOWN)
  if (rows.length === 0) return undefined
  const since = new Date(now - options.windowMs).toISOString()
  const ofPerson = await history.guesses(person(name), since)
  // Those of an unlock are spellings too.
  const spellings = distinct([...(byId ? [] : accounts), ...ofPerson.map((row) => row.account)])
  const counts = new Map<string, GuessCount>()
  for (const spelling of spellings) {
    const ofLogin = await history.guesses(account(spelling), since)
    const both = [...ofLogin, ...ofPerson.filter((row) => row.account === spelling)]
    counts.set(spelling, count(both, isCounted, now, options))
  }
  const all = count(ofPerson, ({ reason }) => COUNTED_FOR_PERSON.includes(reason), now, options)
  const own = fewest([all, ...accounts.flatMap((each) => counts.get(each) ?? [])])
  const { left } = fewest([own, ...counts.values()])
  // An unlock has a row for each spelling.
  const keyOf = (row: PastDecision): unknown => (row.outcome === UNLOCKED ? row.event : row.id)
  const decisions = [...new Map(rows.map((row) => [keyOf(row), row])).values()]
    .sort(newestFirst)
    .slice(0, SHOWN)
  return {
    decisions,
    guesses: own,
    isOtherLocked: own.left > 0 && left === 0,
    isCounted: left < options.limit,
    person: name,
    accounts: spellings,
    byId,
  }
}
