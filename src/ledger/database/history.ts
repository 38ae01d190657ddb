/** Reads the ledger for people: the decisions about one person, those since a time, those that count as guesses, and all. */
import { Kysely, type InferResult } from 'kysely'
import { isMigrated } from './migrations.ts'
import { openExisting, type DatabaseConnection } from './connection.ts'
import type { LedgerTarget } from '../target.ts'
import { eventIn, OUTCOMES, UNLOCKED, type LedgerTables } from './tables.ts'
import { createUnlock, type UnlockRequest } from './unlocks.ts'
import { sizeOf, type LedgerSize } from './upkeep.ts'

/** A login or a person, by the name in the ledger. */
export interface Subject {
  readonly column: 'account' | 'person'
  readonly name: string
}

/** A row of the ledger. */
export interface PastDecision {
  readonly id: number
  /** Of Okta's call or of the unlock; the decision's own where there is none. */
  readonly event: string
  readonly decidedAt: string
  readonly account: string
  readonly person: string | null
  readonly callerGone: boolean
  readonly outcome: string
  readonly reason: string
  readonly hashFamily: string | null
  readonly hashCost: number | null
  readonly replica: string
  readonly actor: string | null
  readonly note: string | null
}

export interface HistoryQuery {
  /** ISO 8601, UTC. */
  readonly since?: string
  readonly reason?: string | undefined
  readonly limit: number
}

export interface LedgerHistory extends Pick<DatabaseConnection, 'cut'> {
  /** Whether all columns that are read here are there. */
  isCurrent(): Promise<boolean>
  /** The newest decisions, newest first, of one subject or of all. */
  newest(query: HistoryQuery, subject?: Subject): Promise<PastDecision[]>
  /** The newest UNVERIFIED about a subject since a time, and its newest unlock, in the order of their ids. */
  guesses(subject: Subject, since: string): Promise<PastDecision[]>
  /** The first UNVERIFIED about a subject. */
  oldest(subject: Subject, limit: number): Promise<PastDecision[]>
  /** The decisions with a greater id, in the order of their ids. */
  after(id: number, limit: number): Promise<PastDecision[]>
  size(): Promise<LedgerSize | undefined>
  /** The greatest id; 0 in an empty ledger. */
  lastId(): Promise<number>
  /** @returns the number of the unlock among those of the person's day, or undefined where there were enough of them */
  unlock(request: UnlockRequest): Promise<number | undefined>
  close(): Promise<void>
}

type Db = Kysely<LedgerTables>

const select = (db: Db) =>
  db
    .selectFrom('ledger_decisions')
    .select(['id', 'decided_at', 'account', 'person', 'caller_gone', 'outcome', 'reason'])
    .select(['hash_family', 'hash_cost', 'replica', 'actor', 'note'])
    .select(eventIn.as('event'))

type Row = InferResult<ReturnType<typeof select>>[number]

const fromRow = (row: Row): PastDecision => ({
  id: Number(row.id),
  event: row.event,
  decidedAt: row.decided_at,
  account: row.account,
  person: row.person,
  callerGone: row.caller_gone === 1,
  outcome: row.outcome,
  reason: row.reason,
  hashFamily: row.hash_family,
  hashCost: row.hash_cost,
  replica: row.replica,
  actor: row.actor,
  note: row.note,
})

export const newestFirst = (a: PastDecision, b: PastDecision): number =>
  a.decidedAt === b.decidedAt ? b.id - a.id : a.decidedAt < b.decidedAt ? 1 : -1

const newest = (db: Db, { since = '', reason, limit }: HistoryQuery) => {
  const all = select(db)
    .where('decided_at', '>=', since)
    .orderBy('decided_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
  return reason === undefined ? all : all.where('reason', '=', reason)
}

const ofOutcome = (db: Db, query: HistoryQuery, { column, name }: Subject, outcome: string) =>
  newest(db, query).where(column, '=', name).where('outcome', '=', outcome)

/**
 * One statement for each outcome: the indexes begin with a name and an outcome, so that each reads the rows that it
 * returns and no others, however many there are of a person who is under attack.
 */
const newestOf = async (db: Db, query: HistoryQuery, subject: Subject): Promise<PastDecision[]> => {
  const found: PastDecision[] = []
  for (const outcome of OUTCOMES) {
    found.push(...(await ofOutcome(db, query, subject, outcome).execute()).map(fromRow))
  }
  return found.sort(newestFirst).slice(0, query.limit)
}

/**
 * More than count in one window; a login under attack has as many refusals in a minute. The wrong passwords that came
 * before those are found by the person, of whom a refusal without a look knows nothing.
 */
const MAX_GUESSES = 2_000

const guesses = async (db: Db, subject: Subject, since: string): Promise<PastDecision[]> => {
  const wrong = ofOutcome(db, { since, limit: MAX_GUESSES }, subject, 'UNVERIFIED')
  const unlock = ofOutcome(db, { limit: 1 }, subject, UNLOCKED)
  const rows = [...(await wrong.execute()), ...(await unlock.execute())]
  return rows.map(fromRow).sort((a, b) => a.id - b.id)
}

const oldest = (db: Db, { column, name }: Subject, limit: number) =>
  select(db)
    .where(column, '=', name)
    .where('outcome', '=', 'UNVERIFIED')
    .orderBy('decided_at')
    .limit(limit)

/** By the key alone: no long transaction and no sort keeps the servers' statements waiting. */
const DECISIONS_PAGE = 5_000

/** All decisions, oldest first, for a command that counts them. */
export async function* allDecisions(
  history: Pick<LedgerHistory, 'after'>,
): AsyncGenerator<PastDecision, void> {
  let after = 0
  for (;;) {
    const rows = await history.after(after, DECISIONS_PAGE)
    yield* rows
    after = rows.at(-1)?.id ?? after
    if (rows.length < DECISIONS_PAGE) return
  }
}

/** @throws AppError `ledger_unusable`, also where there is no such file; later, the driver's errors */
export const openHistory = (target: LedgerTarget, readonly: boolean): LedgerHistory => {
  const { kind, dialect, cut } = openExisting(target, readonly)
  const db: Db = new Kysely<LedgerTables>({ dialect })
  const read = async (rows: Promise<Row[]>): Promise<PastDecision[]> => (await rows).map(fromRow)
  return {
    isCurrent: () => isMigrated(db as unknown as Kysely<unknown>, kind),
    newest: (query, subject) =>
      subject ? newestOf(db, query, subject) : read(newest(db, query).execute()),
    guesses: (subject, since) => guesses(db, subject, since),
    oldest: (subject, limit) => read(oldest(db, subject, limit).execute()),
    after: (id, limit) =>
      read(select(db).where('id', '>', id).orderBy('id').limit(limit).execute()),
    lastId: async () => {
      const last = db.selectFrom('ledger_decisions').select((eb) => eb.fn.max('id').as('id'))
      return Number((await last.executeTakeFirst())?.id ?? 0)
    },
    size: () => sizeOf(db, kind),
    unlock: createUnlock(db, kind),
    close: () => db.destroy(),
    cut,
  }
}
