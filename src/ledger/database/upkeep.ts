/** Looks after a ledger: its size, what it forgets after a time, and what it erases of one person. */
import { Kysely, sql } from 'kysely'
import { MAX_GUESS_WINDOW_MINUTES } from '../../config/server-variables.ts'
import { openExisting, type DatabaseConnection } from './connection.ts'
import type { LedgerTarget } from '../target.ts'
import { erasePerson, personsOf, type Erased, type ErasureNames } from './erase.ts'
import {
  countOld,
  deleteOld,
  deleteUnusedAccounts,
  type ForgetStep,
  type OldDecisions,
} from './forget.ts'
import { isMigrated } from './migrations.ts'
import type { LedgerKind } from './schema.ts'
import type { LedgerTables } from './tables.ts'

/**
 * How long servers need a wrong password and an unlock: for the longest window, whatever theirs is. It is a day, so
 * that the unlocks of today are there to be counted, too.
 */
export const NEEDED_MS = MAX_GUESS_WINDOW_MINUTES * 60_000

export interface LedgerSize {
  readonly bytes: number
  /** Of these, what new rows will take first; undefined where the database does not say. */
  readonly freeBytes: number | undefined
}

/** Each from the database's own books, without a look at the rows. */
const SIZES: Readonly<Record<LedgerKind, string>> = {
  sqlite: `SELECT page_count * page_size AS bytes, freelist_count * page_size AS "freeBytes"
    FROM pragma_page_count(), pragma_page_size(), pragma_freelist_count()`,
  postgres: `SELECT sum(pg_total_relation_size(name::regclass)) AS bytes
    FROM unnest(ARRAY['ledger_decisions', 'ledger_accounts', 'ledger_reports', 'ledger_events']) AS name`,
  mysql: `SELECT sum(data_length + index_length) AS bytes FROM information_schema.tables
    WHERE table_schema = DATABASE() AND table_name IN ('ledger_decisions', 'ledger_accounts', 'ledger_reports', 'ledger_events')`,
}

interface SizeRow {
  readonly bytes: number | string | null
  readonly freeBytes?: number
}

/** @returns undefined where the database does not tell this user */
export const sizeOf = async (
  db: Kysely<LedgerTables>,
  kind: LedgerKind,
): Promise<LedgerSize | undefined> => {
  const { rows } = await sql.raw<SizeRow>(SIZES[kind]).execute(db)
  const [row] = rows
  return row?.bytes == null ? undefined : { bytes: Number(row.bytes), freeBytes: row.freeBytes }
}

export interface LedgerUpkeep extends Pick<DatabaseConnection, 'cut'> {
  isCurrent(): Promise<boolean>
  size(): Promise<LedgerSize | undefined>
  countOld(old: OldDecisions): Promise<number>
  /** Each deletes one batch, which is a transaction of its own. */
  deleteOld(old: OldDecisions, from: string): Promise<ForgetStep>
  deleteUnusedAccounts(from: string): Promise<ForgetStep>
  personsOf(accounts: readonly string[], unlinked: readonly string[]): Promise<string[]>
  erase(names: ErasureNames, isTrial: boolean): Promise<Erased>
  /**
   * Removes what was deleted from the bytes of a SQLite file, which takes as long as to copy it.
   * @returns whether that was possible; undefined of a server
   */
  wipe(): Promise<boolean | undefined>
}

/**
 * What was deleted stays in free pages, in the gaps of others (of `PRAGMA secure_delete` too, since those were made
 * earlier), and in the write-ahead log. Servers cannot write meanwhile: their decisions wait in the spill file.
 */
const wipe = async (db: Kysely<LedgerTables>): Promise<boolean> => {
  try {
    await sql`VACUUM`.execute(db)
    const { rows } = await sql<{ busy: number }>`PRAGMA wal_checkpoint(TRUNCATE)`.execute(db)
    return rows[0]?.busy === 0
  } catch {
    // The disk has no room for a second file, or somebody else writes: what was deleted is deleted all the same.
    return false
  }
}

/**
 * @param readonly whether nothing will be deleted
 * @throws as `openExisting`
 */
export const openLedgerUpkeep = (target: LedgerTarget, readonly: boolean): LedgerUpkeep => {
  const { kind, dialect, cut } = openExisting(target, readonly)
  const db = new Kysely<LedgerTables>({ dialect })
  return {
    isCurrent: () => isMigrated(db as unknown as Kysely<unknown>, kind),
    size: () => sizeOf(db, kind),
    countOld: (old) => countOld(db, old),
    deleteOld: (old, from) => deleteOld(db, old, from),
    deleteUnusedAccounts: (from) => deleteUnusedAccounts(db, from),
    personsOf: (accounts, unlinked) => personsOf(db, accounts, unlinked),
    erase: (names, isTrial) => erasePerson(db, names, isTrial),
    wipe: async () => (kind === 'sqlite' ? wipe(db) : undefined),
    cut,
  }
}
