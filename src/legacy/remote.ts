/** Owns what legacy stores on a server share: one lookup, its limits, and the check at the start. */
import { lineWarnings, parseAddress, type Address } from '../address.ts'
import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import { EMPTY, translate, type Dialect, type Parameters } from './parameters.ts'
import { createPool, type Link, type Pool } from './pool.ts'
import {
  DEFAULT_LOOKUP_SQL,
  isSearchable,
  MAX_ROWS,
  toAccount,
  type LegacyStore,
  type StoreOptions,
} from './store.ts'

export interface Answer {
  /** Told even where there is no row. */
  readonly columns: readonly string[]
  readonly rows: readonly Readonly<Record<string, unknown>>[]
}

export interface SqlLink extends Link {
  query(text: string, values?: readonly string[]): Promise<Answer>
}

export interface Lookup {
  /** As it was configured. */
  readonly sql: string
  /** As the server gets it, cut off after the second row. */
  readonly text: string
  readonly valuesOf: (parameters: Parameters) => string[]
}

/** What sets one kind of server apart from another. */
export interface Server {
  readonly dialect: Dialect
  readonly defaultPort: number
  /** Opens a session that cannot write and ends its own statements after `statementMs` milliseconds. */
  readonly open: (address: Address, statementMs: number) => SqlLink
  /** Codes of failures at the login's own text, for which the server's columns have no characters. */
  readonly unfindable: RegExp
  /** Codes of failures that pass without anybody mending the configuration. */
  readonly passing: RegExp
  /**
   * Looks at how the server would run the lookup.
   * @returns what the operator should know
   * @throws TypeError when the lookup must not be used
   */
  readonly inspect: (link: SqlLink, lookup: Lookup) => Promise<readonly string[]>
}

const NOTHING: Answer = { columns: [], rows: [] }

/** A server may be slow to take its first connection; nobody waits for an answer yet. */
const START_LIMIT_MS = 10_000

const NETWORK = /^(?:ECONN\w+|EPIPE|ETIMEDOUT|EHOST\w+|ENET\w+|EAI_AGAIN)$/

const codeOf = (err: unknown): string => {
  const { code, errno } = err as { code?: unknown; errno?: unknown }
  return String(code ?? errno)
}

const unusable = (cause: unknown): AppError => {
  const what = cause instanceof Error ? cause.message : String(cause)
  return new AppError('legacy_unusable', {
    detail: `LEGACY_DB_URL, LEGACY_LOOKUP_SQL: ${what}`,
    cause,
  })
}

/** As a derived table the statement can only be one query, and is read no further than it must be. */
const prepare = (sql: string, dialect: Dialect): Lookup => {
  try {
    const { text, names } = translate(sql.replace(/;\s*$/, ''), dialect)
    return {
      sql,
      text: `SELECT * FROM (\n${text}\n) AS lookup LIMIT ${MAX_ROWS}`,
      valuesOf: (parameters) => names.map((name) => parameters[name]),
    }
  } catch (cause) {
    throw unusable(cause)
  }
}

/**
 * Tries the lookup before anybody needs it. A server that is away is no reason not to start: it may
 * come back before the first call, and calls are answered 503 until it does.
 */
const check = async (
  pool: Pool<SqlLink>,
  clock: Clock,
  { passing, inspect }: Server,
  lookup: Lookup,
): Promise<readonly string[]> => {
  try {
    return await pool.use(clock.now() + START_LIMIT_MS, async (link) => {
      const { columns } = await link.query(lookup.text, lookup.valuesOf(EMPTY))
      if (!columns.includes('password_hash')) {
        throw new TypeError('it must return a column named password_hash')
      }
      return inspect(link, lookup)
    })
  } catch (err) {
    const code = codeOf(err)
    if (!(err instanceof AppError) && !NETWORK.test(code) && !passing.test(code))
      throw unusable(err)
    const why = err instanceof AppError ? err.detail : code
    return [
      `The legacy store cannot be read yet (${why ?? ''}): calls are answered 503 until it can, and LEGACY_LOOKUP_SQL is unchecked.`,
    ]
  }
}

/** @throws AppError `legacy_unusable` when the URL, the server or the statement cannot serve */
export const openRemoteStore = async (
  server: Server,
  url: string,
  { sql = DEFAULT_LOOKUP_SQL, poolSize, lookupMs, ca, clock }: StoreOptions,
): Promise<LegacyStore> => {
  const { defaultPort } = server
  const address = parseAddress(url, { prefix: 'LEGACY_DB', defaultPort, ca })
  const lookup = prepare(sql, server.dialect)
  const pool = createPool({ size: poolSize, open: () => server.open(address, lookupMs), clock })

  const run = (parameters: Parameters) => (link: SqlLink) =>
    link.query(lookup.text, lookup.valuesOf(parameters)).catch((err: unknown) => {
      if (server.unfindable.test(codeOf(err))) return NOTHING
      throw err
    })

  const find: LegacyStore['find'] = async (login, username, deadline = Infinity) => {
    if (!isSearchable(login, username)) return []
    try {
      const until = Math.min(deadline, clock.now() + lookupMs)
      const { rows } = await pool.use(until, run({ login, username }))
      return rows.map(toAccount)
    } catch (cause) {
      throw cause instanceof AppError ? cause : new AppError('legacy_unavailable', { cause })
    }
  }

  return {
    warnings: [
      ...lineWarnings(address, 'LEGACY_DB'),
      ...(await check(pool, clock, server, lookup)),
    ],
    find,
    ping: async () => {
      await find(EMPTY.login, EMPTY.username)
    },
    close: async () => pool.close(),
  }
}
