/** Owns the reading of users straight from a legacy SQLite database, read-only and row by row. */
import Database from 'better-sqlite3'
import { AppError } from '../errors.ts'
import type { Source, SourceRow, Value } from './source.ts'

type Cell = string | number | bigint | Buffer | null

const toValue = (cell: Exclude<Cell, null>): Value => {
  if (typeof cell === 'bigint') return Number.isSafeInteger(Number(cell)) ? Number(cell) : `${cell}`
  return Buffer.isBuffer(cell) ? cell.toString('utf8') : cell
}

const isOrdered = (sql: string): boolean => /\border\s+by\b/i.test(sql)

const prepare = (db: Database.Database, sql: string): Database.Statement<[], Cell[]> => {
  const statement = db.prepare<[], Cell[]>(sql)
  if (!statement.reader || !statement.readonly) throw new TypeError('it must be one SELECT')
  if (!isOrdered(sql)) {
    throw new TypeError('it must have ORDER BY, so that a run that goes on meets the same rows')
  }
  return statement.raw().safeIntegers()
}

async function* iterate(
  statement: Database.Statement<[], Cell[]>,
  columns: readonly string[],
  total: number,
): AsyncGenerator<SourceRow, void> {
  let number = 0
  for (const cells of statement.iterate()) {
    number++
    const pairs = columns.map((name, i) => [name, cells[i] ?? null] as const)
    const filled = pairs.flatMap(([name, cell]) =>
      cell === null || cell === '' ? [] : [[name, toValue(cell)] as const],
    )
    yield { number, line: number, behind: number / total, fields: new Map(filled) }
  }
}

const openRows = (db: Database.Database, sql: string): Source => {
  const statement = prepare(db, sql)
  const columns = statement.columns().map(({ name }) => name)
  const counting = `SELECT count(*) FROM (${sql.replace(/;\s*$/, '')})`
  const total = db.prepare<[], number>(counting).pluck().get() ?? 0
  const rows = iterate(statement, columns, total)
  // A connection cannot be closed while a statement on it is being read.
  const close = (): void => void rows.return(undefined).then(() => db.close())
  return { format: 'csv', hasHeader: true, columns, rows, close }
}

/**
 * @param path of the database file
 * @param sql one SELECT with ORDER BY, whose columns are named like those of a CSV file
 * @throws AppError `legacy_unusable`
 */
export const openSqlSource = (path: string, sql: string): Source => {
  let db: Database.Database | undefined
  try {
    db = new Database(path, { readonly: true, fileMustExist: true })
    return openRows(db, sql)
  } catch (cause) {
    db?.close()
    const message = cause instanceof Error ? cause.message : ''
    throw new AppError('legacy_unusable', { detail: `LEGACY_USERS_SQL: ${message}`, cause })
  }
}
