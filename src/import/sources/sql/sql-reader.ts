/** The reading of one statement, as every kind of database offers it. */

export interface SqlReader {
  readonly columns: readonly string[]
  /** The number of rows, counted before the first is read. */
  readonly total: number
  readonly rows: AsyncIterable<readonly unknown[]>
  /** Ends the reading, even while it waits for a row. */
  close(): void
}

export interface SqlTarget {
  /** As LEGACY_DB_URL. */
  readonly url: string
  /** PEM certificates to trust for a server in place of the public ones. */
  readonly ca: string | undefined
}

/** @param sql one SELECT, without a semicolon at its end */
export type OpenReader = (target: SqlTarget, sql: string) => Promise<SqlReader>

/** The statement that counts the rows. */
export const countStatement = (sql: string): string => `SELECT count(*) FROM (${sql}\n) AS users`
