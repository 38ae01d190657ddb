/** Owns the kinds of legacy store: which scheme of LEGACY_DB_URL opens which. */
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

const SCHEMES: Readonly<Record<string, Open>> = {
  sqlite: async (url, { sql }) => openSqliteStore(url.slice('sqlite:'.length), sql),
  postgres: onServer(POSTGRES),
  postgresql: onServer(POSTGRES),
  mysql: onServer(MYSQL),
  mariadb: onServer(MYSQL),
}

/**
 * Opens the legacy store and tries the lookup on it.
 * @throws AppError `legacy_unusable` when the URL, the store or the statement cannot serve
 */
export const openLegacyStore: Open = async (url, options) => {
  const scheme = url.slice(0, url.indexOf(':'))
  const open = Object.hasOwn(SCHEMES, scheme) ? SCHEMES[scheme] : undefined
  if (open) return open(url, options)
  const known = Object.keys(SCHEMES).join(', ')
  throw new AppError('legacy_unusable', { detail: `LEGACY_DB_URL begins with none of: ${known}` })
}
