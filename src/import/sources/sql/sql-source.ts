/** Reads users straight from the legacy database, row by row, as a source of an import. */
import { isUtf8 } from 'node:buffer'
import { isTransient, sentenceOf, unreachable } from '../../../sql/failures.ts'
import { databaseKindOf, type DatabaseKind } from '../../../sql/kinds.ts'
import { AppError } from '../../../errors/errors.ts'
import { isNoValue, type Scalar, type Source, type SourceRow, type Value } from '../source.ts'
import type { OpenReader, SqlReader, SqlTarget } from './sql-reader.ts'

/** Loaded when needed, since most imports need none of them. */
const READERS: Readonly<Record<DatabaseKind, () => Promise<OpenReader>>> = {
  sqlite: async () => (await import('./sqlite-reader.ts')).openSqliteReader,
  postgres: async () => (await import('./postgres-reader.ts')).openPostgresReader,
  mysql: async () => (await import('./mysql-reader.ts')).openMysqlReader,
}

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

export interface StatementRules {
  /** The variable or option that holds the statement, or the database if the statement is ours. */
  readonly variable: 'LEGACY_DB_URL' | 'LEGACY_USERS_SQL' | 'LEGACY_AUDIT_SQL' | '--sql'
  readonly isOrdered: boolean
  /** Whether an empty text is a value, as it is for the hook: as a flag it is unclear, and NULL is not. */
  readonly keepsEmpty: boolean
  /** Reads bytes, where it matters in which column they are. */
  readonly readBytes?: (column: string, bytes: Buffer) => string | undefined
  /** Columns that are left out where they hold what is no value; any other makes its row unreadable. */
  readonly mayLeaveOut?: (column: string) => boolean
}

const USERS_SQL: StatementRules = {
  variable: 'LEGACY_USERS_SQL',
  isOrdered: true,
  keepsEmpty: false,
}

const ODD = 'holds a JSON object, a list with a gap, or bytes that are no text'

const read = (
  columns: readonly string[],
  cells: readonly unknown[],
  { keepsEmpty, readBytes, mayLeaveOut }: StatementRules,
): { fields: ReadonlyMap<string, Value> } | { flaw: string; raw: string } => {
  const fields = new Map<string, Value>()
  for (const [i, name] of columns.entries()) {
    const cell = cells[i]
    if (cell === '' ? !keepsEmpty : isNoValue(cell)) continue
    const value = readBytes && Buffer.isBuffer(cell) ? readBytes(name, cell) : toValue(cell)
    if (value === undefined && mayLeaveOut?.(name)) continue
    if (value === undefined) return { flaw: `${name} ${ODD}`, raw: '' }
    fields.set(name, value)
  }
  return { fields }
}

async function* iterate(
  { rows, columns, total }: SqlReader,
  kind: DatabaseKind,
  rules: StatementRules,
): AsyncGenerator<SourceRow, void> {
  let number = 0
  try {
    for await (const cells of rows) {
      number++
      const fractionRead = Math.min(1, number / total)
      yield { number, line: number, fractionRead, ...read(columns, cells, rules) }
    }
  } catch (cause) {
    const { code = 'no code' } = cause as { code?: string }
    const detail = `Reading from the legacy database failed after row ${number} (${code}).`
    const isAway = isTransient(cause, kind)
    throw new AppError(isAway ? 'legacy_unavailable' : 'input_unusable', { detail, cause })
  }
}

/** With the place that was asked, but never its user or password. */
const away = (cause: unknown, url: string): AppError => {
  const error = unreachable(cause)
  if (error === cause || !URL.canParse(url)) return error
  const { host } = new URL(url)
  const detail = `The database at ${host}: ${error.detail ?? ''}. Check that it runs there, and that this machine can reach it.`
  return host === '' ? error : new AppError(error.code, { detail, cause })
}

const refuse = (
  cause: unknown,
  { url }: SqlTarget,
  kind: DatabaseKind,
  { variable }: StatementRules,
): AppError => {
  if (isTransient(cause, kind)) return away(cause, url)
  if (cause instanceof AppError) return cause
  return new AppError('legacy_unusable', { detail: `${variable}: ${sentenceOf(cause)}`, cause })
}

const prepare = (sql: string, { isOrdered }: StatementRules): string => {
  if (isOrdered && !/\border\s+by\b/i.test(sql)) {
    throw new TypeError(
      'it must have ORDER BY, so that a run that is continued meets the same rows',
    )
  }
  return sql.trim().replace(/;$/, '')
}

/**
 * @param sql one SELECT, whose columns are named like those of a CSV file
 * @throws AppError `legacy_unavailable` where the database is out of reach, `legacy_unusable` where it refuses
 */
export const openSqlSource = async (
  target: SqlTarget,
  sql: string,
  rules = USERS_SQL,
): Promise<Source> => {
  const kind = databaseKindOf(target.url)
  if (!kind) {
    throw new AppError('legacy_unusable', { detail: 'LEGACY_DB_URL has an unknown scheme.' })
  }
  try {
    const open = await READERS[kind]()
    const reader = await open(target, prepare(sql, rules))
    const rows = iterate(reader, kind, rules)
    const close = (): void => {
      reader.close()
      // The reading was ended on purpose, so its failure does not matter.
      void rows.return(undefined).catch(() => undefined)
    }
    const { columns, total } = reader
    return { format: 'csv', hasHeader: true, columns, total, rows, close }
  } catch (cause) {
    throw refuse(cause, target, kind, rules)
  }
}
