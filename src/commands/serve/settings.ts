/** Owns what the hook server needs of the environment, and the rules between its variables. */
import { databaseKindOf } from '../../sql/address.ts'
import type { Loaded, Need, Rule } from '../../config/load.ts'
import { isAdminUrl, isLoopback, MIN_SECRET_LENGTH } from '../../config/variables.ts'

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

export type ServeConfig = Loaded<(typeof NAMES)[number]>['config']

const OAUTH = [
  'HOOK_OAUTH_ISSUER',
  'HOOK_OAUTH_AUDIENCE',
  'HOOK_OAUTH_CLIENT_ID',
  'HOOK_OAUTH_SCOPE',
] as const

const hasOAuth = (v: ServeConfig): boolean =>
  [...OAUTH, 'HOOK_OAUTH_JWKS_URL' as const].some((name) => v[name] !== undefined)

/** Outside production are these words alone, in any case, and no word at all on this machine alone. */
const OUTSIDE_PRODUCTION = ['development', 'test']

const inProduction = ({ NODE_ENV: env, HOST: host }: ServeConfig): boolean =>
  env === undefined ? !isLoopback(host) : !OUTSIDE_PRODUCTION.includes(env.trim().toLowerCase())

/** Nothing at all is configured: the demo. A part of it alone is a mistake, and no demo. */
export const isDemo = (v: ServeConfig): boolean =>
  !inProduction(v) && v.HOOK_SECRET === undefined && v.LEGACY_DB_URL === undefined && !hasOAuth(v)

/** Whether strangers may reach it without a proxy between. */
export const isPublic = (v: ServeConfig): boolean =>
  !isLoopback(v.HOST) && !v.TLS_TERMINATED_BY_PROXY

const isShort = (secret: string | undefined): boolean =>
  secret !== undefined && secret.length < MIN_SECRET_LENGTH

const speaksTls = (v: ServeConfig): boolean =>
  v.TLS_CERT_FILE !== undefined && v.TLS_KEY_FILE !== undefined

const originOf = (url: string | undefined): string | undefined =>
  url !== undefined && URL.canParse(url) ? new URL(url).origin : undefined

const OKTA_DOMAIN = /\.(okta|oktapreview|okta-emea|okta-gov)\.com$|\.okta\.mil$/

/**
 * Okta's "Validate access tokens": what an org authorization server issues is for Okta's own APIs, and
 * nobody else should validate it. Its issuer is the org itself; a custom one has a path of its own.
 */
const isOrgIssuer = ({ HOOK_OAUTH_ISSUER: issuer, OKTA_ORG_URL: org }: ServeConfig): boolean => {
  const origin = originOf(issuer)
  if (issuer === undefined || origin === undefined) return false
  const isOktas = OKTA_DOMAIN.test(new URL(origin).hostname) || origin === originOf(org)
  return isOktas && !/^\/oauth2\/[^/]+$/.test(new URL(issuer).pathname)
}

const isOnServer = (url = ''): boolean => !['sqlite', undefined].includes(databaseKindOf(url))

const RULES: readonly Rule<ServeConfig>[] = [
  ['HOOK_SECRET', (v) => !isDemo(v) && v.HOOK_SECRET === undefined && !hasOAuth(v), 'is missing'],
  [
    'HOOK_SECRET_PREVIOUS',
    (v) => hasOAuth(v) && v.HOOK_SECRET === undefined && v.HOOK_SECRET_PREVIOUS !== undefined,
    'is set without HOOK_SECRET',
  ],
  ...OAUTH.map((name): Rule<ServeConfig> => [
    name,
    (v) => hasOAuth(v) && v[name] === undefined,
    'is missing',
  ]),
  [
    'HOOK_OAUTH_ISSUER',
    isOrgIssuer,
    'is no custom authorization server (…/oauth2/ID): the tokens of an org authorization server are not for others to validate',
  ],
  [
    'FINGERPRINT_KEY',
    (v) => hasOAuth(v) && !v.HOOK_SECRET && !v.FINGERPRINT_KEY,
    'is missing, and there is no HOOK_SECRET to derive it from',
  ],
  [
    'LEGACY_DB_URL',
    (v) => !isDemo(v) && v.LEGACY_DB_URL === undefined,
    'is missing (there is no demo mode in production, on a public HOST, with a HOOK_SECRET or with OAuth)',
  ],
  ['HOOK_SECRET', (v) => inProduction(v) && isShort(v.HOOK_SECRET), 'is too short'],
  [
    'HOOK_SECRET_PREVIOUS',
    (v) => inProduction(v) && isShort(v.HOOK_SECRET_PREVIOUS),
    'is too short',
  ],
  [
    'OKTA_ORG_URL',
    (v) =>
      v.OKTA_ORG_URL !== undefined && URL.canParse(v.OKTA_ORG_URL) && isAdminUrl(v.OKTA_ORG_URL),
    'is the address of the Admin Console, not of the org',
  ],
  ['TLS_KEY_FILE', (v) => !v.TLS_KEY_FILE && Boolean(v.TLS_CERT_FILE), 'is missing'],
  ['TLS_CERT_FILE', (v) => !v.TLS_CERT_FILE && Boolean(v.TLS_KEY_FILE), 'is missing'],
  [
    'TLS_TERMINATED_BY_PROXY',
    (v) => inProduction(v) && !isLoopback(v.HOST) && !speaksTls(v) && !v.TLS_TERMINATED_BY_PROXY,
    'is not set, and passwords would cross a public address in plain HTTP',
  ],
  [
    'FINGERPRINT_KEY',
    (v) => isOnServer(v.LEDGER_DB_URL) && v.FINGERPRINT_KEY === undefined,
    'is missing, and replicas that share a ledger must name accounts alike, whatever HOOK_SECRET each has',
  ],
  ['HOST', (v) => isDemo(v) && !isLoopback(v.HOST), 'must be a loopback address in demo mode'],
]

export const SERVE: Need<(typeof NAMES)[number]> = { names: NAMES, rules: RULES }
