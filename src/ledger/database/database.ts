/** The ledger's statements, the same for SQLite, PostgreSQL and MySQL. */
import { Kysely, sql, type ExpressionBuilder, type InferResult } from 'kysely'
import type { LedgerEntry } from '../entry.ts'
import { isMigrated, migrate } from './migrations.ts'
import type { LedgerKind } from './schema.ts'
import { openConnection, type DatabaseConnection } from './connection.ts'
import type { LedgerTarget } from '../target.ts'
import { eventIn, UNLOCKED, type LedgerTables } from './tables.ts'
import { toAccountState, type AccountState } from './account-state.ts'

/** A decision as other replicas see it. */
export interface RemoteDecision {
  readonly id: number
  readonly decidedAt: string
  /** Of Okta's call; the decision's own where there is none. */
  readonly event: string
  readonly account: string
  readonly person: string | null
  readonly outcome: string
  readonly reason: string
  readonly replica: string
}

export interface LedgerDatabase extends Pick<DatabaseConnection, 'cut' | 'isThere'> {
  /** @throws AppError `ledger_newer`; or the driver's error, as every other function here */
  isMigrated(): Promise<boolean>
  /**
   * Takes a while where the ledger is large.
   * @throws AppError `ledger_newer`
   */
  migrate(): Promise<void>
  /** Writes the entries in one transaction. Decisions that are there already stay as they are. */
  write(entries: readonly LedgerEntry[]): Promise<void>
  /**
   * The other replicas' UNVERIFIED with a greater id, in the order of their ids, and all unlocks; and the
   * newest decision of any kind, which shows how far was read.
   */
  guessesAfter(id: number, limit: number, replica: string): Promise<RemoteDecision[]>
  /** The id of the decision before the first one since `at` (ISO 8601). */
  idBefore(at: string): Promise<number>
  /** @returns undefined for an account that was never seen */
  account(account: string): Promise<AccountState | undefined>
  /** A page of accounts in their order; pass the last one of a page to get the next. */
  accounts(after: string, limit: number): Promise<AccountState[]>
  /**
   * Records that Okta has the password.
   * @param at when Okta was asked, by this machine's clock (ISO 8601)
   */
  confirm(account: string, at: string): Promise<void>
  close(): Promise<void>
}

type Db = Kysely<LedgerTables>

const toRow = (entry: LedgerEntry) => ({
  event_id: entry.eventId,
  okta_event_id: entry.oktaEventId,
  person: entry.person,
  caller_gone: entry.callerGone === null ? null : Number(entry.callerGone),
  decided_at: entry.decidedAt,
  account: entry.account,
  outcome: entry.outcome,
  reason: entry.reason,
  hash_family: entry.hashFamily,
  hash_cost: entry.hashCost,
  wait_ms: entry.waitMs,
  run_ms: entry.runMs,
  replica: entry.replica,
})

/** MySQL's INSERT IGNORE would also swallow values that do not fit; an idle update swallows nothing. */
const write = (db: Db, kind: LedgerKind, entries: readonly LedgerEntry[]): Promise<void> =>
  db.transaction().execute(async (trx) => {
    // Sorted, so that two replicas lock the same accounts in one order.
    const names = [...new Set(entries.map(({ account }) => account))].sort()
    const accounts = trx.insertInto('ledger_accounts').values(names.map((account) => ({ account })))
    const decisions = trx.insertInto('ledger_decisions').values(entries.map(toRow))
    if (kind === 'mysql') {
      await accounts.onDuplicateKeyUpdate({ account: sql.ref('account') }).execute()
      await decisions.onDuplicateKeyUpdate({ event_id: sql.ref('event_id') }).execute()
    } else {
      await accounts.onConflict((on) => on.column('account').doNothing()).execute()
      await decisions.onConflict((on) => on.column('event_id').doNothing()).execute()
    }
  })

const guessesAfter = async (
  db: Db,
  id: number,
  limit: number,
  replica: string,
): Promise<RemoteDecision[]> => {
  const newest = db.selectFrom('ledger_decisions').select((eb) => eb.fn.max('id').as('id'))
  const rows = await db
    .selectFrom('ledger_decisions')
    .select(['id', 'decided_at as decidedAt', 'account', 'person', 'outcome', 'reason', 'replica'])
    .select(eventIn.as('event'))
    .where('id', '>', id)
    .where((eb) =>
      eb.or([
        eb('id', '=', newest),
        eb.and([eb('outcome', '=', 'UNVERIFIED'), eb('replica', '!=', replica)]),
        eb('outcome', '=', UNLOCKED),
      ]),
    )
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map((row) => ({ ...row, id: Number(row.id) }))
}

