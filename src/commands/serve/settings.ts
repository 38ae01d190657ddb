/** The settings of the hook server: which variables it reads, and what they must be together. */
import { dirname } from 'node:path'
import type { Input, SettingsSpec } from '../../config/load.ts'
import { isAdminUrl, isLoopback } from '../../http/url.ts'
import { databaseKindOf, sqlitePath } from '../../sql/kinds.ts'
import type { NamingSettings } from '../fingerprints.ts'
import {
  hasOAuth,
  inProduction,
  parseAuth,
  parseNaming,
  type AuthSettings,
} from './auth-settings.ts'

const NAMES = [
  'NODE_ENV',
  'HOOK_SECRET',
  'HOOK_SECRET_PREVIOUS',
  'HOOK_AUTH_HEADER',
  'HOOK_OAUTH_ISSUER',
  'HOOK_OAUTH_AUDIENCE',
  'HOOK_OAUTH_CLIENT_ID',
  'HOOK_OAUTH_SCOPE',
  'HOOK_OAUTH_JWKS_URL',
  'HOOK_DEADLINE_MS',
  'OKTA_ORG_URL',
  'HOST',
  'PORT',
  'MAX_CONNECTIONS_PER_SECOND',
  'DRAIN_DELAY_MS',
  'OPS_HOST',
  'OPS_PORT',
  'TLS_CERT_FILE',
  'TLS_KEY_FILE',
  'TLS_TERMINATED_BY_PROXY',
  'LEGACY_DB_URL',
  'LEGACY_DB_CA',
  'LEGACY_DB_POOL',
  'LEGACY_LOOKUP_SQL',
  'LEGACY_LOOKUP_IGNORE',
  'LEGACY_LOOKUP_UNCHECKED',
  'LEGACY_AUDIT_SQL',
  'LEDGER_DB_URL',
  'LEDGER_DB_CA',
  'LEDGER_SPILL_DIR',
  'HASH_WORKERS',
  'BCRYPT_MAX_COST',
  'GUESS_LIMIT',
  'GUESS_WINDOW_MINUTES',
  'LOG_LEVEL',
  'LOG_LOGINS',
  'FINGERPRINT_KEY',
] as const

type Name = (typeof NAMES)[number]
type ServerInput = Input<Name>
type ServerValues = ServerInput['values']

export interface LegacySettings {
  readonly url: string
  readonly ca: string | undefined
  readonly poolSize: number
  readonly sql: string | undefined
  readonly auditSql: string | undefined
  readonly ignored: readonly string[]
  readonly unchecked: boolean
}

export interface LedgerSettings {
  readonly url: string
  readonly ca: string | undefined
  readonly spillDir: string
  /** Whether any of it was configured: only then must it work. */
  readonly isRequired: boolean
}

export interface ServerSettings {
  readonly kind: 'server'
  readonly auth: AuthSettings
  /** How logins and people are named in the log and the ledger. */
  readonly naming: NamingSettings
  /** The secret from which the hashes for unknown logins are made. */
  readonly dummySecret: string
  readonly orgUrl: string | undefined
  readonly deadlineMs: number
  readonly host: string
  readonly port: number
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined
  /** Undefined if there is no limit. */
  readonly connectionsPerSecond: number | undefined
  readonly drainDelayMs: number
  /** Undefined if there is no ops port. */
  readonly ops: { readonly host: string; readonly port: number } | undefined
  readonly legacy: LegacySettings
  /** Undefined if there is no ledger. */
  readonly ledger: LedgerSettings | undefined
  readonly hashWorkers: number
  readonly maxBcryptCost: number | undefined
  readonly guesses: { readonly limit: number; readonly windowMs: number }
}

/** Without any configuration the server is a demo. */
export type ServeSettings = { readonly kind: 'demo' } | ServerSettings

const MS_PER_MINUTE = 60_000

/** Nothing at all is configured. If only a part is, that is a mistake and not a demo. */
const isDemo = (input: ServerInput): boolean =>
  !inProduction(input.values) &&
  !input.isSet('HOOK_SECRET') &&
  !input.isSet('LEGACY_DB_URL') &&
  !hasOAuth(input)

const parseTls = ({ values, report }: ServerInput): ServerSettings['tls'] => {
  const { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile, HOST: host } = values
  if (!keyFile && certFile) report('TLS_KEY_FILE', 'is missing')
  if (!certFile && keyFile) report('TLS_CERT_FILE', 'is missing')
  const tls = certFile && keyFile ? { certFile, keyFile } : undefined
  if (inProduction(values) && !isLoopback(host) && !tls && !values.TLS_TERMINATED_BY_PROXY) {
    report(
      'TLS_TERMINATED_BY_PROXY',
      'is not set, and passwords would cross a public address in plain HTTP',
    )
  }
  return tls
}

