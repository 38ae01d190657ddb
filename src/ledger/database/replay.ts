/** Reads all decisions of the ledger, oldest first, for a command that counts them. */
import { Kysely, sql } from 'kysely'
import { openConnection, type DatabaseConnection, type LedgerTarget } from './connection.ts'
import { isMigrated } from './migrations.ts'

/** By the key alone: no long transaction and no sort keeps the servers' statements waiting. */
const PAGE = 5_000

export interface ReplayedDecision {
  readonly id: number | string
  /** The person's; in rows of earlier versions the account's. */
  readonly name: string
  /** Of Okta's call; the decision's own where there is none. */
  readonly event: string
  /** ISO 8601. */
  readonly at: string
  readonly outcome: string
  /** 1 where the caller had hung up. */
  readonly gone: number
}

const page = async (db: Kysely<unknown>, after: number | string): Promise<ReplayedDecision[]> => {
  const { rows } = await sql<ReplayedDecision>`
    SELECT id, coalesce(person, account) AS name, coalesce(okta_event_id, event_id) AS event,
           decided_at AS at, outcome, coalesce(caller_gone, 0) AS gone
      FROM ledger_decisions WHERE id > ${after} ORDER BY id LIMIT ${sql.lit(PAGE)}`.execute(db)
  return rows
}

async function* decisions(db: Kysely<unknown>): AsyncGenerator<ReplayedDecision, void> {
  let after: number | string = 0
  for (;;) {
    const rows = await page(db, after)
    yield* rows
    after = rows.at(-1)?.id ?? after
    if (rows.length < PAGE) return
  }
}

export interface LedgerReplay extends Pick<DatabaseConnection, 'cut'> {
  /** @throws AppError `ledger_newer`; or the driver's error, as does `decisions` */
  isMigrated(): Promise<boolean>
  decisions(): AsyncGenerator<ReplayedDecision, void>
  close(): Promise<void>
}

/** @throws as `openConnection` does */
export const openLedgerReplay = (target: LedgerTarget): LedgerReplay => {
  const { kind, dialect, cut } = openConnection(target)
  const db = new Kysely<unknown>({ dialect })
  return {
    isMigrated: () => isMigrated(db, kind),
    decisions: () => decisions(db),
    close: () => db.destroy(),
    cut,
  }
}
