/** The ledger's tables and their later additions, the same for every database. */

/** Where databases differ in a column's type. Text compares byte by byte everywhere. */
interface Types {
  readonly id: string
  readonly ascii: (length: number) => string
  readonly text: (length: number) => string
  /** Text of a few megabytes. */
  readonly long: string
}

const varchar = (length: number): string => `VARCHAR(${length})`

const TYPES = {
  sqlite: { id: 'INTEGER PRIMARY KEY AUTOINCREMENT', ascii: varchar, text: varchar, long: 'TEXT' },
  postgres: {
    id: 'BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY',
    ascii: varchar,
    text: varchar,
    long: 'TEXT',
  },
  mysql: {
    id: 'BIGINT AUTO_INCREMENT PRIMARY KEY',
    ascii: (length) => `VARCHAR(${length}) CHARACTER SET ascii COLLATE ascii_bin`,
    text: (length) => `VARCHAR(${length}) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
    long: 'MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
  },
} as const satisfies Readonly<Record<string, Types>>

/** The kinds of database that can hold a ledger. */
export type LedgerKind = keyof typeof TYPES

interface Table {
  readonly name: string
  readonly columns: readonly string[]
  readonly indexes: readonly string[]
}

/**
 * Statements that may run twice: MySQL commits each one separately, so that a step which was interrupted
 * is done again. It has no CREATE INDEX IF NOT EXISTS, and the others have no indexes within a table.
 */
const createTable = (kind: LedgerKind, { name, columns, indexes }: Table): string[] => {
  const inner = kind === 'mysql' ? indexes.map((columns) => `INDEX (${columns})`) : []
  const create = `CREATE TABLE IF NOT EXISTS ${name} (${[...columns, ...inner].join(', ')})`
  if (kind === 'mysql') return [create]
  const outer = indexes.map(
    (columns, i) => `CREATE INDEX IF NOT EXISTS ${name}_${i + 1} ON ${name} (${columns})`,
  )
  return [create, ...outer]
}

const tables = (kind: LedgerKind, list: readonly Table[]): string[] =>
  list.flatMap((table) => createTable(kind, table))

/** Version n of the schema is version n - 1 and these statements. */
export const VERSIONS: readonly ((kind: LedgerKind) => readonly string[])[] = [
  (kind) => {
    const { id, ascii, text } = TYPES[kind]
    return tables(kind, [
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
    ])
  },
]

/** A column or an index that is added to an existing table. */
export interface Part {
  readonly table: string
  readonly name: string
  readonly statement: string
}

export interface Addition {
  readonly name: string
  /** New tables; may run twice. */
  readonly statements: readonly string[]
  /** Each is added where it is missing. */
  readonly parts: readonly Part[]
}

type Make = (kind: LedgerKind) => Addition

const column = (table: string, name: string, type: string): Part => ({
  table,
  name,
  statement: `ALTER TABLE ${table} ADD COLUMN ${name} ${type}`,
})

/**
 * Older rows have NULL there. Left out of the index, they take no time to sort. MySQL has no such
 * indexes, and accepts rows while it makes one.
 */
const index = (kind: LedgerKind, table: string, name: string, columns: string): Part => {
  const [first = ''] = columns.split(', ')
  const where = kind === 'mysql' ? '' : ` WHERE ${first} IS NOT NULL`
  return { table, name, statement: `CREATE INDEX ${name} ON ${table} (${columns})${where}` }
}

const DECISIONS = 'ledger_decisions'

/** Who it was, whether Okta got the answer, and a key of the decision's own (see `toRow`). */
const person: Make = (kind) => {
  const { id, ascii, text, long } = TYPES[kind]
  return {
    name: 'person',
    statements: tables(kind, [
      {
        name: 'ledger_reports',
        columns: [
          `id ${id}`,
          `made_at ${ascii(24)} NOT NULL`,
          `name ${ascii(64)} NOT NULL`,
          `body ${long} NOT NULL`,
        ],
        indexes: ['name, made_at'],
      },
    ]),
    parts: [
      column(DECISIONS, 'okta_event_id', ascii(200)),
      column(DECISIONS, 'person', text(64)),
      column(DECISIONS, 'caller_gone', 'INTEGER'),
      index(kind, DECISIONS, `${DECISIONS}_person`, 'person, outcome, decided_at'),
      index(kind, DECISIONS, `${DECISIONS}_event`, 'okta_event_id'),
    ],
  }
}

/**
 * Who let a person try again before the wrong guesses were forgotten, and why. There is no index on it, since one over
 * rows that are there already would hold up the replicas that write: `history.ts` uses those that exist.
 */
const unlock: Make = (kind) => {
  const { text } = TYPES[kind]
  return {
    name: 'unlock',
    statements: [],
    parts: [column(DECISIONS, 'actor', text(255)), column(DECISIONS, 'note', text(255))],
  }
}

/** What Okta's event hook has told, for the page: see `events.ts`. */
const events: Make = (kind) => {
  const { id, ascii } = TYPES[kind]
  return {
    name: 'events',
    statements: tables(kind, [
      {
        name: 'ledger_events',
        columns: [
          `id ${id}`,
          `uuid ${ascii(64)} NOT NULL UNIQUE`,
          `event_type ${ascii(64)} NOT NULL`,
          `published_at ${ascii(24)} NOT NULL`,
        ],
        indexes: ['published_at, event_type'],
      },
    ]),
    parts: [],
  }
}

/**
 * Changes that a program which does not know them can still work with: tables, indexes, and columns that
 * may be NULL. So replicas can be upgraded, and downgraded, one by one. A change that such a program
 * cannot work with is a new version, for when none of them is in use any more.
 */
export const ADDITIONS: readonly Make[] = [person, unlock, events]
