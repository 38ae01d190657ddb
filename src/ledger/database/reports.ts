/** Keeps the newest reports about a campaign in the ledger's database, for the page that shows them. */
import { Kysely, sql } from 'kysely'
import { openExisting, type DatabaseConnection } from './connection.ts'
import type { LedgerTarget } from '../target.ts'
import { countEvents } from './events.ts'
import { isMigrated } from './migrations.ts'
import type { LedgerTables } from './tables.ts'

/** More than a year of daily counts takes. */
export const MAX_REPORT_BYTES = 64 * 1024

/** Of one org: more than a year of daily ones. */
export const REPORTS_KEPT = 400

export interface CampaignReport {
  /** ISO 8601, UTC. */
  readonly at: string
  /** The org's host. */
  readonly org: string
  /** JSON. */
  readonly text: string
}

export interface LedgerReports extends Pick<DatabaseConnection, 'cut'> {
  /** Whether the table is there; @throws as `isMigrated`. */
  isCurrent(): Promise<boolean>
  /** @returns false for a report that is too long, which is not kept */
  saveReport(report: CampaignReport): Promise<boolean>
  /** @param org undefined for that of any org */
  newestReport(org: string | undefined): Promise<CampaignReport | undefined>
  /** How many people were VERIFIED since a time (ISO 8601, UTC). */
  verifiedSince(since: string): Promise<number>
  /** How many events of each type Okta has pushed that happened after a time (ISO 8601, UTC). */
  eventsSince(since: string): Promise<ReadonlyMap<string, number>>
  close(): Promise<void>
}

type Db = Kysely<LedgerTables>

/** As long as the column; only a host that nobody has given to an org is longer. */
const nameOf = (org: string): string => org.slice(0, 64)

const save = async (db: Db, { at, org, text }: CampaignReport): Promise<boolean> => {
  if (Buffer.byteLength(text) > MAX_REPORT_BYTES) return false
  const name = nameOf(org)
  await db.insertInto('ledger_reports').values({ made_at: at, name, body: text }).execute()
  // MySQL cannot delete from a table and read it in one statement.
  const overdue = await db
    .selectFrom('ledger_reports')
    .select('id')
    .where('name', '=', name)
    .orderBy('id', 'desc')
    .offset(REPORTS_KEPT)
    .limit(1)
    .executeTakeFirst()
  if (overdue) {
    const old = db.deleteFrom('ledger_reports').where('name', '=', name)
    await old.where('id', '<=', overdue.id).execute()
  }
  return true
}

/** What is longer was saved by something else, and is cut so that nobody takes it for a report. */
const BODY = sql<string>`substr(body, 1, ${sql.lit(MAX_REPORT_BYTES)})`.as('text')

const newest = async (db: Db, org: string | undefined): Promise<CampaignReport | undefined> => {
  const all = db
    .selectFrom('ledger_reports')
    .select(['made_at as at', 'name as org', BODY])
    .orderBy('made_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
  const ofOrg = org === undefined ? all : all.where('name', '=', nameOf(org))
  const row = await ofOrg.executeTakeFirst()
  return row && { ...row, org: org ?? row.org }
}

const verified = async (db: Db, since: string): Promise<number> => {
  const { people } = await db
    .selectFrom('ledger_decisions')
    .select(sql<number | string>`count(DISTINCT coalesce(person, account))`.as('people'))
    .where('decided_at', '>=', since)
    .where('outcome', '=', 'VERIFIED')
    .executeTakeFirstOrThrow()
  return Number(people)
}

/**
 * @param readonly whether nothing will be saved
 * @throws as `openExisting`
 */
export const openLedgerReports = (target: LedgerTarget, readonly: boolean): LedgerReports => {
  const { kind, dialect, cut } = openExisting(target, readonly)
  const db: Db = new Kysely<LedgerTables>({ dialect })
  return {
    isCurrent: () => isMigrated(db as unknown as Kysely<unknown>, kind),
    saveReport: (report) => save(db, report),
    newestReport: (org) => newest(db, org),
    verifiedSince: (since) => verified(db, since),
    eventsSince: (since) => countEvents(db, since),
    close: () => db.destroy(),
    cut,
  }
}
