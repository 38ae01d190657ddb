/** The driver of the legacy store for MySQL and MariaDB. */
import type { FieldPacket, RowDataPacket } from 'mysql2'
import type { Connection as Client } from 'mysql2/promise'
import { parseAddress, type Address } from '../../sql/address.ts'
import mysql, { openMysqlSocket, mysqlOptions, typeCast } from '../../sql/mysql-driver.ts'
import {
  comparisons,
  scanFinding,
  tablesIn,
  tablesOf,
  unquoted,
  type Comparison,
  type Table,
} from '../check/plan-advice.ts'
import {
  transportFindings,
  ok,
  SERVER_IDLE_MS,
  warn,
  type ColumnType,
  type Driver,
  type SqlConnection,
} from './driver.ts'
import { valuesForUnknown, type Lookup } from './lookup.ts'
import { createDialect, TOKENS } from './parameters.ts'
import { prepareSession } from './mysql-session.ts'
import type { Finding } from '../store.ts'

/** "Column Definition Flags" of the protocol. */
const ENUM_FLAG = 0x100
const BINARY_CHARSET = 63

interface Definition {
  readonly name: string
  readonly columnType: number
  readonly flags: number
  readonly characterSet: number
  readonly schema: string
  readonly orgTable: string
  readonly orgName: string
}

interface Prepared {
  readonly statement: { readonly columns: readonly Definition[] }
}

const WORDS = `
  SELECT column_type AS type FROM information_schema.columns
   WHERE table_schema = ? AND table_name = ? AND column_name = ?`

/** The values in `enum('a','it''s')`. */
const wordsIn = (type: string): string[] =>
  [...type.matchAll(/'((?:[^']|'')*)'/g)].map(([, word = '']) => word.replaceAll("''", "'"))

const { DATE, TIME, DATETIME, TIMESTAMP, NEWDATE, JSON: JSON_TYPE, GEOMETRY } = mysql.Types
const { STRING, VAR_STRING, VARCHAR, BLOB, TINY_BLOB, MEDIUM_BLOB, LONG_BLOB } = mysql.Types

const kindOf = ({ columnType, characterSet }: Definition): ColumnType['kind'] => {
  if (columnType === mysql.Types.NULL) return 'unknown'
  if ([DATE, TIME, DATETIME, TIMESTAMP, NEWDATE].includes(columnType)) return 'date'
  if ([JSON_TYPE, GEOMETRY].includes(columnType)) return 'other'
  const isText = [STRING, VAR_STRING, VARCHAR, BLOB, TINY_BLOB, MEDIUM_BLOB, LONG_BLOB]
  if (!isText.includes(columnType)) return 'number'
  return characterSet === BINARY_CHARSET ? 'bytes' : 'text'
}

const typeOf = async (client: Client, column: Definition): Promise<ColumnType> => {
  const { name } = column
  const kind = kindOf(column)
  if ((column.flags & ENUM_FLAG) === 0) return { name, kind }
  const names = [column.schema, column.orgTable, column.orgName]
  const [rows] = await client.execute<RowDataPacket[]>(WORDS, names)
  return { name, kind, words: wordsIn(String(rows[0]?.['type'] ?? '')) }
}

const open = (address: Address, statementMs: number): SqlConnection => {
  const socket = openMysqlSocket(address).setNoDelay(true)
  const connection = mysql.createConnection({
    ...mysqlOptions(address),
    stream: () => socket,
    connectTimeout: 0,
    supportBigNumbers: true,
    typeCast,
  })
  // A session that ends also fails what waits for it; between lookups, nothing does.
  connection.on('error', () => socket.destroy())
  const client = connection.promise()
  const begin = async (): Promise<void> => {
    await client.connect()
    await prepareSession(client, statementMs)
  }
  const query: SqlConnection['query'] = async (text, values = []) => {
    const [rows, fields] = await client.execute<RowDataPacket[]>(text, [...values])
    return { columns: fields.map(({ name }: FieldPacket) => name), rows }
  }
  return {
    ready: begin(),
    isOpen: () => socket.readyState === 'open',
    end: () => {
      connection.end()
      // The driver waits for the server to hang up, which one that is gone never does.
      socket.destroySoon()
    },
    destroy: () => socket.destroy(),
    query,
    explain: async (lookup) =>
      (await query(`EXPLAIN ${lookup.text}`, valuesForUnknown(lookup))).rows,
    describe: async ({ inner }) => {
      // The driver's types know the statement under another name.
      const { statement } = (await client.prepare(inner)) as unknown as Prepared
      const types = await Promise.all(statement.columns.map((column) => typeOf(client, column)))
      // A statement that is only closed stays in the driver's cache, with its present columns.
      client.unprepare(inner)
      return types
    },
    survives: () => false,
  }
}

/** Above this many rows a server that has an index to use would use it. */
const SMALL_TABLE_ROWS = 1000

/** Aliases of the tables that are read from end to end; small ones may be so by choice. */
const scannedIn = (plan: readonly Readonly<Record<string, unknown>>[]): string[] =>
  plan
    .filter(({ type }) => type === 'ALL' || type === 'index')
    .filter(({ possible_keys, rows }) => possible_keys === null || Number(rows) > SMALL_TABLE_ROWS)
    .map(({ table }) => String(table))
    // The result of a subquery is not a table.
    .filter((table) => /^\w/.test(table))

/** A column of a table or view, with the statement's comparison of it. */
interface Column {
  readonly comparison: Comparison
  readonly written: Table
  readonly column: string
  readonly type: string
  readonly collation: string | null
  readonly isTable: unknown
  readonly bytes: unknown
}

