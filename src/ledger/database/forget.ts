/** Deletes old decisions from the ledger, and logins that have none left: in batches that hold up no server. */
import type { Kysely } from 'kysely'
import type { LedgerTables } from './tables.ts'

type Db = Kysely<LedgerTables>

/** In SQLite a batch is the time that a server waits to write: some milliseconds. */
export const DELETE_BATCH = 500

export interface OldDecisions {
  /** ISO 8601, UTC. */
  readonly before: string
  /** Whether those go, too, that say who has moved, and when. */
  readonly withVerified: boolean
}

/** A part of the work, and where the next one begins; undefined after the last. */
export interface ForgetStep {
  readonly deleted: number
  readonly next: string | undefined
}

const select = (db: Db, { before, withVerified }: OldDecisions) => {
  const old = db.selectFrom('ledger_decisions').where('decided_at', '<', before)
  return withVerified ? old : old.where('outcome', '!=', 'VERIFIED')
}

export const countOld = async (db: Db, old: OldDecisions): Promise<number> => {
  const row = await select(db, old)
    .select((eb) => eb.fn.countAll().as('n'))
    .executeTakeFirst()
  return Number(row?.n ?? 0)
}

/** By the key: that locks these rows alone, of which no server knows any more. */
export const deleteDecisions = async (
  db: Db,
  rows: readonly { readonly id: number | string }[],
): Promise<number> => {
  if (rows.length === 0) return 0
  const ids = rows.map(({ id }) => id)
  const { numDeletedRows } = await db
    .deleteFrom('ledger_decisions')
    .where('id', 'in', ids)
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}

/** @param from the `next` of the step before: what was passed and stays is not read again */
export const deleteOld = async (db: Db, old: OldDecisions, from: string): Promise<ForgetStep> => {
  const rows = await select(db, old)
    .select(['id', 'decided_at'])
    .where('decided_at', '>=', from)
    .orderBy('decided_at')
    .limit(DELETE_BATCH)
    .execute()
  const deleted = await deleteDecisions(db, rows)
  return { deleted, next: rows.length < DELETE_BATCH ? undefined : rows.at(-1)?.decided_at }
}

/**
 * Passes over the next logins, and deletes those without a decision. A decision that is written in between has no row
 * here until the next one about that login. Nothing is lost by that: what is known of a login is read from its decisions.
 */
export const deleteUnusedAccounts = async (db: Db, from: string): Promise<ForgetStep> => {
  const rows = await db
    .selectFrom('ledger_accounts')
    .select(['account', 'confirmed_at'])
    .select((eb) =>
      eb
        .exists(
          eb
            .selectFrom('ledger_decisions')
            .select('id')
            .whereRef('ledger_decisions.account', '=', 'ledger_accounts.account'),
        )
        .as('isUsed'),
    )
    .where('account', '>', from)
    .orderBy('account')
    .limit(DELETE_BATCH)
    .execute()
  const unused = rows.filter(({ isUsed, confirmed_at: at }) => !isUsed && at === null)
  const deleted = await deleteAccounts(
    db,
    unused.map(({ account }) => account),
  )
  return { deleted, next: rows.length < DELETE_BATCH ? undefined : rows.at(-1)?.account }
}

export const deleteAccounts = async (db: Db, accounts: readonly string[]): Promise<number> => {
  if (accounts.length === 0) return 0
  const { numDeletedRows } = await db
    .deleteFrom('ledger_accounts')
    .where('account', 'in', accounts)
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}
