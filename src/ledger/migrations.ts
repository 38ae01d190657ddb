/** Owns the ledger's schema: ordered steps that only go forward, each the same for every database. */
import { sql, type Kysely } from 'kysely'
import { AppError } from '../errors.ts'
import type { DatabaseKind } from '../address.ts'

/** Where databases differ in a column's type. Text compares byte by byte everywhere. */
interface Types {
  readonly id: string
  readonly ascii: (length: number) => string
  readonly text: (length: number) => string
}

const varchar = (length: number): string => `VARCHAR(${length})`

const TYPES: Readonly<Record<DatabaseKind, Types>> = {
  sqlite: { id: 'INTEGER PRIMARY KEY AUTOINCREMENT', ascii: varchar, text: varchar },
  postgres: {
    id: 'BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY',
    ascii: varchar,
    text: varchar,
  },
  mysql: {
    id: 'BIGINT AUTO_INCREMENT PRIMARY KEY',
    ascii: (length) => `VARCHAR(${length}) CHARACTER SET ascii COLLATE ascii_bin`,
    text: (length) => `VARCHAR(${length}) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
  },
}

interface Table {
  readonly name: string
  readonly columns: readonly string[]
  readonly indexes: readonly string[]
}

/**
 * Statements that may run twice: MySQL commits each by itself, so that a step which was interrupted
 * is done again. It has no CREATE INDEX IF NOT EXISTS, and the others have no indexes within a table.
 */
const createTable = (kind: DatabaseKind, { name, columns, indexes }: Table): string[] => {
  const inner = kind === 'mysql' ? indexes.map((columns) => `INDEX (${columns})`) : []
  const create = `CREATE TABLE IF NOT EXISTS ${name} (${[...columns, ...inner].join(', ')})`
  if (kind === 'mysql') return [create]
  const outer = indexes.map(
    (columns, i) => `CREATE INDEX IF NOT EXISTS ${name}_${i + 1} ON ${name} (${columns})`,
  )
  return [create, ...outer]
}

/** Step n brings a schema of version n - 1 to version n. Steps are added, never changed. */
const STEPS: readonly ((types: Types) => readonly Table[])[] = [
  ({ id, ascii, text }) => [
    {
      name: 'ledger_decisions',
      columns: [
        `id ${id}`,
        `event_id ${ascii(200)} NOT NULL UNIQUE`,
        `decided_at ${ascii(24)} NOT NULL`,
        `account ${text(255)} NOT NULL`,
        `outcome ${ascii(16)} NOT NULL`,
        `reason ${ascii(64)} NOT NULL`,
        `hash_family ${ascii(32)}`,
        'hash_cost INTEGER',
        'wait_ms DOUBLE PRECISION NOT NULL',
        'run_ms DOUBLE PRECISION NOT NULL',
        `replica ${text(255)} NOT NULL`,
      ],
      indexes: ['account, outcome, decided_at', 'decided_at'],
    },
    {
      name: 'ledger_accounts',
      columns: [`account ${text(255)} NOT NULL PRIMARY KEY`, `confirmed_at ${ascii(24)}`],
      indexes: [],
    },
  ],
]

const NEWEST = STEPS.length

/** Any number that no other program is likely to lock; 'ledg' in ASCII. */
const POSTGRES_LOCK = 0x6c656467

interface Fence {
  readonly enter: readonly string[]
  readonly leave: string
  readonly abandon: string
}

/** What lets one process migrate at a time. The lock of each ends with its connection. */
const FENCES: Readonly<Record<DatabaseKind, Fence>> = {
  sqlite: { enter: ['BEGIN IMMEDIATE'], leave: 'COMMIT', abandon: 'ROLLBACK' },
  postgres: {
    enter: ['BEGIN', `SELECT pg_advisory_xact_lock(${POSTGRES_LOCK})`],
    leave: 'COMMIT',
    abandon: 'ROLLBACK',
  },
  mysql: {
    // As good as without end, as the others wait: whoever migrates bounds the whole.
    enter: [`DO GET_LOCK(CONCAT('ledger ', SHA1(DATABASE())), 3600)`],
    leave: `DO RELEASE_LOCK(CONCAT('ledger ', SHA1(DATABASE())))`,
    abandon: `DO RELEASE_LOCK(CONCAT('ledger ', SHA1(DATABASE())))`,
  },
}

type Connection = Kysely<unknown>

const run = (db: Connection, statement: string) => sql.raw(statement).execute(db)

/** @throws AppError `ledger_newer` */
const versionOf = async (db: Connection): Promise<number> => {
  const { rows } = await sql<{ version: unknown }>`
    SELECT max(version) AS version FROM ledger_schema`.execute(db)
  const version = Number(rows[0]?.version ?? 0)
  if (version > NEWEST) {
    const detail = `its schema is version ${version}, and this program knows ${NEWEST}`
    throw new AppError('ledger_newer', { detail })
  }
  return version
}

const climb = async (db: Connection, kind: DatabaseKind): Promise<void> => {
  await run(db, 'CREATE TABLE IF NOT EXISTS ledger_schema (version INTEGER NOT NULL PRIMARY KEY)')
  const from = await versionOf(db)
  for (const [i, step] of STEPS.slice(from).entries()) {
    const statements = step(TYPES[kind]).flatMap((table) => createTable(kind, table))
    for (const statement of statements) await run(db, statement)
    await run(db, `INSERT INTO ledger_schema (version) VALUES (${from + i + 1})`)
  }
}

/**
 * Brings the schema to the version that this program knows. Safe when several processes start at
 * once. Where nothing is to be done it only reads, so that a user without CREATE rights suffices.
 * @throws AppError `ledger_newer` when a newer program has been here; or the driver's error
 */
export const migrate = (db: Connection, kind: DatabaseKind): Promise<void> =>
  db.connection().execute(async (connection) => {
    const version = await versionOf(connection).catch((err: unknown) => {
      // Without its table there is no schema yet; any other cause comes up again below.
      if (err instanceof AppError) throw err
      return 0
    })
    if (version === NEWEST) return
    const { enter, leave, abandon } = FENCES[kind]
    for (const statement of enter) await run(connection, statement)
    try {
      await climb(connection, kind)
      await run(connection, leave)
    } catch (err) {
      await run(connection, abandon).catch(() => undefined)
      throw err
    }
  })
