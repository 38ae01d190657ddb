/** Reads a ledger's tables through the drivers alone, bypassing the code under test. */
import Database from 'better-sqlite3'
import { createPool } from 'mysql2/promise'
import pg from 'pg'

type Rows = Record<string, unknown>[]

const onSqlite = (path: string, statement: string): Rows => {
  const db = new Database(path)
  const prepared = db.prepare<[], Record<string, unknown>>(statement)
  const rows = prepared.reader ? prepared.all() : (prepared.run(), [])
  db.close()
  return rows
}

/** Runs one statement; returns its rows. */
export const runSql = async (url: string, statement: string): Promise<Rows> => {
  if (url.startsWith('sqlite:')) return onSqlite(url.slice('sqlite:'.length), statement)
  if (url.startsWith('mysql:')) {
    const pool = createPool({ uri: url })
    const [rows] = await pool.query(statement).finally(() => pool.end())
    return rows as Rows
  }
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return (await client.query<Record<string, unknown>>(statement).finally(() => client.end())).rows
}

export interface Kept {
  /** The id of Okta's call. */
  readonly event: string
  readonly replica: string
  readonly outcome: string
}

export const readDecisions = async (url: string): Promise<Kept[]> => {
  const columns = 'okta_event_id AS event, replica, outcome'
  return (await runSql(url, `SELECT ${columns} FROM ledger_decisions`)) as unknown as Kept[]
}
