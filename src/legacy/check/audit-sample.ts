/** Reads a sample of real logins and hashes: the first rows of LEGACY_AUDIT_SQL. */
import type { SqlConnection } from '../sql/driver.ts'
import { withoutEnd } from '../sql/lookup.ts'
import { translate, type SqlDialect } from '../sql/parameters.ts'
import { flagText } from '../../text/flag.ts'
import type { Row } from '../sql/row.ts'

/** Enough to know the costs of a store's hashes to a few per cent. */
const MAX_SAMPLES = 500

export interface Sample {
  readonly id: unknown
  readonly login: string
  readonly hash: string
  readonly enabled: unknown
}

const textIn = (value: unknown): string => flagText(value) ?? ''

/** The rows by the columns' names in lower case, as SQL compares them. */
const byLowerCase = (row: Row): Row =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name.toLowerCase(), value]))

const toSample = (row: Row): Sample => ({
  id: row['id'],
  login: textIn(row['login']),
  hash: textIn(row['password_hash']),
  enabled: row['enabled'],
})

/** @throws Error where the statement cannot be run, or lacks a column */
export const readSamples = async (
  connection: SqlConnection,
  sql: string,
  dialect: SqlDialect,
): Promise<readonly Sample[]> => {
  const { text, uses } = translate(withoutEnd(sql), dialect)
  if (uses > 0) throw new TypeError('it must have no parameter')
  const firstRows = dialect.firstRows(text, 'accounts_to_audit', MAX_SAMPLES)
  const { columns, rows } = await connection.query(firstRows)
  const names = columns.map((name) => name.toLowerCase())
  for (const column of ['login', 'password_hash']) {
    if (!names.includes(column)) throw new TypeError(`it must return a column named ${column}`)
  }
  const samples = rows.map((row) => toSample(byLowerCase(row)))
  // An empty login is never looked up.
  return samples.filter(({ login }) => login.trim() !== '')
}

/** Some of them: of each kind of flag a few, and no more than `size`. */
export const someOf = (samples: readonly Sample[], size: number): readonly Sample[] => {
  const groups = Map.groupBy(samples, ({ enabled }) => textIn(enabled))
  const ranks = [...groups.values()].flatMap((group) => group.map((one, rank) => ({ one, rank })))
  const first = ranks.sort((a, b) => a.rank - b.rank).slice(0, size)
  return first.map(({ one }) => one)
}
