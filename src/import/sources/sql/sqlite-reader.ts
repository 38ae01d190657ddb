/** Reads users from a SQLite file. */
import Database from 'better-sqlite3'
import { sqlitePath } from '../../../sql/kinds.ts'
import { countStatement, type OpenReader, type SqlReader } from './sql-reader.ts'

const readerOver = (db: Database.Database, sql: string): SqlReader => {
  const statement = db.prepare<[], unknown[]>(sql)
  if (!statement.reader || !statement.readonly) throw new TypeError('it must be one SELECT')
  const total = db.prepare<[], number>(countStatement(sql)).pluck().get() ?? 0

  async function* rows(): AsyncGenerator<readonly unknown[], void> {
    try {
      yield* statement.raw().safeIntegers().iterate()
    } finally {
      db.close()
    }
  }
  const reading = rows()
  return {
    columns: statement.columns().map(({ name }) => name),
    total,
    rows: reading,
    // A connection cannot be closed while a statement on it is being read.
    close: () => void reading.return().finally(() => db.close()),
  }
}

/** @throws Error where the file or the statement cannot serve */
export const openSqliteReader: OpenReader = async ({ url }, sql) => {
  const db = new Database(sqlitePath(url), { readonly: true, fileMustExist: true })
  try {
    return readerOver(db, sql)
  } catch (err) {
    db.close()
    throw err
  }
}
