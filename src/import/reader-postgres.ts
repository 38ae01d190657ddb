/** Owns the reading of users from PostgreSQL. */
import { Socket } from 'node:net'
import pg from 'pg'
import { parseAddress, postgresTls } from '../address.ts'
import { countingOf, type Database, type OpenReader } from './source-sql.ts'

const CONNECT_TIMEOUT_MS = 10_000

/** Rows that one round trip brings. */
const PAGE = 500

const { BOOL, BYTEA, INT2, INT4, INT8 } = pg.types.builtins

type Parser = (text: string) => unknown

/** Types by their number in pg_type. Any other stays the text that the server sends, dates too. */
const PARSERS: Readonly<Record<number, Parser>> = {
  [BOOL]: (text) => text === 't',
  [BYTEA]: pg.types.getTypeParser(BYTEA) as Parser,
  [INT2]: Number,
  [INT4]: Number,
  [INT8]: BigInt,
}

/** `text[]` and `varchar[]`, as Okta's attributes that hold a list; the driver's types do not name them. */
const LISTS: readonly number[] = [1009, 1015]

const asList = (pg.types.getTypeParser as (oid: number) => Parser)(1009)

const parserOf = (oid: number): Parser =>
  LISTS.includes(oid) ? asList : (PARSERS[oid] ?? ((text) => text))

const connect = async ({ url, ca }: Database) => {
  const { password, tls, ...where } = parseAddress(url, {
    prefix: 'LEGACY_DB',
    defaultPort: 5432,
    ca,
  })
  const socket = new Socket()
  const client = new pg.Client({
    ...where,
    // As a function it is used as it is, even empty; else the driver looks in its user's home.
    password: () => password,
    ssl: postgresTls(tls),
    stream: () => socket,
    application_name: 'okta-migrate import',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    types: { getTypeParser: parserOf },
  })
  // Heard here so that it does not end the process; the next page fails of it.
  client.on('error', () => undefined)
  await client.connect()
  return { client, close: () => void socket.destroy() }
}

/**
 * One transaction for the whole reading, so that its rows are those of one moment ("DECLARE"). It may
 * be idle for long, since Okta's limits set the pace.
 */
const BEGIN = [
  'BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY',
  'SET LOCAL idle_in_transaction_session_timeout = 0',
  'SET LOCAL statement_timeout = 0',
]

/** @throws Error where the server or the statement cannot serve */
export const openPostgresReader: OpenReader = async (database, sql) => {
  const { client, close } = await connect(database)
  const fetch = () =>
    client.query<unknown[]>({ text: `FETCH ${PAGE} FROM users`, values: [], rowMode: 'array' })

  async function* pages(first: Awaited<ReturnType<typeof fetch>>) {
    for (let page = first; page.rows.length > 0; page = await fetch()) yield* page.rows
    close()
  }
  try {
    for (const statement of BEGIN) await client.query(statement)
    const counted = await client.query<{ count: bigint }>(countingOf(sql))
    // With an extended query it can be one statement only, and DECLARE takes nothing but a SELECT.
    await client.query({ text: `DECLARE users NO SCROLL CURSOR FOR ${sql}`, values: [] })
    const first = await fetch()
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
