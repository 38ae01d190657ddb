/** The interface of a driver: what a kind of database must offer so that lookups can be run on it. */
import { transportWarnings, type Address } from '../../sql/address.ts'
import type { Clock } from '../../clock.ts'
import type { DatabaseKind } from '../../sql/kinds.ts'
import type { ColumnRules } from '../check/lookup-columns.ts'
import type { Lookup } from './lookup.ts'
import type { SqlDialect } from './parameters.ts'
import type { PooledConnection } from '../connection-pool.ts'
import type { Finding } from '../store.ts'

export interface QueryResult {
  /** Known even where there is no row. */
  readonly columns: readonly string[]
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  /** Which store answered, where it can be replaced by another: a file's device and inode. */
  readonly store?: string | undefined
}

/** What the database's catalogue says of a column that a statement returns. */
export interface ColumnType {
  readonly name: string
  readonly kind: 'boolean' | 'number' | 'text' | 'bytes' | 'date' | 'other' | 'unknown'
  /** Every value that an enumeration may have. */
  readonly words?: readonly string[]
}

export interface SqlConnection extends PooledConnection {
  query(text: string, values?: readonly string[]): Promise<QueryResult>
  /** The types of the lookup's columns; the lookup is not run for it. */
  describe(lookup: Lookup): Promise<readonly ColumnType[]>
  /** The plan of the lookup, in the database's own form. */
  explain(lookup: Lookup): Promise<QueryResult['rows']>
  /** Whether the connection can still be used after a query has failed with this error. */
  survives(err: Error): boolean
}

export interface ConnectorOptions {
  readonly url: string
  /** PEM certificates to trust in place of the public ones. */
  readonly ca: string | undefined
  /** Milliseconds after which a statement is ended. */
  readonly statementMs: number
  readonly clock: Clock
}

export interface Connector {
  /** Opens a session that cannot write. */
  readonly open: () => SqlConnection
  /** Resolves when every session has ended, or has taken too long. */
  readonly untilClosed?: () => Promise<void>
  readonly findings: readonly Finding[]
}

/** Firewalls silently drop idle connections, the strictest after some minutes. */
export const SERVER_IDLE_MS = 60_000

export interface Driver {
  readonly kind: DatabaseKind
  readonly dialect: SqlDialect
  /** The most sessions that are useful; absent where the server decides. */
  readonly maxConnections?: number
  /** Milliseconds after which an idle session is not trusted any more. */
  readonly maxIdleMs: number
  /** @throws AppError `legacy_unusable` when the URL is wrong */
  readonly createConnector: (target: ConnectorOptions) => Connector
  /** Codes or sentences of failures that the text of the login causes: characters that cannot be stored, or a bad pattern. */
  readonly invalidLogin: RegExp
  /** Names what its user may write, in one column; absent where the session alone decides. */
  readonly writableSql?: string
  /** Looks at how the database would run the lookup. */
  readonly inspect: (
    connection: SqlConnection,
    lookup: Lookup,
    unchecked: boolean,
  ) => Promise<readonly Finding[]>
}

export const warn = (topic: Finding['topic'], text: string): Finding => ({
  topic,
  level: 'warning',
  text,
})
export const ok = (topic: Finding['topic'], text: string): Finding => ({ topic, level: 'ok', text })

/** The warning for a connection that is not private. */
export const transportFindings = (address: Address): Finding[] =>
  transportWarnings(address, 'LEGACY_DB').map((text) => warn('connection', text))

/** What the check of a lookup works with. */
export interface CheckDeps extends ColumnRules {
  /** Lends a session with the database. */
  readonly use: <T>(work: (connection: SqlConnection) => Promise<T>) => Promise<T>
  readonly driver: Driver
  readonly lookup: Lookup
  readonly auditSql: string | undefined
  /** Whether the statement returned a flag when it last passed. */
  readonly hadFlag: boolean
  /** Whether there is time left for what the check can do without. */
  readonly hasTime: () => boolean
}
