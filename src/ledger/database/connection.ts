/** Connects to each kind of database: its driver, its connections and how to cut them. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { MysqlDialect, PostgresDialect, SqliteDialect, type Dialect } from 'kysely'
import pg from 'pg'
import {
  describeAddress,
  transportWarnings,
  parseAddress,
  type Address,
} from '../../sql/address.ts'
import { databaseKindOf, sqlitePath, type DatabaseKind } from '../../sql/kinds.ts'
import mysql, { mysqlOptions } from '../../sql/mysql-driver.ts'
import { PostgresClient, postgresOptions } from '../../sql/postgres-client.ts'
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

const openPostgres = (address: Address): DatabaseConnection => {
  const pool = new pg.Pool({
    ...postgresOptions(address),
    Client: PostgresClient,
    application_name: 'okta-migrate',
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  })
  const clients = new Set<pg.PoolClient>()
  pool.on('connect', (client) => {
    clients.add(client)
    // Without a listener it would end the process; the next statement fails because of it.
    client.on('error', () => undefined)
  })
  pool.on('remove', (client) => clients.delete(client))
  pool.on('error', () => undefined)
  const cut = (): void => {
    for (const client of clients) void (client as unknown as pg.Client).end().catch(() => undefined)
    void pool.end().catch(() => undefined)
  }
  return { kind: 'postgres', dialect: new PostgresDialect({ pool }), cut, isThere: always }
}

const openMysql = (address: Address): DatabaseConnection => {
  const pool = mysql.createPool({
    ...mysqlOptions(address),
    connectionLimit: POOL_SIZE,
    connectTimeout: CONNECT_TIMEOUT_MS,
  })
  const connections = new Set<{ destroy(): void }>()
  pool.on('connection', (connection) => {
    connections.add(connection)
    connection.on('end', () => connections.delete(connection))
  })
  const cut = (): void => {
    for (const connection of connections) connection.destroy()
    pool.end(() => undefined)
  }
  return { kind: 'mysql', dialect: new MysqlDialect({ pool }), cut, isThere: always }
}

const SERVERS: Readonly<Partial<Record<DatabaseKind, (address: Address) => DatabaseConnection>>> = {
  postgres: openPostgres,
  mysql: openMysql,
}

/** Where the ledger is. */
export interface LedgerTarget {
  /** As LEDGER_DB_URL. */
  readonly url: string
  /** PEM certificates to trust for a server in place of the public ones. */
  readonly ca?: string | undefined
}

/** @returns undefined for a SQLite file */
const remoteTarget = ({ url, ca }: LedgerTarget) => {
  const kind = databaseKindOf(url)
  if (kind === 'sqlite') return undefined
  const open = kind && SERVERS[kind]
  if (!open) throw new TypeError('not a URL of a ledger')
  return { open, address: parseAddress(url, { prefix: 'LEDGER_DB', ca }) }
}

/**
 * Where the ledger is, in words that may be logged, and warnings about the connection to it.
 * @throws AppError `ledger_unusable` for a URL that cannot be used
 */
export const describeLedgerTarget = (target: LedgerTarget) => {
  const remote = remoteTarget(target)
  if (!remote) return { name: target.url, warnings: [] }
  const { address } = remote
  return { name: describeAddress(address), warnings: transportWarnings(address, 'LEDGER_DB') }
}

/**
 * Opens a SQLite file, or prepares to connect to a server at the first statement.
 * @param isReopened whether it was open before: then a directory that is gone was a right one, and is made again
 * @throws AppError `ledger_unusable` when the URL cannot be used or a file cannot be opened;
 * `ledger_unavailable` where its disk is full or fails
 */
export const openConnection = (target: LedgerTarget, isReopened = false): DatabaseConnection => {
  const remote = remoteTarget(target)
  return remote ? remote.open(remote.address) : openSqlite(sqlitePath(target.url), isReopened)
}

/**
 * The same for a ledger that a server keeps: it must be there already.
 * @param readonly whether nothing will be written
 */
export const openExisting = (target: LedgerTarget, readonly: boolean): DatabaseConnection => {
  const remote = remoteTarget(target)
  if (remote) return remote.open(remote.address)
  const database = openExistingFile(sqlitePath(target.url), BUSY_TIMEOUT_MS, readonly)
  return {
    kind: 'sqlite',
    dialect: new SqliteDialect({ database }),
    cut: () => void database.close(),
    isThere: always,
  }
}
