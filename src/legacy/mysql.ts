/** Owns the legacy store in MySQL or MariaDB. */
import { createConnection, type FieldPacket, type RowDataPacket, type TypeCast } from 'mysql2'
import { connect } from 'node:net'
import { DEFAULT_PORTS, mysqlOptions, type Address } from '../address.ts'
import { EMPTY } from './parameters.ts'
import { comparedExpressions, scanWarnings } from './plan.ts'
import type { Server, SqlLink } from './remote.ts'

const asWhole = (value: unknown): unknown =>
  typeof value === 'string' && /^-?\d+$/.test(value) ? BigInt(value) : value

const asBits = (value: unknown): unknown =>
  Buffer.isBuffer(value) ? BigInt(`0x${value.toString('hex')}`) : value

/** CHAR(n) may come filled up with spaces (PAD_CHAR_TO_FULL_LENGTH), and BINARY(n) comes so with NUL. */
const unpadded = (value: unknown): unknown => {
  if (Buffer.isBuffer(value)) return value.toString('latin1').replace(/\0+$/, '')
  return typeof value === 'string' ? value.replace(/ +$/, '') : value
}

const CASTS: Readonly<Record<string, (value: unknown) => unknown>> = {
  BIT: asBits,
  NEWDECIMAL: asWhole,
  STRING: unpadded,
}

const typeCast: TypeCast = ({ type }, next) => {
  const value = next()
  return CASTS[type]?.(value) ?? value
}

/** Each server takes its own comment for code and the other's for a comment; they name the limit differently. */
const limitTo = (ms: number): string =>
  `SET /*!50708 SESSION max_execution_time = ${ms} */ /*M! SESSION max_statement_time = ${ms / 1000} */`

const PREPARE_SESSION = [
  'SET SESSION TRANSACTION READ ONLY',
  // The parameters of a statement are found by the rules of its strings, and one of them has a switch.
  "SET SESSION sql_mode = REPLACE(@@SESSION.sql_mode, 'NO_BACKSLASH_ESCAPES', '')",
]

const open = (address: Address, statementMs: number): SqlLink => {
  const socket = connect(address.port, address.host).setNoDelay(true)
  const connection = createConnection({
    ...mysqlOptions(address),
    stream: () => socket,
    connectTimeout: 0,
    supportBigNumbers: true,
    typeCast,
  })
  // What ends a session also fails whatever waits for it; between lookups nobody does.
  connection.on('error', () => socket.destroy())
  const client = connection.promise()
  const begin = async (): Promise<void> => {
    await client.connect()
    for (const statement of [...PREPARE_SESSION, limitTo(statementMs)])
      await client.query(statement)
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
    query: async (text, values = []) => {
      const [rows, fields] = await client.execute<RowDataPacket[]>(text, [...values])
      return { columns: fields.map(({ name }: FieldPacket) => name), rows }
    },
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
    // What a subquery made is no table.
    .filter((table) => /^\w/.test(table))

/** The column inside `lower(email)` or `` `email` ``. */
const columnIn = (expression: string): string =>
  /(\w+)[`"\s)]*(?:\s+COLLATE\s+\w+)?$/i.exec(expression)?.[1] ?? expression

const COLUMNS = `
  SELECT table_name AS \`table\`, column_name AS \`column\`, data_type AS type, collation_name AS collation
    FROM information_schema.columns
   WHERE table_schema = DATABASE()`

type Column = Readonly<Record<'table' | 'column' | 'type', string>> & {
  readonly collation: string | null
}

/** The columns that the statement compares with a parameter, as far as its text tells. */
const comparedColumns = (columns: readonly Column[], sql: string): Column[] => {
  const names = new Set(comparedExpressions(sql).map((text) => columnIn(text).toLowerCase()))
  const isRead = (table: string): boolean =>
    new RegExp(String.raw`\b(?:FROM|JOIN)\s+[\x60"]?${table}\b`, 'i').test(sql)
  return columns.filter(({ table, column }) => names.has(column.toLowerCase()) && isRead(table))
}

/** "Type Conversion in Expression Evaluation": text and a number are compared as numbers. */
const refuseNumbers = (columns: readonly Column[]): void => {
  const number = columns.find(({ type, collation }) => collation === null && !/bin|blob/.test(type))
  if (!number) return
  throw new TypeError(
    `${number.column} is a ${number.type}, of which the login 12x would find 12; compare CAST(${number.column} AS CHAR)`,
  )
}

/** "The binary Collation Compared to _bin Collations": any other takes some letters for the same. */
const collationWarnings = (columns: readonly Column[], sql: string): string[] => {
  if (/_bin\b|\bbinary\b/i.test(sql)) return []
  return columns
    .filter(({ collation }) => collation !== null && !collation.endsWith('_bin'))
    .map(
      ({ column, collation }) =>
        `LEGACY_LOOKUP_SQL compares ${column} by ${collation ?? ''}, which takes some different letters for the same ` +
        `(zoe finds zoë). Add: AND lower(${column}) = :login COLLATE utf8mb4_bin`,
    )
}

const inspect: Server['inspect'] = async (link, { sql, text, valuesOf }) => {
  const { rows: columns } = await link.query(COLUMNS)
  const compared = comparedColumns(columns as readonly Column[], sql)
  refuseNumbers(compared)
  const { rows: plan } = await link.query(`EXPLAIN ${text}`, valuesOf(EMPTY))
  const isColumn = (expression: string): boolean => /^[\w`]+$/.test(expression)
  return [...scanWarnings(scannedIn(plan), sql, isColumn), ...collationWarnings(compared, sql)]
}

export const MYSQL: Server = {
  dialect: 'mysql',
  defaultPort: DEFAULT_PORTS.mysql,
  open,
  // "Server Error Message Reference": what the column's character set cannot hold.
  unfindable: /^ER_(?:CANT_AGGREGATE_\w+|IMPOSSIBLE_STRING_CONVERSION|INVALID_CHARACTER_STRING)$/,
  // 1969 is MariaDB's time limit, for which the driver has no name.
  passing:
    /^(?:PROTOCOL_CONNECTION_LOST|ER_(?:CON_COUNT_ERROR|TOO_MANY_USER_CONNECTIONS|SERVER_SHUTDOWN|QUERY_TIMEOUT)|1969)$/,
  inspect,
}
