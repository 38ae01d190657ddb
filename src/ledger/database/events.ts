/** The events that Okta has pushed: each once, whichever replica it came to, and not for long. */
import { Kysely, sql } from 'kysely'
import type { MoveEvent } from '../../call-record.ts'
import { DAY_MS } from '../../clock.ts'
import { openExisting, type DatabaseConnection } from './connection.ts'
import type { LedgerTarget } from '../target.ts'
import type { LedgerKind } from './schema.ts'
import type { LedgerTables } from './tables.ts'

/** As old as the report may be with which the page counts them. */
export const EVENT_DAYS = 8

/** More than Okta sends in a day. */
export const EVENTS_KEPT = 500_000

type Db = Kysely<LedgerTables>

const dateOf = (ms: number): string => new Date(ms).toISOString()

const insert = async (db: Db, kind: LedgerKind, events: readonly MoveEvent[]): Promise<void> => {
  const rows = events
    // Sorted, so that two replicas lock the same rows in one order.
    .toSorted((a, b) => (a.uuid < b.uuid ? -1 : 1))
    .map(({ uuid, type, publishedMs }) => ({
      uuid,
      event_type: type,
      published_at: dateOf(publishedMs),
    }))
  const statement = db.insertInto('ledger_events').values(rows)
  await (
    kind === 'mysql'
      ? statement.onDuplicateKeyUpdate({ uuid: sql.ref('uuid') })
      : statement.onConflict((on) => on.column('uuid').doNothing())
  ).execute()
}

/** Two statements, since MySQL cannot delete from a table and read it in one. */
const forget = async (db: Db, now: number): Promise<void> => {
  const oldest = dateOf(now - EVENT_DAYS * DAY_MS)
  await db.deleteFrom('ledger_events').where('published_at', '<', oldest).execute()
  const all = db.selectFrom('ledger_events')
  const newest = await all.select((eb) => eb.fn.max('id').as('id')).executeTakeFirst()
  const overdue = Number(newest?.id ?? 0) - EVENTS_KEPT
  if (overdue > 0) await db.deleteFrom('ledger_events').where('id', '<=', overdue).execute()
}

export interface LedgerEvents extends Pick<DatabaseConnection, 'cut'> {
  /** Those that are there already stay as they are, and old ones go. @param now milliseconds since 1970 */
  add(events: readonly MoveEvent[], now: number): Promise<void>
}

/** @throws as `openExisting` */
export const openLedgerEvents = (target: LedgerTarget): LedgerEvents => {
  const { kind, dialect, cut } = openExisting(target, false)
  const db: Db = new Kysely<LedgerTables>({ dialect })
  return {
    add: async (events, now) => {
      await insert(db, kind, events)
      await forget(db, now)
    },
    cut,
  }
}

/** How many events of each type happened after a time (ISO 8601, UTC). */
export const countEvents = async (db: Db, since: string): Promise<ReadonlyMap<string, number>> => {
  const rows = await db
    .selectFrom('ledger_events')
    .select(['event_type as type', sql<number | string>`count(*)`.as('events')])
    .where('published_at', '>', since)
    .groupBy('event_type')
    .execute()
  return new Map(rows.map(({ type, events }) => [type, Number(events)]))
}
