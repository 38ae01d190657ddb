/** Tries whether a server could keep its ledger: its database and its spill file, of which nothing is changed. */
import BetterSqlite from 'better-sqlite3'
import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Kysely } from 'kysely'
import { AppError } from '../../errors/errors.ts'
import { codeOf } from '../../sql/failures.ts'
import { databaseKindOf, sqlitePath } from '../../sql/kinds.ts'
import { openExisting } from '../database/connection.ts'
import { isMigrated } from '../database/migrations.ts'
import type { LedgerTables } from '../database/tables.ts'
import { SPILL_FILE } from '../spill.ts'
import type { LedgerTarget } from '../target.ts'

const unwritable = (path: string, cause: unknown): AppError =>
  new AppError('ledger_unusable', { detail: `${path}: ${codeOf(cause) || 'unknown'}`, cause })

/** @throws AppError `ledger_unusable` */
const tryDirectory = (dir: string): void => {
  const path = join(dir, `okta-migrate-trial-${randomBytes(6).toString('hex')}`)
  try {
    const file = openSync(path, 'wx', 0o600)
    try {
      writeSync(file, 'a trial')
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
  } catch (cause) {
    throw unwritable(dir, cause)
  } finally {
    rmSync(path, { force: true })
  }
}

const BUSY_MS = 2_000

/** A transaction that takes the lock for writing, and ends without a change. */
const tryFile = (path: string): void => {
  let db: BetterSqlite.Database | undefined
  try {
    db = new BetterSqlite(path, { timeout: BUSY_MS, fileMustExist: true })
    db.exec('BEGIN IMMEDIATE; ROLLBACK')
  } catch (cause) {
    throw unwritable(path, cause)
  } finally {
    db?.close()
  }
}

/** @throws AppError `ledger_unusable` where a file cannot be written */
export const trySpill = (dir: string): void => {
  tryDirectory(dir)
  const path = join(dir, SPILL_FILE)
  if (existsSync(path)) tryFile(path)
}

class RolledBack extends Error {}

/** An account that no login has, since names in the ledger are not empty. */
const NOBODY = { account: '' }

const tryRow = async (db: Kysely<LedgerTables>): Promise<void> => {
  const writing = db.transaction().execute(async (trx) => {
    await trx.insertInto('ledger_accounts').values(NOBODY).execute()
    throw new RolledBack()
  })
  await writing.catch((err: unknown) => {
    if (!(err instanceof RolledBack)) throw err
  })
}

export interface LedgerTrial {
  /**
   * - `current`: its tables are there, and a row can be written;
   * - `older`: it is there, and a start would add what is missing;
   * - `new`: a start would create it.
   * @throws AppError `ledger_unusable` or `ledger_newer`; or the driver's error
   */
  run(): Promise<'current' | 'older' | 'new'>
  /** Ends every connection at once. */
  readonly cut: () => void
}

/** @throws as `openExisting` */
export const openLedgerTrial = (target: LedgerTarget): LedgerTrial => {
  const isFile = databaseKindOf(target.url) === 'sqlite'
  const path = isFile ? sqlitePath(target.url) : undefined
  if (path !== undefined && !existsSync(path)) {
    return {
      cut: () => undefined,
      run: async () => {
        tryDirectory(dirname(path))
        return 'new'
      },
    }
  }
  const { kind, dialect, cut } = openExisting(target, true)
  const db = new Kysely<LedgerTables>({ dialect })
  return {
    cut,
    run: async () => {
      if (!(await isMigrated(db as unknown as Kysely<unknown>, kind))) return 'older'
      if (path === undefined) await tryRow(db)
      else tryFile(path)
      return 'current'
    },
  }
}
