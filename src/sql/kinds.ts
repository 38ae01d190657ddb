/** The table of the kinds of database: what their URLs look like, and which of their failures pass. */

interface DatabaseTraits {
  /** The schemes of its URLs. */
  readonly schemes: readonly string[]
  /** Absent where the database is a file. */
  readonly server?: {
    readonly port: number
    /** The parameter that names a Unix socket, as libpq ("Connection URIs") and mysql2 call it. */
    readonly socketParameter: string
  }
  /** Codes or sentences of failures that end without a change of the configuration. */
  readonly transient: RegExp
  /** Sentences of failures that stay, although their code is among the transient ones. */
  readonly permanent?: RegExp
}

const KINDS = {
  sqlite: {
    schemes: ['sqlite'],
    transient: /^(?:SQLITE_(?:BUSY|LOCKED|IOERR|INTERRUPT|PROTOCOL)|ERR_WORKER)/,
  },
  postgres: {
    schemes: ['postgres', 'postgresql'],
    server: { port: 5432, socketParameter: 'host' },
    // "PostgreSQL Error Codes" (appendix A): connection exceptions, conflicts with other transactions,
    // insufficient resources, locks, operator intervention (restarts, the time limit). A session that is cut
    // off has no code. Neither has the driver's own limit for a connection, nor a message it did not expect.
    transient:
      /^(?:08|40|53|55P03|57)|^Connection terminated|^timeout expired|^[Rr]eceived (?:invalid|unexpected)/,
    // PgBouncer has one code for all its own errors, 08P01 ("src/objects.c", disconnect_client).
    permanent:
      /^(?:unsupported startup parameter|transaction blocks not allowed|no such |bouncer config error)|does not exist$/,
  },
  mysql: {
    schemes: ['mysql', 'mariadb'],
    server: { port: 3306, socketParameter: 'socketPath' },
    // "Server Error Message Reference"; 1969 is MariaDB's time limit, for which the driver has no name.
    transient:
      /^(?:PROTOCOL_\w+|HANDSHAKE_UNKNOWN_ERROR|ER_(?:CON_COUNT_ERROR|TOO_MANY_USER_CONNECTIONS|SERVER_SHUTDOWN|QUERY_TIMEOUT|QUERY_INTERRUPTED|CONNECTION_KILLED|LOCK_WAIT_TIMEOUT|LOCK_DEADLOCK)|1969)$/,
  },
} as const satisfies Readonly<Record<string, DatabaseTraits>>

/** The kinds that may hold the old accounts. The ledger has its own, fewer kinds: see `LedgerKind`. */
export type DatabaseKind = keyof typeof KINDS

export const traitsOf = (kind: DatabaseKind): DatabaseTraits => KINDS[kind]

const kinds = Object.keys(KINDS) as DatabaseKind[]

const prefixes = kinds
  .map(traitsOf)
  .flatMap(({ schemes, server }) => schemes.map((scheme) => scheme + (server ? '://' : ':')))

/** A URL of any of these kinds, as far as its beginning tells. */
export const DATABASE_URL = new RegExp(`^(?:${prefixes.join('|')}).`)

/** @returns undefined where the URL has no known scheme */
export const databaseKindOf = (url: string): DatabaseKind | undefined => {
  const scheme = url.slice(0, Math.max(0, url.indexOf(':')))
  return kinds.find((kind) => traitsOf(kind).schemes.includes(scheme))
}

/** The path in `sqlite:PATH`. */
export const sqlitePath = (url: string): string => url.slice('sqlite:'.length)