/** "InnoDB Limits": the most bytes of an index key. */
const MAX_KEY_BYTES = 3072

const COLUMN = `
  SELECT c.table_name AS \`table\`, c.column_name AS \`column\`, c.data_type AS type,
         c.collation_name AS collation, t.table_type = 'BASE TABLE' AS isTable,
         c.character_octet_length AS bytes
    FROM information_schema.columns AS c
    JOIN information_schema.tables AS t USING (table_schema, table_name)
   WHERE table_schema = COALESCE(NULLIF(?, ''), DATABASE()) AND table_name = ? AND column_name = ?`

const parts = (written: string): string[] => {
  const [name = '', schema = ''] = written.split('.').map(unquoted).reverse()
  return [schema, name]
}

/** The columns that the statement compares with a parameter, as far as its text and the catalogue tell. */
const comparedColumns = async (connection: SqlConnection, sql: string): Promise<Column[]> => {
  const tables = tablesIn(sql)
  const found: Column[] = []
  for (const comparison of comparisons(sql)) {
    for (const written of tablesOf(comparison, tables)) {
      const values = [...parts(written.table), unquoted(comparison.column)]
      const { rows } = await connection.query(COLUMN, values)
      found.push(...rows.map((row) => ({ ...(row as unknown as Column), comparison, written })))
    }
  }
  return found
}

/** "Type Conversion in Expression Evaluation": text and a number are compared as numbers. */
const refuseNumbers = (columns: readonly Column[]): void => {
  const number = columns.find(({ type, collation }) => collation === null && !/bin|blob/.test(type))
  if (!number) return
  throw new TypeError(
    `${number.column} has the type ${number.type}, in which the login 12x would find 12; compare CAST(${number.column} AS CHAR)`,
  )
}

/** "The binary Collation Compared to _bin Collations": in any other, some different letters are equal. */
const collationFindings = (columns: readonly Column[], unchecked: boolean): Finding[] =>
  columns
    .filter(({ collation }) => collation !== null && !collation.endsWith('_bin'))
    .map(({ column, collation }) => {
      const text = `${column} is compared with the collation ${collation ?? ''}, in which some different letters are equal (zoe finds zoë).`
      return unchecked
        ? warn('collation', `${text} LEGACY_LOOKUP_UNCHECKED lets the other person in.`)
        : ok('collation', `${text} A row counts only if its own login equals what was typed.`)
    })

/** Expressions, such as lower(), have no index in MariaDB; so advice is given on columns alone. */
const indexesFor = (
  { uses }: Lookup,
  columns: readonly Column[],
  scanned: readonly string[],
): string[] => {
  const isIndexable = ({ comparison, isTable, bytes }: Column): boolean =>
    !comparison.lowered && Number(isTable) === 1 && Number(bytes ?? 0) <= MAX_KEY_BYTES
  if (columns.length !== uses || !columns.every(isIndexable)) return []
  const create = ({ column, written }: Column): string =>
    `CREATE INDEX \`${column}_login\` ON ${written.table} (\`${column}\`);`
  return columns.filter(({ written }) => scanned.includes(unquoted(written.alias))).map(create)
}

const inspect: Driver['inspect'] = async (connection, lookup, unchecked) => {
  const columns = await comparedColumns(connection, lookup.sql)
  if (unchecked) refuseNumbers(columns)
  const plan = await connection.explain(lookup)
  const scanned = scannedIn(plan)
  return [
    ...scanFinding(scanned, indexesFor(lookup, columns, scanned)),
    ...collationFindings(columns, unchecked),
  ]
}

/** "Comment Syntax" (11.7) and "String Literals" (11.1.1), without NO_BACKSLASH_ESCAPES. */
const DIALECT = createDialect(
  String.raw`--(?=\s|$)[^\n]*|#[^\n]*|(?<comment>/\*)|${TOKENS.escaped("'")}|${TOKENS.escaped('"')}|` +
    '`(?:[^`]|``)*`|' +
    String.raw`${TOKENS.word}|${TOKENS.parameter}|(?<foreign>\?)|[^]`,
)

/** "INFORMATION_SCHEMA": an account that may see the rights of others is told apart by its name. */
const WRITABLE = `
  SELECT privilege_type AS name FROM (
    SELECT grantee, privilege_type FROM information_schema.user_privileges
    UNION ALL SELECT grantee, privilege_type FROM information_schema.schema_privileges
     WHERE DATABASE() LIKE table_schema
    UNION ALL SELECT grantee, privilege_type FROM information_schema.table_privileges
     WHERE table_schema = DATABASE()
  ) AS rights
   WHERE privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'DROP', 'ALTER')
     AND grantee = CONCAT(QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', 1)), '@',
                          QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)))
   LIMIT 1`

export const MYSQL: Driver = {
  kind: 'mysql',
  writableSql: WRITABLE,
  dialect: DIALECT,
  maxIdleMs: SERVER_IDLE_MS,
  createConnector: ({ url, ca, statementMs }) => {
    const address = parseAddress(url, { prefix: 'LEGACY_DB', ca })
    return { open: () => open(address, statementMs), findings: transportFindings(address) }
  },
  // "Server Error Message Reference": what the column's character set cannot hold, and what is no pattern.
  invalidLogin:
    /^ER_(?:REGEXP_\w+|CANT_AGGREGATE_\w+|IMPOSSIBLE_STRING_CONVERSION|INVALID_CHARACTER_STRING)$/,
  inspect,
}
