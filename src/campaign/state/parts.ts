/** Adds the parts of which people are put together: decisions, accounts, users, and those who were imported with a hash. */
import type Database from 'better-sqlite3'

/** What the ledger says of one name, or of all names of a person. */
export interface Decided {
  readonly verified: number
  /** Milliseconds since 1970. */
  readonly first: number | null
  readonly last: number | null
  readonly unverified: number
}

export interface LegacyPart extends Decided {
  readonly login: string
  readonly typed: string
  readonly id: string | null
  readonly enabled: boolean
  readonly blocked: string | null
  readonly lastSeen: number | null
  readonly changed: number | null
  /** JSON. */
  readonly profile: string | null
  readonly wave: string | null
}

export interface OktaPart {
  readonly login: string
  readonly id: string
  readonly typed: string
  readonly status: string | null
  readonly provider: string | null
  readonly created: number | null
  readonly changed: number | null
  readonly seen: number | null
  /** JSON. */
  readonly attributes: string | null
}

export interface NamedDecision {
  readonly name: string
  readonly event: string
  readonly at: number
  readonly isVerified: boolean
  /** Whether Okta had hung up before the answer. */
  readonly isLost: boolean
}

/** A call that Okta repeated at another replica is one event, and counts once. */
const DECIDE = `
  INSERT INTO temp.decided VALUES (@name, @verified, @answeredAt, @answeredAt, @unverified, @event)
  ON CONFLICT (name) DO UPDATE SET
    verified = verified + iif(event = excluded.event, 0, excluded.verified),
    unverified = unverified + iif(event = excluded.event, 0, excluded.unverified),
    first = coalesce(first, excluded.first), last = coalesce(excluded.last, last), event = excluded.event`

const ADD_ACCOUNT = `
  INSERT INTO temp.legacy (login, typed, id, enabled, blocked, last_seen, changed, profile, wave, verified, first, last, unverified)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

/** Logins are unique in Okta; where two are one to us, the first counts. */
const ADD_USER = 'INSERT INTO temp.okta VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING'

const FIND = 'SELECT verified, first, last, unverified FROM temp.decided WHERE name = ?'

const NOTHING: Decided = { verified: 0, first: null, last: null, unverified: 0 }

const least = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b)

const greatest = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.max(a, b)

const join = (one: Decided, other: Decided): Decided => ({
  verified: one.verified + other.verified,
  first: least(one.first, other.first),
  last: greatest(one.last, other.last),
  unverified: one.unverified + other.unverified,
})

export const createParts = (db: Database.Database) => {
  const decide = db.prepare(DECIDE)
  const find = db.prepare<[string], Decided>(FIND)
  const addAccount = db.prepare(ADD_ACCOUNT)
  const addUser = db.prepare(ADD_USER)
  const addNative = db.prepare('INSERT INTO temp.native VALUES (?) ON CONFLICT DO NOTHING')
  const countVerified = db
    .prepare<[], number>('SELECT count(*) FROM temp.decided WHERE verified > 0')
    .pluck()
  return {
    decide: ({ name, event, at, isVerified, isLost }: NamedDecision): void => {
      const answeredAt = isVerified && !isLost ? at : null
      const counts = { verified: Number(isVerified), unverified: Number(!isVerified) }
      decide.run({ name, event, answeredAt, ...counts })
    },
    /** How many names have a VERIFIED. */
    verifiedNames: (): number => countVerified.get() ?? 0,
    /** What the ledger says of a person with these names. */
    decidedAs: (names: readonly string[]): Decided =>
      names.reduce((all, name) => {
        const found = find.get(name)
        return found ? join(all, found) : all
      }, NOTHING),
    addAccount: (part: LegacyPart): void => {
      const { login, typed, id, enabled, blocked, lastSeen, changed, profile, wave } = part
      const { verified, first, last, unverified } = part
      const own = [login, typed, id, Number(enabled), blocked, lastSeen, changed, profile, wave]
      addAccount.run(...own, verified, first, last, unverified)
    },
    /** @returns false where another user has the login */
    addUser: (part: OktaPart): boolean => {
      const { login, id, typed, status, provider, created, changed, seen, attributes } = part
      const row = [login, id, typed, status, provider, created, changed, seen, attributes]
      return addUser.run(...row).changes === 1
    },
    addNative: (oktaId: string): void => void addNative.run(oktaId),
  }
}

export type Parts = ReturnType<typeof createParts>
