/** Owns the way to each kind of database: its driver, its connections and how to cut them. */
import { MysqlDialect, PostgresDialect, SqliteDialect, type Dialect } from 'kysely'
import { createPool } from 'mysql2'
import pg from 'pg'
import { lineWarnings, mysqlTls, parseAddress, postgresTls, type Address } from '../address.ts'
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

const openSqlite = (path: string): Server => {
  const database = openFile(path, BUSY_TIMEOUT_MS)
  return {
    kind: 'sqlite',
    dialect: new SqliteDialect({ database }),
    cut: () => void database.close(),
  }
}

const openPostgres = ({ password, tls, ...where }: Address): Server => {
  const pool = new pg.Pool({
    ...where,
    // As a function it is used as it is, even empty; else the driver looks in its user's home.
    password: () => password,
    ssl: postgresTls(tls),
    application_name: 'okta-migrate',
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

const openMysql = ({ tls, ...where }: Address): Server => {
  const pool = createPool({
    ...where,
    ...mysqlTls(tls),
    connectionLimit: SIZE,
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
  return { kind: 'mysql', dialect: new MysqlDialect({ pool }), cut }
}

interface Remote {
  readonly defaultPort: number
  readonly open: (address: Address) => Server
}

const POSTGRES: Remote = { defaultPort: 5432, open: openPostgres }
const MYSQL: Remote = { defaultPort: 3306, open: openMysql }

const REMOTES: Readonly<Record<string, Remote>> = {
  postgres: POSTGRES,
  postgresql: POSTGRES,
  mysql: MYSQL,
  mariadb: MYSQL,
}

/** Where the ledger is. */
export interface Place {
  /** As LEDGER_DB_URL. */
  readonly url: string
  /** PEM certificates to trust for a server in place of the public ones. */
  readonly ca?: string | undefined
}

/** The path of a SQLite ledger; undefined for one on a server. */
export const sqlitePath = (url: string): string | undefined => /^sqlite:(.+)/s.exec(url)?.[1]

const remoteAt = ({ url, ca }: Place): { remote: Remote; address: Address } => {
  const remote = REMOTES[url.split(':', 1)[0] ?? '']
  if (!remote) throw new TypeError('not a URL of a ledger')
  const { defaultPort } = remote
  return { remote, address: parseAddress(url, { prefix: 'LEDGER_DB', defaultPort, ca }) }
}

/**
 * Where the ledger is, in words that may be logged, and what to know about the way there.
 * @throws AppError `ledger_unusable` for a URL that cannot serve
 */
export const describePlace = (place: Place): { name: string; warnings: readonly string[] } => {
  if (sqlitePath(place.url) !== undefined) return { name: place.url, warnings: [] }
  const { address } = remoteAt(place)
  const { host, port, database } = address
  return { name: `${host}:${port}/${database}`, warnings: lineWarnings(address, 'LEDGER_DB') }
}

/**
 * Opens a SQLite file, or makes ready to connect to a server at the first statement.
 * @throws AppError `ledger_unusable` when the URL cannot serve or a file cannot be opened
 */
export const openServer = (place: Place): Server => {
  const path = sqlitePath(place.url)
  if (path !== undefined) return openSqlite(path)
  const { remote, address } = remoteAt(place)
  return remote.open(address)
}
