/** Migrates the ledger's schema, one process at a time and one step at a time. */
import { sql, type Kysely } from 'kysely'
import { createHash } from 'node:crypto'
import { AppError } from '../../errors/errors.ts'
import { ADDITIONS, VERSIONS, type Addition, type LedgerKind } from './schema.ts'
import { classifyFailure } from '../failures.ts'

const NEWEST = VERSIONS.length

/** Any number that no other program is likely to lock; 'ledg' in ASCII. */
const POSTGRES_LOCK = 0x6c656467

type Connection = Kysely<unknown>

const run = (db: Connection, statement: string) => sql.raw(statement).execute(db)

/** @returns the first column of each row */
const read = async (db: Connection, statement: string): Promise<unknown[]> => {
  const { rows } = await sql.raw<{ value: unknown }>(statement).execute(db)
  return rows.map(({ value }) => value)
}

interface MigrationLock {
  readonly acquire: readonly string[]
  readonly release: readonly string[]
  readonly abort: readonly string[]
}

/**
 * A change of a table waits for every reader of it, and all later statements wait for the change: behind
 * a backup, the replicas would wait until that ends. So it gives up after some seconds, and is tried again.
 */
const LOCK_TIMEOUT_S = 3

/** The name of a lock may have 64 characters (MySQL 8.4 Reference Manual, 14.14). */
const mysqlLock = (database: string): MigrationLock => {
  // Hashed here: MySQL has no SHA1() since 9.6. Earlier versions, which used it, get the same name.
  const name = `ledger ${createHash('sha1').update(database).digest('hex')}`
  const release = ['SET SESSION lock_wait_timeout = DEFAULT', `DO RELEASE_LOCK('${name}')`]
  return {
    // Practically without a limit: the caller of `migrate` has one.
    acquire: [`DO GET_LOCK('${name}', 3600)`, `SET SESSION lock_wait_timeout = ${LOCK_TIMEOUT_S}`],
    release,
    abort: release,
  }
}

/** Lets one process migrate at a time. The lock ends with its connection. */
const lockFor = async (db: Connection, kind: LedgerKind): Promise<MigrationLock> => {
  if (kind === 'mysql') {
    const [database] = await read(db, 'SELECT DATABASE() AS value')
    return mysqlLock(String(database))
  }
  const lock = `SELECT pg_advisory_xact_lock(${POSTGRES_LOCK})`
  const limit = `SET LOCAL lock_timeout = '${LOCK_TIMEOUT_S}s'`
  return {
    acquire: kind === 'sqlite' ? ['BEGIN IMMEDIATE'] : ['BEGIN', lock, limit],
    release: ['COMMIT'],
    abort: ['ROLLBACK'],
  }
}

/** @throws AppError `ledger_newer` */
const versionOf = async (db: Connection): Promise<number> => {
  const [highest] = await read(db, 'SELECT max(version) AS value FROM ledger_schema')
  const version = Number(highest ?? 0)
  if (version > NEWEST) {
    const detail = `its schema is version ${version}, and this program knows ${NEWEST}`
    throw new AppError('ledger_newer', { detail })
  }
  return version
}

const additionsIn = (db: Connection): Promise<unknown[]> =>
  read(db, 'SELECT name AS value FROM ledger_additions')

const applyPending = async (db: Connection, kind: LedgerKind): Promise<void> => {
  await run(db, 'CREATE TABLE IF NOT EXISTS ledger_schema (version INTEGER NOT NULL PRIMARY KEY)')
  await run(
    db,
    'CREATE TABLE IF NOT EXISTS ledger_additions (name VARCHAR(64) NOT NULL PRIMARY KEY)',
  )
  const from = await versionOf(db)
  for (const [i, statements] of VERSIONS.slice(from).entries()) {
    for (const statement of statements(kind)) await run(db, statement)
    await run(db, `INSERT INTO ledger_schema (version) VALUES (${from + i + 1})`)
  }
}

/** The names of a table's columns and indexes. */
const PART_NAMES: Readonly<Record<LedgerKind, (table: string) => string>> = {
  sqlite: (table) => `
    SELECT name AS value FROM pragma_table_info('${table}')
    UNION SELECT name FROM pragma_index_list('${table}')`,
  postgres: (table) => `
    SELECT attname AS value FROM pg_attribute
    WHERE attrelid = '${table}'::regclass AND NOT attisdropped
    UNION SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE indrelid = '${table}'::regclass`,
  mysql: (table) => `
    SELECT column_name AS value FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = '${table}'
    UNION SELECT index_name FROM information_schema.statistics
    WHERE table_schema = DATABASE() AND table_name = '${table}'`,
}

type Step = (db: Connection) => Promise<void>

/** The steps of an addition, each with a lock of its own: a table is locked for one change and not for all. */
const stepsOf = ({ name, statements, parts }: Addition, kind: LedgerKind): Step[] => [
  async (db) => {
    for (const statement of statements) await run(db, statement)
  },
  ...parts.map((part): Step => async (db) => {
    const there = await read(db, PART_NAMES[kind](part.table))
    if (!there.includes(part.name)) await run(db, part.statement)
  }),
  async (db) => {
    const known = await additionsIn(db)
    if (!known.includes(name)) await run(db, `INSERT INTO ledger_additions VALUES ('${name}')`)
  },
]

const withLock = async (db: Connection, { acquire, release, abort }: MigrationLock, work: Step) => {
  for (const statement of acquire) await run(db, statement)
  try {
    await work(db)
    for (const statement of release) await run(db, statement)
  } catch (err) {
    for (const statement of abort) await run(db, statement).catch(() => undefined)
    throw err
  }
}

const stateOf = async (db: Connection): Promise<{ version: number; known: unknown[] }> => ({
  version: await versionOf(db),
  known: await additionsIn(db),
})

/**
 * Only reads, so that where nothing is to be done, a database user without the right to CREATE suffices.
 * @throws AppError `ledger_newer` when a newer version has migrated it; or the driver's error
 */
export const isMigrated = (db: Connection, kind: LedgerKind): Promise<boolean> =>
  // A refused connection must not look like a missing table, so it is opened first.
  db.connection().execute(async (connection) => {
    const state = await stateOf(connection).catch((err: unknown) => {
      // Its tables are missing: there is no schema yet, or not all of it.
      if (classifyFailure(err) === 'refused') return undefined
      throw err
    })
    if (state?.version !== NEWEST) return false
    return ADDITIONS.every((make) => state.known.includes(make(kind).name))
  })

/**
 * Migrates the schema to this version. Safe when several processes start at once, and when it is
 * interrupted at any point and started again.
 * @throws AppError `ledger_newer` when a newer version has migrated it; or the driver's error
 */
export const migrate = (db: Connection, kind: LedgerKind): Promise<void> =>
  db.connection().execute(async (connection) => {
    const lock = await lockFor(connection, kind)
    const additions = ADDITIONS.flatMap((make) => stepsOf(make(kind), kind))
    const steps: Step[] = [(db) => applyPending(db, kind), ...additions]
    for (const step of steps) await withLock(connection, lock, step)
  })
