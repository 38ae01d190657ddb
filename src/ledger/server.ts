/** Owns the way to each kind of database: its driver, its connections and how to cut them. */
import { MysqlDialect, PostgresDialect, SqliteDialect, type Dialect } from 'kysely'
import { createPool } from 'mysql2'
import pg from 'pg'
import { openFile } from './file.ts'

export type Kind = 'sqlite' | 'postgres' | 'mysql'

export interface Server {
  readonly kind: Kind
  readonly dialect: Dialect
  /** Ends every connection at once, answered or not: a hung one would never end by itself. */
  readonly cut: () => void
}

const CONNECT_TIMEOUT_MS = 3_000

/** Long enough for another process's migration; the ledger's thread waits, and no answer does. */
const BUSY_TIMEOUT_MS = 2_000

/** One connection: the ledger's thread asks one thing at a time. */
const SIZE = 1

const openSqlite = (url: string): Server => {
  const database = openFile(url.replace(/^sqlite:/, ''), BUSY_TIMEOUT_MS)
  return {
    kind: 'sqlite',
    dialect: new SqliteDialect({ database }),
    cut: () => void database.close(),
  }
}

const openPostgres = (url: string): Server => {
  const pool = new pg.Pool({
    connectionString: url,
    max: SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  })
  const clients = new Set<pg.PoolClient>()
  pool.on('connect', (client) => {
    clients.add(client)
    // Heard here so that it does not end the process; the next statement fails of it.
    client.on('error', () => undefined)
  })
  pool.on('remove', (client) => clients.delete(client))
  pool.on('error', () => undefined)
  const cut = (): void => {
    for (const client of clients) void (client as unknown as pg.Client).end().catch(() => undefined)
    void pool.end().catch(() => undefined)
  }
  return { kind: 'postgres', dialect: new PostgresDialect({ pool }), cut }
}

const openMysql = (url: string): Server => {
  const pool = createPool({ uri: url, connectionLimit: SIZE, connectTimeout: CONNECT_TIMEOUT_MS })
  const connections = new Set<{ destroy(): void }>()
  pool.on('connection', (connection) => {
    connections.add(connection)
    connection.on('end', () => connections.delete(connection))
  })
  const cut = (): void => {
    for (const connection of connections) connection.destroy()
    pool.end(() => undefined)
  }
  return { kind: 'mysql', dialect: new MysqlDialect({ pool }), cut }
}

const OPENERS: Readonly<Record<string, (url: string) => Server>> = {
  sqlite: openSqlite,
  postgres: openPostgres,
  postgresql: openPostgres,
  mysql: openMysql,
}

/**
 * Opens a SQLite file, or makes ready to connect to a server at the first statement.
 * @throws AppError `ledger_unusable` when a file cannot be opened
 */
export const openServer = (url: string): Server => {
  const open = OPENERS[url.split(':', 1)[0] ?? '']
  if (!open) throw new TypeError('not a URL of a ledger')
  return open(url)
}
