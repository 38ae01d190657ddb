/** Owns the reading of users straight from the legacy database, read-only and row by row. */
import { isUtf8 } from 'node:buffer'
import { databaseKindOf, type DatabaseKind } from '../../../sql/address.ts'
import { isTransient, PATTERNS, unreachable } from '../../../sql/failures.ts'
import { AppError } from '../../../errors/errors.ts'
import type { FlawedRow, Scalar, SoundRow, Source, SourceRow, Value } from '../source.ts'

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
  sqlite: async () => (await import('./sqlite-reader.ts')).openSqliteReader,
  postgres: async () => (await import('./postgres-reader.ts')).openPostgresReader,
  mysql: async () => (await import('./mysql-reader.ts')).openMysqlReader,
}

/** The statement of how many rows there are, the same for every database. */
export const countingOf = (sql: string): string => `SELECT count(*) FROM (${sql}\n) AS users`

/** @returns undefined for what is no value, such as a JSON object, or bytes that are no text */
const toScalar = (cell: unknown): Scalar | undefined => {
  if (typeof cell === 'bigint') return Number.isSafeInteger(Number(cell)) ? Number(cell) : `${cell}`
  if (typeof cell === 'number' || typeof cell === 'boolean' || typeof cell === 'string') return cell
  if (cell instanceof Date) return cell.toISOString()
  return Buffer.isBuffer(cell) && isUtf8(cell) ? cell.toString('utf8') : undefined
}

const toValue = (cell: unknown): Value | undefined => {
  if (!Array.isArray(cell)) return toScalar(cell)
  const all = cell.map(toScalar)
  return all.includes(undefined) ? undefined : (all as Scalar[])
}

const isEmpty = (cell: unknown): boolean => cell === null || cell === undefined || cell === ''

const read = (
  columns: readonly string[],
  cells: readonly unknown[],
): Pick<SoundRow, 'fields'> | Pick<FlawedRow, 'flaw' | 'raw'> => {
  const fields = new Map<string, Value>()
  for (const [i, name] of columns.entries()) {
    if (isEmpty(cells[i])) continue
    const value = toValue(cells[i])
    if (value === undefined)
      return {
        flaw: `${name} holds a JSON object, a list with a gap, or bytes that are no text`,
        raw: '',
      }
    fields.set(name, value)
  }
  return { fields }
}

async function* iterate(
  { rows, columns, total }: Reader,
  kind: DatabaseKind,
): AsyncGenerator<SourceRow, void> {
  let number = 0
  try {
    for await (const cells of rows) {
      number++
      const behind = Math.min(1, number / total)
      yield { number, line: number, behind, ...read(columns, cells) }
    }
  } catch (cause) {
    const { code = 'no code' } = cause as { code?: string }
    const detail = `The legacy database ended the reading after row ${number} (${code}).`
    const isAway = isTransient(cause, PATTERNS[kind])
    throw new AppError(isAway ? 'legacy_unavailable' : 'input_unusable', { detail, cause })
  }
}

const refuse = (cause: unknown, kind: DatabaseKind): AppError => {
  if (isTransient(cause, PATTERNS[kind])) return unreachable(cause)
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
 * @throws AppError `legacy_unavailable` where the database is out of reach, `legacy_unusable` where it says no
 */
export const openSqlSource = async (database: Database, sql: string): Promise<Source> => {
  const kind = databaseKindOf(database.url)
  if (!kind) throw new TypeError('unchecked LEGACY_DB_URL')
  try {
    const open = await READERS[kind]()
    const reader = await open(database, prepare(sql))
    const rows = iterate(reader, kind)
    const close = (): void => {
      reader.close()
      // What a reading that was ended on purpose fails of is nobody's.
      void rows.return(undefined).catch(() => undefined)
    }
    return {
      format: 'csv',
      hasHeader: true,
      columns: reader.columns,
      total: reader.total,
      rows,
      close,
    }
  } catch (cause) {
    throw refuse(cause, kind)
  }
}
