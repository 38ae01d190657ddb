/** What sets one kind of database apart from another, for the store that runs lookups on it. */
import { lineWarnings, type Address } from '../../sql/address.ts'
import type { Clock } from '../../clock.ts'
import type { Patterns } from '../../sql/failures.ts'
import type { ColumnRules } from '../check/lookup-columns.ts'
import type { Lookup } from './lookup.ts'
import type { SqlDialect } from './parameters.ts'
import type { Link } from './connection-pool.ts'
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

export interface SqlLink extends Link {
  query(text: string, values?: readonly string[]): Promise<QueryResult>
  /** The types of the lookup's columns; the lookup is not run for it. */
  describe(lookup: Lookup): Promise<readonly ColumnType[]>
  /** The plan of the lookup, in the database's own form. */
  explain(lookup: Lookup): Promise<QueryResult['rows']>
  /** Whether the link is as good as before after a query has failed so. */
  survives(err: Error): boolean
}

export interface Target {
  readonly url: string
  /** PEM certificates to trust in place of the public ones. */
  readonly ca: string | undefined
  /** Milliseconds after which a statement is ended. */
  readonly statementMs: number
  readonly clock: Clock
}

export interface StoreTarget {
  /** Opens a session that cannot write. */
  readonly open: () => SqlLink
  /** Resolves when every session has come to its end, or is not waited for any longer. */
  readonly ended?: () => Promise<void>
  readonly findings: readonly Finding[]
}

/** Firewalls forget quiet connections without a word, the strictest after some minutes. */
export const SERVER_IDLE_MS = 60_000

export interface Driver extends Patterns {
  readonly dialect: SqlDialect
  /** The most sessions that are of use; not set where the server decides. */
  readonly maxLinks?: number
  /** Milliseconds after which a session that nobody used is not trusted any more. */
  readonly maxIdleMs: number
  /** @throws AppError `legacy_unusable` when the URL is wrong */
  readonly locate: (target: Target) => StoreTarget
  /** Codes or sentences of failures at the login's own text: no characters for it, or no pattern. */
  readonly unfindable: RegExp
  /** Looks at how the database would run the lookup. */
  readonly inspect: (
    link: SqlLink,
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

/** What to know about a connection that is not private. */
export const lineFindings = (address: Address): Finding[] =>
  lineWarnings(address, 'LEGACY_DB').map((text) => warn('connection', text))

/** What the check of a lookup works with. */
export interface CheckDeps extends ColumnRules {
  /** Lends a session with the database. */
  readonly ask: <T>(work: (link: SqlLink) => Promise<T>) => Promise<T>
  readonly driver: Driver
  readonly lookup: Lookup
  readonly auditSql: string | undefined
  /** Whether the statement returned a flag when it last passed. */
  readonly hadFlag: boolean
  /** Whether there is time left for what the check can do without. */
  readonly hasTime: () => boolean
}
