/** Owns the reading of users straight from the legacy database, read-only and row by row. */
import { kindOf, type DatabaseKind } from '../address.ts'
import { AppError } from '../errors.ts'
import type { Source, SourceRow, Value } from './source.ts'

/** One statement that is being read. */
export interface Reader {
  readonly columns: readonly string[]
  /** How many rows there will be, counted before. */
  readonly total: number
  readonly rows: AsyncIterable<readonly unknown[]>
  /** Ends the reading, also one that waits. */
  close(): void
}

export interface Database {
  /** As LEGACY_DB_URL. */
  readonly url: string
  /** PEM certificates to trust for a server in place of the public ones. */
  readonly ca: string | undefined
}

/** @param sql one SELECT, without a semicolon at its end */
export type OpenReader = (database: Database, sql: string) => Promise<Reader>

/** Loaded when they are asked for, since most imports need none of them. */
const READERS: Readonly<Record<DatabaseKind, () => Promise<OpenReader>>> = {
  sqlite: async () => (await import('./reader-sqlite.ts')).openSqliteReader,
  postgres: async () => (await import('./reader-postgres.ts')).openPostgresReader,
  mysql: async () => (await import('./reader-mysql.ts')).openMysqlReader,
}

/** The statement of how many rows there are, the same for every database. */
export const countingOf = (sql: string): string => `SELECT count(*) FROM (${sql}\n) AS users`

const toScalar = (cell: unknown): Value => {
  if (typeof cell === 'bigint') return Number.isSafeInteger(Number(cell)) ? Number(cell) : `${cell}`
  if (typeof cell === 'number' || typeof cell === 'boolean') return cell
  return Buffer.isBuffer(cell) ? cell.toString('utf8') : String(cell)
}

const toValue = (cell: unknown): Value =>
  Array.isArray(cell) ? cell.map((one) => toScalar(one) as string) : toScalar(cell)

const isEmpty = (cell: unknown): boolean => cell === null || cell === undefined || cell === ''

const fieldsOf = (columns: readonly string[], cells: readonly unknown[]): Map<string, Value> => {
  const pairs = columns.map((name, i) => [name, cells[i]] as const)
  return new Map(
    pairs.filter(([, cell]) => !isEmpty(cell)).map(([name, cell]) => [name, toValue(cell)]),
  )
}

async function* iterate({ rows, columns, total }: Reader): AsyncGenerator<SourceRow, void> {
  let number = 0
  try {
    for await (const cells of rows) {
      number++
      const behind = Math.min(1, number / total)
      yield { number, line: number, behind, fields: fieldsOf(columns, cells) }
    }
  } catch (cause) {
    const { code = 'no code' } = cause as { code?: string }
    const detail = `The legacy database ended the reading after row ${number} (${code}).`
    throw new AppError('input_unusable', { detail, cause })
  }
}

const refuse = (cause: unknown): AppError => {
  if (cause instanceof AppError) return cause
  const message = cause instanceof Error ? cause.message : ''
  return new AppError('legacy_unusable', { detail: `LEGACY_USERS_SQL: ${message}`, cause })
}

const prepare = (sql: string): string => {
  if (!/\border\s+by\b/i.test(sql)) {
    throw new TypeError('it must have ORDER BY, so that a run that goes on meets the same rows')
  }
  return sql.trim().replace(/;$/, '')
}

/**
 * @param sql one SELECT with ORDER BY, whose columns are named like those of a CSV file
 * @throws AppError `legacy_unusable`
 */
export const openSqlSource = async (database: Database, sql: string): Promise<Source> => {
  const kind = kindOf(database.url)
  if (!kind) throw new TypeError('unchecked LEGACY_DB_URL')
  try {
    const open = await READERS[kind]()
    const reader = await open(database, prepare(sql))
    const rows = iterate(reader)
    const close = (): void => {
      reader.close()
      // What a reading that was ended on purpose fails of is nobody's.
      void rows.return(undefined).catch(() => undefined)
    }
    return { format: 'csv', hasHeader: true, columns: reader.columns, rows, close }
  } catch (cause) {
    throw refuse(cause)
  }
}