const parseLegacy = ({ values, report }: ServerInput): LegacySettings | undefined => {
  const { LEGACY_DB_URL: url } = values
  if (url === undefined) {
    report(
      'LEGACY_DB_URL',
      'is missing (there is no demo mode in production, on a public HOST, with a HOOK_SECRET or with OAuth)',
    )
    return undefined
  }
  return {
    url,
    ca: values.LEGACY_DB_CA,
    poolSize: values.LEGACY_DB_POOL,
    sql: values.LEGACY_LOOKUP_SQL,
    auditSql: values.LEGACY_AUDIT_SQL,
    ignored: values.LEGACY_LOOKUP_IGNORE,
    unchecked: values.LEGACY_LOOKUP_UNCHECKED,
  }
}

/** A server's disk can be lost with its container; a SQLite ledger is on a disk that is kept. */
const spillDirFor = (url: string): string =>
  databaseKindOf(url) === 'sqlite' ? dirname(sqlitePath(url)) : '.'

const DEFAULT_LEDGER = 'sqlite:okta-migrate-ledger.sqlite'

const parseLedger = ({ values, isSet, report }: ServerInput): LedgerSettings | undefined => {
  const url = values.LEDGER_DB_URL ?? DEFAULT_LEDGER
  if (url === 'off') return undefined
  if (databaseKindOf(url) !== 'sqlite' && !isSet('FINGERPRINT_KEY')) {
    report(
      'FINGERPRINT_KEY',
      'is missing, and replicas that share a ledger must use the same names for accounts, even if their HOOK_SECRETs differ',
    )
  }
  const spillDir = values.LEDGER_SPILL_DIR ?? spillDirFor(url)
  const isRequired = isSet('LEDGER_DB_URL') || isSet('LEDGER_SPILL_DIR')
  return { url, ca: values.LEDGER_DB_CA, spillDir, isRequired }
}

/** Behind a proxy all callers have its address, and on this machine no caller is a stranger. */
const connectionLimitOf = (v: ServerValues): number | undefined => {
  const isPublic = !isLoopback(v.HOST) && !v.TLS_TERMINATED_BY_PROXY
  return isPublic && v.MAX_CONNECTIONS_PER_SECOND > 0 ? v.MAX_CONNECTIONS_PER_SECOND : undefined
}

const checkOrg = ({ values: { OKTA_ORG_URL: url }, report }: ServerInput): void => {
  if (url !== undefined && isAdminUrl(url)) {
    report('OKTA_ORG_URL', 'is the address of the Admin Console, not of the org')
  }
}

const parseServer = (input: ServerInput): ServerSettings | undefined => {
  const { values: v } = input
  const [auth, naming, legacy] = [parseAuth(input), parseNaming(input), parseLegacy(input)]
  const [ledger, tls] = [parseLedger(input), parseTls(input)]
  checkOrg(input)
  if (!naming || !legacy) return undefined
  return {
    kind: 'server',
    auth,
    naming,
    dummySecret: v.FINGERPRINT_KEY ?? auth.secrets?.current ?? naming.key,
    orgUrl: v.OKTA_ORG_URL,
    deadlineMs: v.HOOK_DEADLINE_MS,
    host: v.HOST,
    port: v.PORT,
    tls,
    connectionsPerSecond: connectionLimitOf(v),
    drainDelayMs: v.DRAIN_DELAY_MS,
    ops: v.OPS_PORT === undefined ? undefined : { host: v.OPS_HOST, port: v.OPS_PORT },
    legacy,
    ledger,
    hashWorkers: v.HASH_WORKERS,
    maxBcryptCost: v.BCRYPT_MAX_COST,
    guesses: { limit: v.GUESS_LIMIT, windowMs: v.GUESS_WINDOW_MINUTES * MS_PER_MINUTE },
  }
}

const parseDemo = (input: ServerInput): ServeSettings => {
  if (!isLoopback(input.values.HOST))
    input.report('HOST', 'must be a loopback address in demo mode')
  for (const check of [parseLedger, parseTls, checkOrg]) check(input)
  return { kind: 'demo' }
}

/** For a server that is configured. */
export const SERVER: SettingsSpec<Name, ServerSettings> = { names: NAMES, parse: parseServer }

export const SERVE: SettingsSpec<Name, ServeSettings> = {
  names: NAMES,
  parse: (input) => (isDemo(input) ? parseDemo(input) : parseServer(input)),
}
