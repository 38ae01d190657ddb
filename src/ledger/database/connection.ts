/** Connects to each kind of database: its driver, its connections and how to cut them. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { MysqlDialect, PostgresDialect, SqliteDialect, type Dialect } from 'kysely'
import type { PoolClient } from 'pg'
import type { Address } from '../../sql/address.ts'
import { sqlitePath } from '../../sql/kinds.ts'
import { ledgerServer, type LedgerTarget } from '../target.ts'
import type { LedgerKind } from './schema.ts'
import { openExistingFile, openSqliteFile, watchFile } from './sqlite-file.ts'

export interface DatabaseConnection {
  readonly kind: LedgerKind
  readonly dialect: Dialect
  /** Ends every connection at once, answered or not: one that hangs would never end otherwise. */
  readonly cut: () => void
  /** False when its file was deleted or replaced since it was opened. */
  readonly isThere: () => boolean
}

const always = (): boolean => true

const CONNECT_TIMEOUT_MS = 3_000

/** Long enough for another process's migration; only the ledger's thread waits, and no answer does. */
const BUSY_TIMEOUT_MS = 2_000

/** The ledger's thread runs one statement at a time. */
const POOL_SIZE = 1

const openSqlite = (path: string, isReopened: boolean): DatabaseConnection => {
  if (isReopened) mkdirSync(dirname(path), { recursive: true })
  const database = openSqliteFile(path, BUSY_TIMEOUT_MS)
  const fileState = watchFile(path)
  return {
    kind: 'sqlite',
    dialect: new SqliteDialect({ database }),
    cut: () => void database.close(),
    isThere: () => fileState() === 'there',
  }
}

/** A pool that is made for the first statement, since a driver takes tens of milliseconds and some megabytes to load. */
const lazyPool = <Pool>(create: () => Promise<Pool>, end: (pool: Pool) => void) => {
  let made: Promise<Pool> | undefined
  let isCut = false
  const endIfCut = (pool: Pool): Pool => {
    if (isCut) end(pool)
    return pool
  }
  return {
    pool: () => (made ??= create().then(endIfCut)),
    cut: (): void => {
      isCut = true
      made?.then(end).catch(() => undefined)
    },
  }
}

const createPostgresPool = async (address: Address, clients: Set<PoolClient>) => {
  const { default: pg } = await import('pg')
  const { PostgresClient, postgresOptions } = await import('../../sql/postgres-client.ts')
  const pool = new pg.Pool({
    ...postgresOptions(address),
    Client: PostgresClient,
    application_name: 'okta-migrate',
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  })
  pool.on('connect', (client) => {
    clients.add(client)
    // Without a listener it would end the process; the next statement fails because of it.
    client.on('error', () => undefined)
  })
  pool.on('remove', (client) => clients.delete(client))
  return pool.on('error', () => undefined)
}

const openPostgres = (address: Address): DatabaseConnection => {
  const clients = new Set<PoolClient>()
  const { pool, cut } = lazyPool(
    () => createPostgresPool(address, clients),
    (made) => {
      for (const client of clients) {
        void (client as unknown as { end(): Promise<void> }).end().catch(() => undefined)
      }
      void made.end().catch(() => undefined)
    },
  )
  return { kind: 'postgres', dialect: new PostgresDialect({ pool }), cut, isThere: always }
}

const createMysqlPool = async (address: Address, connections: Set<{ destroy(): void }>) => {
  const { default: mysql, mysqlOptions } = await import('../../sql/mysql-driver.ts')
  const pool = mysql.createPool({
    ...mysqlOptions(address),
    connectionLimit: POOL_SIZE,
    connectTimeout: CONNECT_TIMEOUT_MS,
  })
  pool.on('connection', (connection) => {
    connections.add(connection)
    // The driver's own listener hears one error, and two can come; the next statement fails because of them.
    connection.on('error', () => undefined)
    connection.on('end', () => connections.delete(connection))
  })
  return pool
}

const openMysql = (address: Address): DatabaseConnection => {
  const connections = new Set<{ destroy(): void }>()
  const { pool, cut } = lazyPool(
    () => createMysqlPool(address, connections),
    (made) => {
      for (const connection of connections) connection.destroy()
      made.end(() => undefined)
    },
  )
  return { kind: 'mysql', dialect: new MysqlDialect({ pool }), cut, isThere: always }
}

const SERVERS = { postgres: openPostgres, mysql: openMysql }

/**
 * Opens a SQLite file, or prepares to connect to a server at the first statement.
 * @param isReopened whether it was open before: then a directory that is gone was a right one, and is made again
 * @throws AppError `ledger_unusable` when the URL cannot be used or a file cannot be opened;
 * `ledger_unavailable` where its disk is full or fails
 */
export const openConnection = (target: LedgerTarget, isReopened = false): DatabaseConnection => {
  const server = ledgerServer(target)
  return server
    ? SERVERS[server.kind](server.address)
    : openSqlite(sqlitePath(target.url), isReopened)
}

/**
 * The same for a ledger that a server keeps: it must be there already.
 * @param readonly whether nothing will be written
 */
export const openExisting = (target: LedgerTarget, readonly: boolean): DatabaseConnection => {
  const server = ledgerServer(target)
  if (server) return SERVERS[server.kind](server.address)
  const database = openExistingFile(sqlitePath(target.url), BUSY_TIMEOUT_MS, readonly)
  return {
    kind: 'sqlite',
    dialect: new SqliteDialect({ database }),
    cut: () => void database.close(),
    isThere: always,
  }
}
