/** Reads what a purge is decided from: the table, everybody in the legacy store and in Okta, and the System Log. */
import type Database from 'better-sqlite3'
import { findAccountColumns, HASH_COLUMN } from '../../../audit/accounts/columns.ts'
import { personKeyOf } from '../../../campaign/loading/users.ts'
import type { CampaignState } from '../../../campaign/state/state-file.ts'
import { hasChanges, loadAudited, refuseOtherHashes } from '../../../cutoff/purge/audited.ts'
import {
  auditedColumnsSql,
  auditedSql,
  PURGE_DIALECTS,
  targetSql,
  type AuditedColumns,
} from '../../../cutoff/purge/dialects.ts'
import {
  createEvidence,
  LOG_KEPT_MS,
  PROOF_EVENTS,
  RESET_EVENTS,
  type Evidence,
  type ResetIntent,
} from '../../../cutoff/purge/evidence.ts'
import { checkTarget, loadTarget, readColumns } from '../../../cutoff/purge/target.ts'
import type { PurgeTemplate } from '../../../cutoff/purge/template.ts'
import { needsSuccess } from '../../../cutoff/purge/verdicts.ts'
import { AppError } from '../../../errors/errors.ts'
import type { Source } from '../../../import/sources/source.ts'
import { openSqlSource, type StatementRules } from '../../../import/sources/sql/sql-source.ts'
import { followLog, LOG_SCOPES } from '../../../okta/api/system-log.ts'
import { databaseKindOf, type DatabaseKind } from '../../../sql/kinds.ts'
import { printable } from '../../../text/printable.ts'
import { loadCampaign, type LoadedCampaign } from '../../campaign/load-campaign.ts'
import { namedColumn } from '../../campaign/named-column.ts'
import type { CampaignSettings, CampaignStore } from '../../campaign/settings.ts'
import { createDisplay } from '../../terminal/progress-display.ts'
import type { CutOffDeps } from '../open.ts'
import { CHANGES_UNKNOWN, type PurgeOptions } from './options.ts'

export type PurgeDeps = CutOffDeps<PurgeOptions>

/** Ids as the audit reads them; all other columns are texts that the statement makes. */
const RULES: StatementRules = {
  variable: '--sql',
  isOrdered: false,
  keepsEmpty: true,
  readBytes: (_, bytes) => bytes.toString('hex'),
  mayLeaveOut: () => true,
}

const AUDIT_RULES: StatementRules = { ...RULES, variable: 'LEGACY_AUDIT_SQL' }

/** Sessions of these sources cannot write. */
const withRows = async <T>(
  store: CampaignStore,
  sql: string,
  read: (rows: Source['rows']) => Promise<T>,
  rules = RULES,
): Promise<T> => {
  const source = await openSqlSource(store, sql, rules)
  try {
    return await read(source.rows)
  } finally {
    source.close()
  }
}

export const kindOfStore = ({ url }: CampaignStore): DatabaseKind => {
  const kind = databaseKindOf(url)
  if (kind) return kind
  throw new AppError('legacy_unusable', { detail: 'LEGACY_DB_URL has an unknown scheme.' })
}

/** @returns the statement that reads the ids and digests of the table */
export const prepareTarget = async (
  store: CampaignStore,
  template: PurgeTemplate,
): Promise<string> => {
  const kind = kindOfStore(store)
  const dialect = PURGE_DIALECTS[kind]
  const columns = await withRows(store, dialect.columnsSql(template.table), readColumns)
  return targetSql(dialect, template, checkTarget(kind, template, columns))
}

interface AuditWish {
  readonly map: ReadonlyMap<string, string>
  readonly passwordChanged?: string | undefined
}

const auditedColumns = async (
  store: CampaignStore,
  { map, passwordChanged }: AuditWish,
): Promise<AuditedColumns> => {
  const source = await openSqlSource(store, auditedColumnsSql(store.allSql), AUDIT_RULES)
  try {
    const { id, hash = HASH_COLUMN } = findAccountColumns(source, { map })
    return {
      id: namedColumn(source, 'LEGACY_AUDIT_SQL', id) ?? id,
      hash,
      changed: namedColumn(source, '--password-changed', passwordChanged),
    }
  } finally {
    source.close()
  }
}

