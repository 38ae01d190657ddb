/** Opens what an audit reads: the store with its lookup, the accounts, and the rules of the profiles. */
import { isUtf8 } from 'node:buffer'
import { findProfileColumns } from '../../audit/accounts/columns.ts'
import type { RunAuditDeps } from '../../audit/run.ts'
import type { Clock } from '../../clock.ts'
import { AppError } from '../../errors/errors.ts'
import { CREDENTIAL_MODES } from '../../import/rows/modes.ts'
import { createPrepare, type Prepare } from '../../import/rows/prepare.ts'
import { BASE_ATTRIBUTES } from '../../import/rows/profile.ts'
import { createTidy } from '../../import/rows/tidy.ts'
import type { Source } from '../../import/sources/source.ts'
import { openSqlSource, type StatementRules } from '../../import/sources/sql/sql-source.ts'
import { openLegacyStore } from '../../legacy/open.ts'
import type { HashStore } from '../../legacy/store.ts'
import type { HashSettings } from '../../passwords/registry.ts'
import { describeAddress, parseAddress } from '../../sql/address.ts'
import { databaseKindOf, sqlitePath } from '../../sql/kinds.ts'
import type { CommandContext } from '../context.ts'
import { readSettings } from '../read-settings.ts'
import { fetchAttributes } from '../import/ask-schema.ts'
import { connectWithProgress } from '../okta-options.ts'
import { isOktaGiven, OKTA_SETTINGS } from '../okta-settings.ts'
import { lookupLimitOf } from '../serve/open-legacy.ts'
import type { ProgressDisplay } from '../terminal/progress-display.ts'
import { openLegacyFile, STANDARD_INPUT } from './open-file.ts'
import type { AuditOptions } from './options.ts'
import type { AuditStore } from './settings.ts'

/** @throws AppError where the lookup cannot serve, or cannot be tried now */
export const openStore = async (
  store: AuditStore,
  deadlineMs: number,
  clock: Clock,
  { notify }: ProgressDisplay,
): Promise<HashStore> => {
  let why: AppError | undefined
  const opened = await openLegacyStore(store.url, {
    ...store,
    lookupMs: lookupLimitOf(deadlineMs),
    clock,
    onCheck: (_, failure) => (why = failure),
  })
  if (opened.state !== 'ok') {
    await opened.close()
    throw why ?? new AppError('legacy_unavailable')
  }
  for (const { level, topic, text } of opened.findings) {
    // The audit itself says more about accounts.
    if (level === 'warning' && topic !== 'accounts') notify(text)
  }
  return opened
}

/** As the hook reads a row: an id of bytes, or a column that it does not know, keeps nobody from signing in. */
const auditRules = (map: ReadonlyMap<string, string>): StatementRules => {
  const is = (name: string, column: string): boolean =>
    column.toLowerCase() === (map.get(name) ?? name).toLowerCase()
  return {
    variable: 'LEGACY_AUDIT_SQL',
    isOrdered: false,
    keepsEmpty: true,
    readBytes: (column, bytes) => {
      if (is('password_hash', column)) return bytes.toString('latin1')
      // The hook's names of people have it so, even where the bytes are text.
      if (is('id', column)) return bytes.toString('hex')
      if (isUtf8(bytes)) return bytes.toString('utf8')
      return is('login', column) ? undefined : bytes.toString('hex')
    },
    mayLeaveOut: (column) => !is('login', column) && !is('password_hash', column),
  }
}

export interface AccountSettings {
  readonly store: Pick<AuditStore, 'url' | 'ca' | 'allSql'> | undefined
  readonly hashes: HashSettings
}

/** A file comes first: with one, the store is there for the canaries alone. */
export const openAccounts = (
  { legacy, map }: Pick<AuditOptions, 'legacy' | 'map'>,
  { store, hashes }: AccountSettings,
  { stdin }: Pick<CommandContext, 'stdin'>,
): Promise<Source> =>
  store && legacy === undefined
    ? openSqlSource(store, store.allSql, auditRules(map))
    : openLegacyFile({ path: legacy ?? '', map, hashes, stdin })

export const describePlace = (
  { legacy }: Pick<AuditOptions, 'legacy'>,
  store: Pick<AuditStore, 'url' | 'ca'> | undefined,
): string => {
  if (legacy === STANDARD_INPUT) return 'standard input'
  if (!store || legacy !== undefined) return legacy ?? ''
  const { url, ca } = store
  if (databaseKindOf(url) === 'sqlite') return sqlitePath(url)
  return describeAddress(parseAddress(url, { prefix: 'LEGACY_DB', ca }))
}

const SCOPES = ['okta.schemas.read']

/** Checks profiles as `import` does; only where the rows have more of a profile than a login. */
export const openProfiles = async (
  source: Source,
  columns: RunAuditDeps['columns'],
  { map, verbose, quiet }: AuditOptions,
  host: CommandContext,
  { notify }: ProgressDisplay,
): Promise<Prepare | undefined> => {
  if (!findProfileColumns(source, columns, map, BASE_ATTRIBUTES).isAny) return undefined
  const client = isOktaGiven(host.env)
    ? connectWithProgress(host, readSettings(host, OKTA_SETTINGS), {
        scopes: SCOPES,
        verbose,
        quiet,
      })
    : undefined
  const question = { client, env: host.env, userType: undefined, separator: undefined, notify }
  const attributes = await fetchAttributes(question)
  const profile = findProfileColumns(source, columns, map, attributes)
  profile.notices.forEach(notify)
  const tidy = createTidy({ columns: profile.columns, nulls: [], notify })
  return createPrepare({
    ...{ columns: profile.columns, required: profile.required, attributes, tidy },
    ...{ mode: CREDENTIAL_MODES.hook, groupIds: [], userType: undefined },
  })
}
