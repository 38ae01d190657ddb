/** Owns the kinds of legacy store: which LEGACY_DB_URL opens which. */
import { kindOf, SCHEMES, sqlitePath, type DatabaseKind } from '../address.ts'
import { AppError } from '../errors.ts'
import { MYSQL } from './mysql.ts'
import { POSTGRES } from './postgres.ts'
import { openRemoteStore, type Server } from './remote.ts'
import { openSqliteStore } from './sqlite.ts'
import type { LegacyStore, StoreOptions } from './store.ts'

type Open = (url: string, options: StoreOptions) => Promise<LegacyStore>

const onServer =
  (server: Server): Open =>
  (url, options) =>
    openRemoteStore(server, url, options)

const OPENERS: Readonly<Record<DatabaseKind, Open>> = {
  sqlite: async (url, { sql }) => openSqliteStore(sqlitePath(url), sql),
  postgres: onServer(POSTGRES),
  mysql: onServer(MYSQL),
}

/**
 * Opens the legacy store and tries the lookup on it.
 * @throws AppError `legacy_unusable` when the URL, the store or the statement cannot serve
 */
export const openLegacyStore: Open = async (url, options) => {
  const kind = kindOf(url)
  if (kind) return OPENERS[kind](url, options)
  const known = SCHEMES.join(', ')
  throw new AppError('legacy_unusable', { detail: `LEGACY_DB_URL begins with none of: ${known}` })
}
