/** Reads users from PostgreSQL. */
import { Socket } from 'node:net'
import pg from 'pg'
import { parseAddress } from '../../../sql/address.ts'
import {
  PostgresClient,
  postgresOptions,
  typesWith,
  type Parser,
} from '../../../sql/postgres-client.ts'
import { countStatement, type SqlTarget, type OpenReader } from './sql-reader.ts'

const CONNECT_TIMEOUT_MS = 10_000

/** Rows in one round trip. */
const PAGE = 500

/** `text[]`, which the driver's types do not name. */
const TEXTS = 1009

/**
 * Arrays of text, characters, whole and other numbers, booleans, dates and UUIDs, by their number in pg_type. Their
 * items are texts, which the org's schema makes numbers where its list is of numbers.
 */
const ARRAYS = [
  ...[1000, 1002, 1005, 1007, TEXTS, 1015, 1016],
  ...[1021, 1022, 1115, 1182, 1185, 1231, 2951],
]

/** Geometry, text search and records, by their number in pg_type. */
const UNREADABLE = new Set([600, 601, 602, 603, 604, 628, 718, 2249, 3614, 3615])

const { JSON: JSON_TEXT, JSONB } = pg.types.builtins
const asJson = (text: string): unknown => JSON.parse(text)

const asList = (pg.types.getTypeParser as (oid: number) => Parser)(TEXTS)

/** `char(n)[]`, whose items come filled up with spaces. */
const CHARS = 1014
const asFilled: Parser = (text) =>
  (asList(text) as (string | null)[]).map((item) => item?.replace(/ +$/, '') ?? null)

const LISTS = { ...Object.fromEntries(ARRAYS.map((oid) => [oid, asList])), [CHARS]: asFilled }

const connect = async ({ url, ca }: SqlTarget) => {
  const address = parseAddress(url, { prefix: 'LEGACY_DB', ca })
  const socket = new Socket()
  const client = new PostgresClient({
    ...postgresOptions(address),
    stream: () => socket,
    application_name: 'okta-migrate import',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    types: typesWith({ ...LISTS, [JSON_TEXT]: asJson, [JSONB]: asJson }),
  })
  // Without a listener it would end the process; the next page fails because of it.
  client.on('error', () => undefined)
  await client.connect()
  return { client, close: () => void socket.destroy() }
}

/**
 * One transaction for the whole reading, so that all rows are of one moment ("DECLARE"). It may
 * be idle for long, since Okta's limits set the pace.
 */
const TRANSACTION_SETUP = [
  'BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY',
  'SET LOCAL idle_in_transaction_session_timeout = 0',
  'SET LOCAL statement_timeout = 0',
]

/** @throws Error where the server or the statement cannot serve */
export const openPostgresReader: OpenReader = async (target, sql) => {
  const { client, close } = await connect(target)
  const fetch = () =>
    client.query<unknown[]>({ text: `FETCH ${PAGE} FROM users`, values: [], rowMode: 'array' })

  async function* pages(first: Awaited<ReturnType<typeof fetch>>) {
    for (let page = first; page.rows.length > 0; page = await fetch()) yield* page.rows
    close()
  }
  try {
    for (const statement of TRANSACTION_SETUP) await client.query(statement)
    const counted = await client.query<{ count: bigint }>(countStatement(sql))
    // With an extended query it can be one statement only, and DECLARE takes nothing but a SELECT.
    await client.query({ text: `DECLARE users NO SCROLL CURSOR FOR ${sql}`, values: [] })
    const first = await fetch()
    const bad = first.fields.find(({ dataTypeID }) => UNREADABLE.has(dataTypeID))
    if (bad) throw new TypeError(`the column ${bad.name} has a type that no attribute can hold`)
    return {
      columns: first.fields.map(({ name }) => name),
      total: Number(counted.rows[0]?.count),
      rows: pages(first),
      close,
    }
  } catch (err) {
    close()
    throw err
  }
}
