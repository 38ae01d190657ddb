/** Opens the legacy store that LEGACY_DB_URL names, with the driver of its kind. */
import { AppError } from '../errors/errors.ts'
import { databaseKindOf, type DatabaseKind } from '../sql/kinds.ts'
import type { Driver } from './sql/driver.ts'
import { MYSQL } from './sql/mysql.ts'
import { POSTGRES } from './sql/postgres.ts'
import { SqlStore } from './sql/sql-store.ts'
import { SQLITE } from './sql/sqlite.ts'
import type { HashStore, StoreOptions } from './store.ts'

const DRIVERS: Readonly<Record<DatabaseKind, Driver>> = {
  sqlite: SQLITE,
  postgres: POSTGRES,
  mysql: MYSQL,
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
  const store = new SqlStore(DRIVERS[kind], url, options)
  await store.start()
  return store
}
