/** The settings of the hook server: which variables it reads, and what they must be together. */
import { dirname } from 'node:path'
import type { Input, SettingsSpec } from '../../config/load.ts'
import { AUTH_VARIABLES } from '../../config/server-variables.ts'
import { namesOf, SERVER_VARIABLES } from '../../config/variables.ts'
import { isAdminUrl, isLoopback } from '../../http/url.ts'
import { databaseKindOf, sqlitePath } from '../../sql/kinds.ts'
import { DEFAULT_LEDGER } from '../ledger-settings.ts'
import { hasOAuth, inProduction, parseAuth, parseNaming } from './auth-settings.ts'
import { parseHashes } from '../hash-settings.ts'
import { hasLogin, parseLogin, reportWithoutUrl } from './login-settings.ts'

type Name = keyof typeof SERVER_VARIABLES | 'OKTA_ORG_URL'
type ServerInput = Input<Name>

/** In the order of the help. */
const NAMES = [
  ...new Set<Name>([
    'NODE_ENV',
    ...namesOf(AUTH_VARIABLES),
    'HOOK_DEADLINE_MS',
    'OKTA_ORG_URL',
    ...namesOf(SERVER_VARIABLES),
  ]),
]

const MS_PER_MINUTE = 60_000

/** Nothing at all is configured. If only a part is, that is a mistake and not a demo. */
const isDemo = (input: ServerInput): boolean =>
  !inProduction(input.values) &&
  !input.isSet('HOOK_SECRET') &&
  !input.isSet('LEGACY_DB_URL') &&
  !hasLogin(input) &&
  !hasOAuth(input)

const parseTls = ({ values, report }: ServerInput) => {
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

const NO_LEGACY =
  'is missing (there is no demo mode in production, on a public HOST, with a HOOK_SECRET, with OAuth or with LEGACY_LOGIN_…)'

const parseLegacy = (input: ServerInput) => {
  const { values, isSet, report } = input
  if (isSet('LEGACY_LOGIN_URL')) return parseLogin(input)
  reportWithoutUrl(input)
  const { LEGACY_DB_URL: url } = values
  if (url === undefined) {
    report('LEGACY_DB_URL', NO_LEGACY)
    return undefined
  }
  return {
    kind: 'database' as const,
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

const parseLedger = ({ values, isSet, report }: ServerInput) => {
  const url = values.LEDGER_DB_URL ?? DEFAULT_LEDGER
  if (url === 'off') {
    if (values.EVENT_HOOK_SECRET !== undefined) {
      const problem = 'is set, and LEDGER_DB_URL is off, where events would be counted'
      report('EVENT_HOOK_SECRET', problem, 'Remove it, or let LEDGER_DB_URL name a ledger.')
    }
    return undefined
  }
  if (databaseKindOf(url) !== 'sqlite' && !isSet('FINGERPRINT_KEY')) {
    report(
      'FINGERPRINT_KEY',
      'is missing, and replicas that share a ledger must use the same names for accounts, even if their HOOK_SECRETs differ',
    )
  }
  const spillDir = values.LEDGER_SPILL_DIR ?? spillDirFor(url)
  // Only if any of it was configured must it work.
  const isRequired = isSet('LEDGER_DB_URL') || isSet('LEDGER_SPILL_DIR')
  return { url, ca: values.LEDGER_DB_CA, spillDir, isRequired }
}

/** Behind a proxy all callers have its address, and on this machine no caller is a stranger. */
const connectionLimitOf = ({ values }: ServerInput): number | undefined => {
  const isPublic = !isLoopback(values.HOST) && !values.TLS_TERMINATED_BY_PROXY
  return (isPublic && values.MAX_CONNECTIONS_PER_SECOND) || undefined
}

const checkOrg = ({ values: { OKTA_ORG_URL: url }, report }: ServerInput): void => {
  if (url !== undefined && isAdminUrl(url)) {
    report('OKTA_ORG_URL', 'is the address of the Admin Console, not of the org')
  }
}

const parseServer = (input: ServerInput) => {
  const { values: v } = input
  const [auth, naming, legacy] = [parseAuth(input), parseNaming(input), parseLegacy(input)]
  const [ledger, tls, hashes] = [parseLedger(input), parseTls(input), parseHashes(input)]
  checkOrg(input)
  if (!naming || !legacy) return undefined
  return {
    kind: 'server' as const,
    auth,
    /** How logins and people are named in the log and the ledger. */
    naming,
    /** The secret from which the hashes for unknown logins are made. */
    dummyHashSecret: v.FINGERPRINT_KEY ?? auth.secrets?.current ?? naming.key,
    orgUrl: v.OKTA_ORG_URL,
    deadlineMs: v.HOOK_DEADLINE_MS,
    host: v.HOST,
    port: v.PORT,
    tls,
    /** Undefined if there is no limit. */
    connectionsPerSecond: connectionLimitOf(input),
    drainDelayMs: v.DRAIN_DELAY_MS,
    /** Undefined if there is no ops port. */
    ops:
      v.OPS_PORT === undefined
        ? undefined
        : {
            host: v.OPS_HOST,
            port: v.OPS_PORT,
            token: v.OPS_TOKEN,
            allowedHosts: v.OPS_ALLOWED_HOSTS ?? [],
          },
    legacy,
    /** Undefined if there is no ledger. */
    ledger,
    hashWorkers: v.HASH_WORKERS,
    maxBcryptCost: v.BCRYPT_MAX_COST,
    ...hashes,
    allowUncheckedHashes: v.LEGACY_ALLOW_UNCHECKED,
    guesses: { limit: v.GUESS_LIMIT, windowMs: v.GUESS_WINDOW_MINUTES * MS_PER_MINUTE },
  }
}

export type ServerSettings = Readonly<NonNullable<ReturnType<typeof parseServer>>>

const parseDemo = (input: ServerInput): { readonly kind: 'demo' } => {
  const { values, report } = input
  if (!isLoopback(values.HOST)) report('HOST', 'must be a loopback address in demo mode')
  for (const check of [parseLedger, parseTls, parseHashes, checkOrg]) check(input)
  return { kind: 'demo' }
}

/** For a server that is configured. */
export const SERVER: SettingsSpec<Name, ServerSettings> = { names: NAMES, parse: parseServer }

/** Without any configuration the server is a demo. */
export const SERVE: SettingsSpec<Name, ReturnType<typeof parseDemo> | ServerSettings> = {
  names: NAMES,
  parse: (input) => (isDemo(input) ? parseDemo(input) : parseServer(input)),
}
