/** Reads what a purge is decided from: the table, everybody in the legacy store and in Okta, and the System Log. */
import type Database from 'better-sqlite3'
import { personKeyOf } from '../../../campaign/loading/users.ts'
import type { CampaignState } from '../../../campaign/state/state-file.ts'
import { targetSql, PURGE_DIALECTS } from '../../../cutoff/purge/dialects.ts'
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
import { loadCampaign, type LoadedCampaign } from '../../campaign/load-campaign.ts'
import { namedColumn } from '../../campaign/named-column.ts'
import type { CampaignSettings, CampaignStore } from '../../campaign/settings.ts'
import { createDisplay } from '../../terminal/progress-display.ts'
import type { CutOffDeps } from '../open.ts'
import type { PurgeOptions } from './options.ts'

export type PurgeDeps = CutOffDeps<PurgeOptions>

/** Ids as the audit reads them; all other columns are texts that the statement makes. */
const RULES: StatementRules = {
  variable: '--sql',
  isOrdered: false,
  keepsEmpty: true,
  readBytes: (_, bytes) => bytes.toString('hex'),
  mayLeaveOut: () => true,
}

/** Sessions of these sources cannot write. */
const withRows = async <T>(
  store: CampaignStore,
  sql: string,
  read: (rows: Source['rows']) => Promise<T>,
): Promise<T> => {
  const source = await openSqlSource(store, sql, RULES)
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

export interface PurgeReading {
  readonly loaded: LoadedCampaign
  /** When the list of users was read, in milliseconds since 1970. */
  readonly seenAt: number
  readonly rows: number
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
  return { loaded, seenAt, rows }
}
