/** Reads which tables and columns a legacy database has, and a few words of a column; it writes nothing. */
import { openSqlSource, type StatementRules } from '../../import/sources/sql/sql-source.ts'
import type { SqlTarget } from '../../import/sources/sql/sql-reader.ts'
import { normaliseLogin } from '../../login.ts'
import type { DatabaseKind } from '../../sql/kinds.ts'
import { flagText, isShowableWord, MAX_FLAG_WORDS } from '../../text/flag.ts'

export interface TableColumn {
  readonly name: string
  readonly type: 'text' | 'boolean' | 'number' | 'date' | 'other'
  /** Whether the database compares it with = by its bytes: MySQL's other collations ignore case, and so does citext. */
  readonly isExact: boolean
}

export interface LegacyTable {
  /** With its schema, where it is not in the usual one. */
  readonly path: readonly string[]
  readonly columns: readonly TableColumn[]
}

const RULES: StatementRules = { variable: 'LEGACY_DB_URL', isOrdered: false, keepsEmpty: false }

/** Rows of a table's schema, its name, a column, its type and its collation. */
const CATALOGUES: Readonly<Record<DatabaseKind, string>> = {
  sqlite: `
    SELECT '' AS place, m.name AS tab, c.name AS col, c.type AS type, '_bin' AS collation
      FROM sqlite_schema AS m JOIN pragma_table_xinfo(m.name) AS c
     WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid`,
  postgres: `
    SELECT CASE WHEN table_schema = current_schema() THEN '' ELSE table_schema::text END AS place,
           table_name::text AS tab, column_name::text AS col,
           CASE WHEN udt_name = 'citext' THEN '' ELSE '_bin' END AS collation,
           CASE WHEN data_type LIKE 'bit%' THEN 'bytea' ELSE data_type::text END AS type
      FROM information_schema.columns
     WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
     ORDER BY table_schema, table_name, ordinal_position`,
  mysql: `
    SELECT '' AS place, table_name AS tab, column_name AS col, data_type AS type, collation_name AS collation
      FROM information_schema.columns WHERE table_schema = DATABASE()
     ORDER BY table_name, ordinal_position`,
}

/** Declared types, as the three kinds write them. Bits are numbers in MySQL, and compare with none in PostgreSQL. */
const TYPES = [
  ['text', /char|text|clob|enum|^$|user-defined/i],
  ['date', /date|time/i],
  ['boolean', /^bool/i],
  ['number', /int|num|dec|real|doub|floa|bit|serial|bool/i],
] as const

const typeOf = (declared: string): TableColumn['type'] =>
  TYPES.find(([, pattern]) => pattern.test(declared))?.[0] ?? 'other'

const read = async function* (
  target: SqlTarget,
  sql: string,
): AsyncGenerator<(name: string) => string> {
  const source = await openSqlSource(target, sql, RULES)
  try {
    for await (const row of source.rows) {
      if ('fields' in row) yield (name) => flagText(row.fields.get(name)) ?? ''
    }
  } finally {
    source.close()
  }
}

/** @throws AppError `legacy_unavailable` or `legacy_unusable` */
export const readTables = async (
  target: SqlTarget,
  kind: DatabaseKind,
): Promise<readonly LegacyTable[]> => {
  const tables = new Map<string, { path: string[]; columns: TableColumn[] }>()
  for await (const get of read(target, CATALOGUES[kind])) {
    const path = [get('place'), get('tab')].filter((part) => part !== '')
    const table = tables.get(path.join('.')) ?? { path, columns: [] }
    tables.set(path.join('.'), table)
    // SQLite has no booleans: a column of that name holds 0 and 1.
    const declared = typeOf(get('type'))
    const type = kind !== 'postgres' && declared === 'boolean' ? 'number' : declared
    table.columns.push({ name: get('col'), type, isExact: get('collation').endsWith('_bin') })
  }
  return [...tables.values()]
}

/** Rows that are looked at for the words of a column: a word that is rarer is read as "disabled". */
const LOOKED_AT = 10_000

/** @returns undefined where they are too many, or may be private */
export const readWords = async (
  target: SqlTarget,
  table: string,
  column: string,
): Promise<readonly string[] | undefined> => {
  const some = `SELECT ${column} AS word FROM ${table} LIMIT ${LOOKED_AT}`
  const words: string[] = []
  const sql = `SELECT DISTINCT word FROM (${some}) AS first_rows LIMIT ${MAX_FLAG_WORDS + 2}`
  for await (const get of read(target, sql)) if (get('word') !== '') words.push(get('word'))
  return words.length <= MAX_FLAG_WORDS && words.every(isShowableWord) ? words : undefined
}

/** SQLite's lower() changes the letters A to Z alone ("Built-In Scalar SQL Functions"). @returns how many logins that is too little for */
export const countUnlowered = async (
  target: SqlTarget,
  table: string,
  column: string,
): Promise<number> => {
  const sql = `SELECT ${column} AS login FROM ${table} WHERE ${column} GLOB '*[^ -~]*'`
  let count = 0
  for await (const get of read(target, sql)) {
    const lowered = get('login').replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
    if (lowered !== normaliseLogin(lowered)) count += 1
  }
  return count
}
