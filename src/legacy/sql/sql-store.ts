/** The legacy store over SQL: every lookup is checked first, and no lookup is made before its statement has passed. */
import { within, type Clock } from '../../clock.ts'
import { isTransient, matchesPattern, unreachable } from '../../sql/failures.ts'
import { AppError } from '../../errors/errors.ts'
import { checkLookup, type Passed } from '../check/check.ts'
import { knownIn, type ColumnNames } from '../check/lookup-columns.ts'
import type { QueryResult, Driver, Connector, SqlConnection } from './driver.ts'
import { unusable } from '../check/failures.ts'
import { unknownLogin } from '../../login.ts'
import { loginAs, MAX_ROWS, prepare, type Lookup } from './lookup.ts'
import type { Parameters } from './parameters.ts'
import { createConnectionPool, type ConnectionPool } from '../connection-pool.ts'
import { rowsOf, readAccount, type Row } from './row.ts'
import { CHECK_AGAIN_MS, StoreCheck } from '../store-check.ts'
import { DEFAULT_AUDIT_SQL, DEFAULT_LOOKUP_SQL, type LegacyAccount } from '../store.ts'
import type { HashStore, StoreOptions, StoreState } from '../store.ts'

/** A server may be slow to take its first connection. */
const CHECK_LIMIT_MS = 10_000

/** A store whose lookups are slow is looked at in fewer samples: it must not fail its check by them. */
const SAMPLES_LIMIT_MS = 3_000

interface Rows {
  readonly rows: readonly Row[]
  readonly columns: ColumnNames
}

const NOTHING: QueryResult = { columns: [], rows: [] }

/**
 * Whether any account could have these names. NUL and lone surrogates are in no login: PostgreSQL fails
 * on the one, UTF-8 has no form for the other, and some collations of MySQL pass over NUL, so that one
 * person's login would find another's account. An empty login is never looked up.
 */
const isSearchable = ({ login, username }: Parameters): boolean =>
  login !== '' && !/[\0\p{Surrogate}]/u.test(`${login}\n${username}`)

/** Whether the answer is one that the check has not seen: of another file, or with other columns that are read. */
const isUnexpected = ({ store, columns }: QueryResult, passed: Passed): boolean =>
  store !== passed.store || knownIn(columns) !== passed.known

export class SqlStore implements HashStore {
  readonly check: StoreCheck<HashStore, Passed>
  readonly #driver: Driver
  readonly #options: StoreOptions
  readonly #pool: ConnectionPool<SqlConnection>
  readonly #untilClosed: Connector['untilClosed']
  readonly #lookup: Lookup
  readonly #clock: Clock
  readonly #ping = loginAs(unknownLogin())
  #recheckedAt = -Infinity
  #hadFlag = false
  foreignRows = 0
  findings: HashStore['findings'] = []
  hashes: HashStore['hashes'] = []

