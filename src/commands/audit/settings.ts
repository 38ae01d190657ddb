/** The settings of an audit: the store as the hook server reads it, and the server's limits. */
import type { Input as LoadInput, SettingsSpec } from '../../config/load.ts'
import { ALL_ACCOUNTS_SQL } from '../../legacy/store.ts'
import { HASH_NAMES, parseHashes } from '../hash-settings.ts'

const NAMES = [
  'LEGACY_DB_URL',
  'LEGACY_DB_CA',
  'LEGACY_DB_POOL',
  'LEGACY_AUDIT_SQL',
  'LEGACY_LOOKUP_SQL',
  'LEGACY_LOOKUP_IGNORE',
  'LEGACY_LOOKUP_UNCHECKED',
  'HOOK_DEADLINE_MS',
  ...HASH_NAMES,
] as const

type Input = Parameters<SettingsSpec<(typeof NAMES)[number], object>['parse']>[0]

type AuditSqlInput = Pick<LoadInput<'LEGACY_AUDIT_SQL' | 'LEGACY_LOOKUP_SQL'>, 'values' | 'report'>

/** The statement that reads all accounts. */
export const allAccountsSql = ({ values, report }: AuditSqlInput): string => {
  const { LEGACY_AUDIT_SQL: auditSql, LEGACY_LOOKUP_SQL: lookup } = values
  // The default fits the schema of the default lookup only.
  if (lookup !== undefined && auditSql === undefined) {
    report('LEGACY_AUDIT_SQL', 'is missing, and there is a LEGACY_LOOKUP_SQL for another schema')
  }
  return auditSql ?? ALL_ACCOUNTS_SQL
}

export const NO_ACCOUNTS: readonly [string, string] = [
  'is missing, and so is --legacy FILE',
  'Give --legacy FILE, a file of all accounts; a legacy login has no other list. Or set LEGACY_DB_URL, such as sqlite:/data/legacy.sqlite.',
]

const NO_LOOKUP: typeof NO_ACCOUNTS = [
  'is missing, and --canary needs its lookup',
  'Set it to the database of the server, or leave --canary out.',
]

/** @param isFile whether it is there for the canaries alone */
const parseStore = (input: Input, isFile: boolean) => {
  const { values, report } = input
  const { LEGACY_DB_URL: url, LEGACY_AUDIT_SQL: auditSql, LEGACY_LOOKUP_SQL: sql } = values
  const missing = isFile ? NO_LOOKUP : NO_ACCOUNTS
  if (url === undefined) report('LEGACY_DB_URL', ...missing)
  const allSql = isFile ? '' : allAccountsSql(input)
  if (url === undefined) return undefined
  return {
    url,
    ca: values.LEGACY_DB_CA,
    poolSize: values.LEGACY_DB_POOL,
    allSql,
    sql,
    auditSql,
    ignored: values.LEGACY_LOOKUP_IGNORE,
    unchecked: values.LEGACY_LOOKUP_UNCHECKED,
  }
}

const parse = (input: Input, isFile: boolean, areCanaries: boolean) => {
  const { values } = input
  const store = isFile && !areCanaries ? undefined : parseStore(input, isFile)
  if (!store && !isFile) return undefined
  return {
    /** Undefined where nothing needs it. */
    store,
    deadlineMs: values.HOOK_DEADLINE_MS,
    cores: values.HASH_WORKERS,
    ...parseHashes(input),
  }
}

export type AuditSettings = NonNullable<ReturnType<typeof parse>>
export type AuditStore = NonNullable<AuditSettings['store']>

/**
 * @param isFile whether the accounts come from a file, so that no database is needed
 * @param areCanaries whether one is needed all the same
 */
export const auditSettings = (
  isFile: boolean,
  areCanaries = false,
): SettingsSpec<(typeof NAMES)[number], AuditSettings> => ({
  names: NAMES,
  parse: (input) => parse(input, isFile, areCanaries),
})
