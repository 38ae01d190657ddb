/** The databases that a ledger may live in: SQLite always, the others where one is reachable. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { createPool } from 'mysql2/promise'
import pg from 'pg'
import { onTestFinished } from 'vitest'
import type { Entry } from '../../src/ledger/entry.ts'
import { tempDir } from './temp.ts'

export interface TestDatabase {
  readonly kind: 'sqlite' | 'postgres' | 'mysql'
  /** Why its tests are skipped. */
  readonly unreachable?: string
  /** Makes an empty database, gone when the test is over; returns its URL. */
  readonly fresh: () => Promise<string>
}

const POSTGRES_URL = process.env['TEST_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/test'
const MYSQL_URL = process.env['TEST_MYSQL_URL'] ?? 'mysql://root@127.0.0.1:3306/test'

const onPostgres = async (statement: string): Promise<void> => {
  const client = new pg.Client({
    connectionString: POSTGRES_URL,
    connectionTimeoutMillis: 5_000,
  })
  await client.connect()
  await client.query(statement).finally(() => client.end())
}

const onMysql = async (statement: string): Promise<void> => {
  const pool = createPool({ uri: MYSQL_URL, connectTimeout: 5_000 })
  await pool.query(statement).finally(() => pool.end())
}

const freshName = (): string => `ledger_test_${randomBytes(6).toString('hex')}`

/** A schema, which PostgreSQL makes in a fraction of the time that a database takes. */
const freshPostgres = async (): Promise<string> => {
  const name = freshName()
  await onPostgres(`CREATE SCHEMA ${name}`)
  onTestFinished(() => onPostgres(`DROP SCHEMA ${name} CASCADE`))
  const url = new URL(POSTGRES_URL)
  url.searchParams.set('options', `-c search_path=${name}`)
  return url.href
}

const freshMysql = async (): Promise<string> => {
  const name = freshName()
  await onMysql(`CREATE DATABASE ${name}`)
  onTestFinished(() => onMysql(`DROP DATABASE ${name}`))
  return Object.assign(new URL(MYSQL_URL), { pathname: `/${name}` }).href
}

const reach = async (
  kind: TestDatabase['kind'],
  run: (statement: string) => Promise<void>,
  fresh: () => Promise<string>,
): Promise<TestDatabase> => {
  const unreachable = await run('SELECT 1').then(
    () => undefined,
    (err: unknown) => String(err),
  )
  if (unreachable === undefined) return { kind, fresh }
  if (process.env['REQUIRE_DATABASES'] === '1') throw new Error(`${kind}: ${unreachable}`)
  process.stderr.write(`The ledger is not tested on ${kind}: ${unreachable}\n`)
  return { kind, fresh, unreachable }
}

const SERVERS = await Promise.all([
  reach('postgres', onPostgres, freshPostgres),
  reach('mysql', onMysql, freshMysql),
])

export const DATABASES: readonly TestDatabase[] = [
  { kind: 'sqlite', fresh: async () => `sqlite:${join(tempDir(), 'ledger.sqlite')}` },
  ...SERVERS,
]

let made = 0

export const entry = (more: Partial<Entry> = {}): Entry => ({
  eventId: `event-${++made}`,
  decidedAt: '2026-10-01T12:00:00.000Z',
  account: 'account',
  outcome: 'UNVERIFIED',
  reason: 'mismatch',
  hashFamily: 'bcrypt',
  hashCost: 10,
  waitMs: 0.5,
  runMs: 51.2,
  replica: 'replica-a',
  ...more,
})