  /** @throws AppError `legacy_unusable` when the URL or the statement is wrong in itself */
  constructor(driver: Driver, url: string, options: StoreOptions) {
    const { sql = DEFAULT_LOOKUP_SQL, poolSize, lookupMs: statementMs, ca, clock } = options
    const { open, untilClosed, findings } = driver.createConnector({ url, ca, statementMs, clock })
    this.#driver = driver
    this.#untilClosed = untilClosed
    this.#options = options
    this.#clock = clock
    try {
      this.#lookup = prepare(sql, driver.dialect)
    } catch (cause) {
      throw unusable(cause, false)
    }
    const size = Math.min(poolSize, driver.maxConnections ?? poolSize)
    this.#pool = createConnectionPool({ size, open, maxIdleMs: driver.maxIdleMs, clock })
    this.findings = findings
    this.check = new StoreCheck<HashStore, Passed>({
      ...{ store: this, clock, onCheck: options.onCheck, run: () => this.#tryLookup() },
      toError: (err) =>
        isTransient(err, driver.kind) ? unreachable(err) : unusable(err, options.sql === undefined),
    })
  }

  get state(): StoreState {
    return this.check.state
  }

  async find(login: string, username: string, deadline = Infinity): Promise<LegacyAccount[]> {
    const { rows, columns } = await this.#rowsFor({ login, username }, deadline)
    const own = rowsOf(rows, columns, username, this.#options.unchecked)
    this.foreignRows += rows.length - own.length
    const accounts = own.slice(0, 2).map((row) => readAccount(row, columns))
    // Where rows were cut off, a second account of this login may be among them.
    const [account] = accounts
    return rows.length === MAX_ROWS && account ? [account, account] : accounts
  }

  async ping(): Promise<void> {
    await this.#rowsFor(this.#ping, Infinity)
  }

  async close(): Promise<void> {
    this.#pool.close()
    await this.#untilClosed?.()
  }

  async #rowsFor(parameters: Parameters, deadline: number): Promise<Rows> {
    if (!isSearchable(parameters)) return { rows: [], columns: {} }
    const until = Math.min(deadline, this.#clock.now() + this.#options.lookupMs)
    try {
      const found = (await this.#ask(parameters, until)) ?? (await this.#ask(parameters, until))
      if (found) return found
      throw new AppError('legacy_unavailable', { detail: 'the store was replaced twice' })
    } catch (cause) {
      if (cause instanceof AppError && cause.code === 'legacy_unavailable') throw cause
      throw new AppError('legacy_unavailable', { cause })
    }
  }

  /** @returns undefined where the store has to be checked again first */
  async #ask(parameters: Parameters, until: number): Promise<Rows | undefined> {
    const late = (): AppError => new AppError('legacy_unavailable', { detail: 'no answer in time' })
    const passed = this.check.passed ?? (await within(this.#clock, until, this.check.run(), late))
    const answer = await this.#pool.use(until, (connection) => this.#query(connection, parameters))
    if (answer instanceof Error) throw answer
    const { columns } = passed
    if (answer === NOTHING || !isUnexpected(answer, passed)) return { rows: answer.rows, columns }
    if (this.check.passed === passed) this.check.revoke()
    return undefined
  }

  /** @returns an error that leaves the connection as good as it was */
  async #query(connection: SqlConnection, parameters: Parameters): Promise<QueryResult | Error> {
    try {
      return await connection.query(this.#lookup.text, this.#lookup.valuesOf(parameters))
    } catch (err) {
      if (matchesPattern(this.#driver.invalidLogin, err)) return NOTHING
      if (!isTransient(err, this.#driver.kind)) this.#recheckAfterFailure()
      if (err instanceof Error && connection.survives(err)) return err
      throw err
    }
  }

  /**
   * The statement or the store may not be what it was when it passed, or a login or one row caused the error.
   * One lookup tells, so that nobody can make the server check again and again.
   */
  #recheckAfterFailure(): void {
    if (this.#clock.now() - this.#recheckedAt < CHECK_AGAIN_MS) return
    this.#recheckedAt = this.#clock.now()
    const until = this.#recheckedAt + this.#options.lookupMs
    const { passed } = this.check
    const { text, valuesOf } = this.#lookup
    this.#pool
      .use(until, (connection) => connection.query(text, valuesOf(this.#ping)))
      .catch((err: unknown) => {
        if (isTransient(err, this.#driver.kind) || this.check.passed !== passed) return undefined
        this.check.revoke()
        return this.check.run()
      })
      // The check has reported what it found.
      .catch(() => undefined)
  }

  async #tryLookup(): Promise<Passed> {
    const { unchecked, ignored, auditSql, sql } = this.#options
    const began = this.#clock.now()
    const until = began + CHECK_LIMIT_MS
    const passed = await checkLookup({
      use: (work) => this.#pool.use(until, work),
      driver: this.#driver,
      lookup: this.#lookup,
      auditSql: auditSql ?? (sql === undefined ? DEFAULT_AUDIT_SQL : undefined),
      unchecked,
      ignored,
      hadFlag: this.#hadFlag,
      hasTime: () => this.#clock.now() < began + SAMPLES_LIMIT_MS,
    })
    const connection = this.findings.filter(({ topic }) => topic === 'connection')
    this.#hadFlag = passed.columns.enabled !== undefined
    this.findings = [...connection, ...passed.findings]
    this.hashes = passed.hashes
    return passed
  }
}