const idBefore = async (db: Db, at: string): Promise<number> => {
  const decisions = db.selectFrom('ledger_decisions')
  const since = await decisions
    .select((eb) => eb.fn.min('id').as('id'))
    .where('decided_at', '>=', at)
    .executeTakeFirst()
  if (since?.id) return Number(since.id) - 1
  const last = await decisions.select((eb) => eb.fn.max('id').as('id')).executeTakeFirst()
  return Number(last?.id ?? 0)
}

/** 0 where Okta got the answer; rows that do not say whether it did are taken to say yes. */
const goneIn = sql<number>`coalesce(caller_gone, 0)`

/** The VERIFIED that Okta got. */
const verifiedOf = (eb: ExpressionBuilder<LedgerTables, 'ledger_accounts'>) =>
  eb
    .selectFrom('ledger_decisions')
    .whereRef('ledger_decisions.account', '=', 'ledger_accounts.account')
    .where('outcome', '=', 'VERIFIED')
    .where(goneIn, '=', 0)

const selectAccounts = (db: Db) =>
  db.selectFrom('ledger_accounts').select((eb) => [
    'account',
    'confirmed_at',
    verifiedOf(eb)
      .select((of) => of.fn.count(eventIn).distinct().as('n'))
      .as('verifications'),
    verifiedOf(eb)
      .select((of) => of.fn.max('decided_at').as('at'))
      .as('last_verified_at'),
  ])

type AccountRow = InferResult<ReturnType<typeof selectAccounts>>[number]

const fromRow = (row: AccountRow): AccountState =>
  toAccountState({
    account: row.account,
    verifications: Number(row.verifications),
    lastVerifiedAt: row.last_verified_at ?? undefined,
    confirmedAt: row.confirmed_at ?? undefined,
  })

/** Of a login that was forgotten, and has come back in that moment, the decisions alone are there. */
const accountState = async (db: Db, account: string): Promise<AccountState | undefined> => {
  const row = await selectAccounts(db).where('account', '=', account).executeTakeFirst()
  if (row) return fromRow(row)
  const verified = await db
    .selectFrom('ledger_decisions')
    .where('account', '=', account)
    .where('outcome', '=', 'VERIFIED')
    .where(goneIn, '=', 0)
    .select((eb) => eb.fn.count(eventIn).distinct().as('verifications'))
    .select((eb) => eb.fn.max('decided_at').as('last_verified_at'))
    .executeTakeFirst()
  if (!verified?.last_verified_at) return undefined
  return fromRow({ ...verified, account, confirmed_at: null })
}

const confirm = async (db: Db, kind: LedgerKind, account: string, at: string): Promise<void> => {
  const insert = db.insertInto('ledger_accounts').values({ account, confirmed_at: at })
  const update = { confirmed_at: at }
  await (
    kind === 'mysql'
      ? insert.onDuplicateKeyUpdate(update)
      : insert.onConflict((on) => on.column('account').doUpdateSet(update))
  ).execute()
}

/**
 * Opens the ledger's database for reading and writing; `migrate` must come first.
 * @param isReopened as in `openConnection`, which may throw
 */
export const openLedgerDatabase = (target: LedgerTarget, isReopened = false): LedgerDatabase => {
  const { kind, dialect, cut, isThere } = openConnection(target, isReopened)
  const db: Db = new Kysely<LedgerTables>({ dialect })
  return {
    isMigrated: () => isMigrated(db as unknown as Kysely<unknown>, kind),
    migrate: () => migrate(db as unknown as Kysely<unknown>, kind),
    write: (entries) => write(db, kind, entries),
    guessesAfter: (id, limit, replica) => guessesAfter(db, id, limit, replica),
    idBefore: (at) => idBefore(db, at),
    account: (account) => accountState(db, account),
    accounts: async (from, limit) => {
      const page = selectAccounts(db).where('account', '>', from).orderBy('account').limit(limit)
      return (await page.execute()).map(fromRow)
    },
    confirm: (account, at) => confirm(db, kind, account, at),
    close: () => db.destroy(),
    cut,
    isThere,
  }
}