/**
 * After the table, and before the people: who has another hash by then is left out.
 * @throws AppError `purge_sql_invalid` where the column of --sql is another one than the id of the audit
 */
export const readAudited = async (
  store: CampaignStore,
  template: PurgeTemplate,
  wish: AuditWish,
  db: Database.Database,
): Promise<void> => {
  const columns = await auditedColumns(store, wish)
  const dialect = PURGE_DIALECTS[kindOfStore(store)]
  const sql = auditedSql(dialect, store.allSql, columns, template.left)
  await withRows(store, sql, (rows) => loadAudited(db, rows), AUDIT_RULES)
  refuseOtherHashes(db, template)
}

export const readTarget = (
  store: CampaignStore,
  sql: string,
  db: Database.Database,
): Promise<number> => withRows(store, sql, (rows) => loadTarget(db, rows))

const pull = async (
  { client, clock }: PurgeDeps,
  eventTypes: readonly string[],
  evidence: Evidence,
): Promise<number> => {
  const log = client.withScopes(LOG_SCOPES)
  const query = { eventTypes, result: 'SUCCESS' }
  let count = 0
  const from = { since: clock.epochMs() - LOG_KEPT_MS }
  for await (const { events } of followLog(log, query, from, { untilEmpty: true })) {
    for (const event of events) evidence.addEvent(event)
    count += events.length
  }
  return count
}

/** @throws AppError `usage_invalid` */
export const refuseUnknownChanges = (
  { passwordChanged, accept }: PurgeOptions,
  areKnown: boolean,
): void => {
  if (areKnown || accept.includes(CHANGES_UNKNOWN)) return
  const what =
    passwordChanged === undefined
      ? '--password-changed COLUMN is missing'
      : `The column ${printable(passwordChanged, 40)} of --password-changed has no time for anybody`
  throw new AppError('usage_invalid', {
    detail: `${what}. It says who has changed the legacy password since they moved: they still use it, and keep the hash. If the store does not know: --accept ${CHANGES_UNKNOWN} removes the hashes of those people too.`,
  })
}

export interface PurgeReading {
  readonly loaded: LoadedCampaign
  /** When the list of users was read, in milliseconds since 1970. */
  readonly seenAt: number
  readonly rows: number
  /** Whether anybody has a time of the last change of the password. */
  readonly hasChanges: boolean
}

export interface PurgeSources {
  readonly settings: CampaignSettings & { readonly store: CampaignStore }
  readonly template: PurgeTemplate
  readonly state: CampaignState
  readonly resets: Iterable<ResetIntent>
}

/** @returns undefined if a signal came first */
export const readForPurge = async (
  deps: PurgeDeps,
  { settings, template, state, resets }: PurgeSources,
): Promise<PurgeReading | undefined> => {
  const { context: host, clock, options } = deps
  const { passwordChanged, json, quiet } = options
  const display = createDisplay(host, { json, quiet })
  const sql = await prepareTarget(settings.store, template)
  const evidence = createEvidence(state.db)
  for (const reset of resets) evidence.addReset(reset)
  // Before the users: whose hash changes meanwhile is left alone by the statement.
  const rows = await readTarget(settings.store, sql, state.db)
  await readAudited(settings.store, template, options, state.db)
  const areChangesKnown = hasChanges(state.db)
  refuseUnknownChanges(options, areChangesKnown)
  const seenAt = clock.epochMs()
  const campaign = { ...options, journal: [] }
  const loaded = await loadCampaign({ host, clock, display, state, settings }, campaign, {
    changedColumn: (source) => namedColumn(source, '--password-changed', passwordChanged),
    attributesOf: (user) => {
      evidence.addUser(personKeyOf(user), user.id)
      return '{}'
    },
  })
  if (!loaded) return undefined
  // After the users: a person who was reset meanwhile is known to be.
  await pull(deps, RESET_EVENTS, evidence)
  if (needsSuccess(state.db)) await pull(deps, PROOF_EVENTS, evidence)
  return { loaded, seenAt, rows, hasChanges: areChangesKnown }
}
