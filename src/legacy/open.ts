/** Opens the legacy store that LEGACY_DB_URL names, with the driver of its kind, and tells what its user may write. */
import { AppError } from '../errors/errors.ts'
import { databaseKindOf, type DatabaseKind } from '../sql/kinds.ts'
import type { Driver } from './sql/driver.ts'
import { SqlStore } from './sql/sql-store.ts'
import type { HashStore, StoreOptions } from './store.ts'
import { within } from '../clock.ts'

/** Loaded on demand: a driver takes tens of milliseconds and some megabytes. */
const DRIVERS: Readonly<Record<DatabaseKind, () => Promise<Driver>>> = {
  sqlite: async () => (await import('./sql/sqlite.ts')).SQLITE,
  postgres: async () => (await import('./sql/postgres.ts')).POSTGRES,
  mysql: async () => (await import('./sql/mysql.ts')).MYSQL,
}

/**
 * Opens the legacy store and checks the lookup on it. A store that cannot be reached now is opened all the
 * same: it is checked when it is first needed, and until it has passed no lookup is made.
 * @throws AppError `legacy_unusable` when the URL, the store or the statement cannot serve
 */
export const openLegacyStore = async (url: string, options: StoreOptions): Promise<HashStore> => {
  const kind = databaseKindOf(url)
  if (!kind)
    throw new AppError('legacy_unusable', { detail: 'LEGACY_DB_URL has an unknown scheme' })
  const store = new SqlStore(await DRIVERS[kind](), url, options)
  await store.check.start()
  return store
}

/**
 * Asks the database for something that its user may write: such a user could change the store if it were stolen.
 * @returns undefined where there is nothing
 * @throws what the driver throws
 */
export const findWritable = async (
  url: string,
  { ca, lookupMs: statementMs, clock }: Pick<StoreOptions, 'ca' | 'lookupMs' | 'clock'>,
): Promise<string | undefined> => {
  const kind = databaseKindOf(url)
  const driver = kind && (await DRIVERS[kind]())
  if (driver?.writableSql === undefined) return undefined
  const connection = driver.createConnector({ url, ca, statementMs, clock }).open()
  const ask = async () => {
    await connection.ready
    return connection.query(driver.writableSql ?? '')
  }
  const late = (): AppError => new AppError('legacy_unavailable', { detail: 'no answer in time' })
  try {
    const { rows } = await within(clock, clock.now() + statementMs, ask(), late)
    const [row] = rows
    return row && String(row['name'])
  } finally {
    connection.destroy()
  }
}
