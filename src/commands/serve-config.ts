/** Owns what the hook server needs of the environment, and the rules between its variables. */
import type { Loaded, Need, Rule } from '../config.ts'
import { isAdminUrl, isLoopback, MIN_SECRET_LENGTH } from '../variables.ts'

const NAMES = [
  'NODE_ENV',
  'HOOK_SECRET',
  'HOOK_SECRET_PREVIOUS',
  'HOOK_AUTH_HEADER',
  'HOOK_DEADLINE_MS',
  'OKTA_ORG_URL',
  'HOST',
  'PORT',
  'TLS_CERT_FILE',
  'TLS_KEY_FILE',
  'TLS_TERMINATED_BY_PROXY',
  'LEGACY_DB_URL',
  'LEGACY_LOOKUP_SQL',
  'HASH_WORKERS',
  'BCRYPT_MAX_COST',
  'GUESS_LIMIT',
  'GUESS_WINDOW_MINUTES',
  'LOG_LEVEL',
  'LOG_LOGINS',
  'FINGERPRINT_KEY',
] as const

export type ServeConfig = Loaded<(typeof NAMES)[number]>['config']

/** Nothing at all is configured: the demo. One of the two alone is a mistake, and no demo. */
export const isDemo = (v: ServeConfig): boolean =>
  v.NODE_ENV !== 'production' && v.HOOK_SECRET === undefined && v.LEGACY_DB_URL === undefined

const inProduction = (v: ServeConfig): boolean => v.NODE_ENV === 'production'

const isShort = (secret: string | undefined): boolean =>
  secret !== undefined && secret.length < MIN_SECRET_LENGTH

const speaksTls = (v: ServeConfig): boolean =>
  v.TLS_CERT_FILE !== undefined && v.TLS_KEY_FILE !== undefined

const RULES: readonly Rule<ServeConfig>[] = [
  ['HOOK_SECRET', (v) => !isDemo(v) && v.HOOK_SECRET === undefined, 'is missing'],
  [
    'LEGACY_DB_URL',
    (v) => !isDemo(v) && v.LEGACY_DB_URL === undefined,
    'is missing (there is no demo mode in production or with a HOOK_SECRET)',
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
  ['HOST', (v) => isDemo(v) && !isLoopback(v.HOST), 'must be a loopback address in demo mode'],
]

export const SERVE: Need<(typeof NAMES)[number]> = { names: NAMES, rules: RULES }
