/** Owns the table of environment variables: for each one its rule, its help and how to correct it. */
import { availableParallelism } from 'node:os'
import * as z from 'zod'

/** Shown beside each variable: what it is, and how to correct it. */
export interface Note {
  readonly help: string
  readonly fix: string
  /** Shown as set or not set: a key, a URL with a password, or a statement, in which keys are written too. */
  readonly secret?: true
  /** The largest file that NAME_FILE may name, where it is not the usual. */
  readonly maxFileBytes?: number
}

const variable = <T extends z.ZodType>(schema: T, note: Note): T => schema.meta({ ...note })

const whole = (min: number, max: number) =>
  z.stringFormat('whole-number', /^\d+$/).transform(Number).pipe(z.number().min(min).max(max))

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host)

/**
 * Whether what this URL answers can be believed: HTTPS, or plain HTTP that stays on this machine. A user or
 * password in it is refused: `fetch` takes none, and URLs are shown.
 */
export const isSafeUrl = (value: string): boolean => {
  if (!URL.canParse(value)) return false
  const { protocol, hostname, username, password } = new URL(value)
  if (username !== '' || password !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}

const isOrgUrl = (value: string): boolean => isSafeUrl(value) && new URL(value).pathname === '/'

/** On Okta's own domains only: elsewhere the name may be another host, whose owner would get the token. */
const ADMIN_HOST = /^([^.]+)-admin(\.(?:okta|oktapreview|okta-emea|okta-gov)\.com|\.okta\.mil)$/

/** Whether this is the Admin Console's host, which people copy from their browser, and not the org's. */
export const isAdminUrl = (url: string): boolean => ADMIN_HOST.test(new URL(url).hostname)

/** Scheme and host of the org, the Admin Console's host put right. */
export const toOrgUrl = (given: string): string => {
  const url = new URL(given)
  url.hostname = url.hostname.replace(ADMIN_HOST, '$1$2')
  return url.origin
}

/** RFC 8414, section 2: an issuer has no query and no fragment. */
const isIssuer = (value: string): boolean => isSafeUrl(value) && !/[?#@\s]/.test(value)

/** A field value that reaches the server as it was sent: RFC 9110, section 5.5. */
const headerValue = z.string().regex(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/)

/** Of a file that is always mounted, and empty most of the time. An empty file of another variable is a mistake. */
const none = z.literal('').transform(() => undefined)

const pemCertificates = z.string().includes('-----BEGIN CERTIFICATE-----')

/** A cloud's or a system's bundle of certificates is some hundred KiB. */
const MAX_BUNDLE_BYTES = 1024 * 1024

/** Below this, production refuses a secret: 32 characters of base64 hold 192 bits. */
export const MIN_SECRET_LENGTH = 32

const SECRET_FIX = `Use ${MIN_SECRET_LENGTH} or more printable ASCII characters, such as the output of: openssl rand -base64 32`

const OAUTH_FIX = 'The HOOK_OAUTH_ variables are set together, or not at all.'

export const variables = z.object({
  NODE_ENV: variable(z.string().optional(), {
    help: 'all but "development" and "test" is production, and so is no value where HOST is no loopback address. Production refuses demo mode, weak secrets and plain HTTP on a public address',
    fix: 'Set NODE_ENV=production; development or test on your own machine only.',
  }),
  HOOK_SECRET: variable(headerValue.optional(), {
    help: 'the authentication secret of the inline hook, exactly as typed into Okta',
    fix: SECRET_FIX,
    secret: true,
  }),
  HOOK_SECRET_PREVIOUS: variable(none.or(headerValue).optional(), {
    help: 'a second secret that is accepted too, while one is being rotated; its file may be empty',
    fix: SECRET_FIX,
    secret: true,
  }),
  HOOK_AUTH_HEADER: variable(
    z
      .string()
      .regex(/^[!#$%&'*+.^_`|~\w-]+$/)
      .toLowerCase()
      .default('authorization'),
    {
      help: 'the authentication field of the inline hook, a header name',
      fix: 'Use a header name such as Authorization or X-Hook-Secret.',
    },
  ),
  HOOK_OAUTH_ISSUER: variable(z.string().refine(isIssuer, 'is not valid').optional(), {
    help: 'the custom authorization server whose bearer tokens are accepted, such as https://acme.okta.com/oauth2/default',
    fix: 'Copy the issuer URI of a custom authorization server (Security > API), and set the other HOOK_OAUTH_ variables with it.',
  }),
  HOOK_OAUTH_AUDIENCE: variable(z.string().optional(), {
    help: 'the audience of those tokens, such as api://default',
    fix: `Copy the audience of the authorization server. ${OAUTH_FIX}`,
  }),
  HOOK_OAUTH_CLIENT_ID: variable(headerValue.optional(), {
    help: 'the client id that the inline hook has in Okta: no other client is believed',
    fix: `Copy the client id of the API Services app that the inline hook uses. ${OAUTH_FIX}`,
  }),
  HOOK_OAUTH_SCOPE: variable(
    // RFC 6749, section 3.3: one scope-token.
    z
      .string()
      .regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/)
      .optional(),
    {
      help: 'the custom scope that those tokens must have',
      fix: `Use one scope, the one in the inline hook's settings. ${OAUTH_FIX}`,
    },
  ),
  HOOK_OAUTH_JWKS_URL: variable(z.string().refine(isSafeUrl, 'is not valid').optional(), {
    help: "where the issuer's keys are; without it the issuer's metadata says where",
    fix: 'Use the jwks_uri of the authorization server, an https:// URL without user or password, or leave it out.',
  }),
  HOOK_DEADLINE_MS: variable(whole(100, 2900).default(2500), {
    help: 'milliseconds from the arrival of a call to its answer; Okta waits 3000 in all',
    fix: 'Use a whole number from 100 to 2900.',
  }),
  OKTA_ORG_URL: variable(z.string().refine(isOrgUrl, 'is not valid').optional(), {
    help: 'the org, such as https://acme.okta.com; a hook server with it believes no other org',
    fix: 'Use https://, the host of the org without "-admin", and no path, user or password.',
  }),
  OKTA_ACCESS_TOKEN: variable(headerValue.optional(), {
    help: 'an OAuth access token for the org (sent as Bearer)',
    fix: 'Give one of OKTA_ACCESS_TOKEN, OKTA_API_TOKEN, or OKTA_CLIENT_ID with OKTA_PRIVATE_KEY.',
    secret: true,
  }),
  OKTA_API_TOKEN: variable(headerValue.optional(), {
    help: 'an API token of the org, from Security > API > Tokens (sent as SSWS)',
    fix: 'Give one of OKTA_ACCESS_TOKEN, OKTA_API_TOKEN, or OKTA_CLIENT_ID with OKTA_PRIVATE_KEY.',
    secret: true,
  }),
  OKTA_CLIENT_ID: variable(
    z
      .string()
      .regex(/^[\x21-\x7e]+$/)
      .optional(),
    {
      help: 'the client ID of a service app (API Services); goes with OKTA_PRIVATE_KEY',
      fix: 'Give both OKTA_CLIENT_ID and OKTA_PRIVATE_KEY, or neither.',
    },
  ),
  OKTA_PRIVATE_KEY: variable(z.string().optional(), {
    help: 'the private key of that app, PEM or JWK, RSA or EC',
    fix: 'Use the private key whose public half the app holds, best by OKTA_PRIVATE_KEY_FILE.',
    secret: true,
  }),
  OKTA_KEY_ID: variable(z.string().optional(), {
    help: 'the id (kid) of that key, where the app has several and a JWK does not say it',
    fix: 'Copy the KID from the public keys of the app.',
  }),
  HOOK_OAUTH_CLIENT_SECRET: variable(z.string().optional(), {
    help: 'the client secret with which Okta gets tokens for the hook, where it uses OAuth',
    fix: 'Copy the secret of the app that --oauth-client-id names.',
    secret: true,
  }),
  HOOK_TEST_PASSWORD: variable(z.string().optional(), {
    help: 'the password for `register --test`, where nobody is there to type it',
    fix: 'Set it to the legacy password of the account that --test-login names.',
    secret: true,
  }),
  HOST: variable(z.string().default('127.0.0.1'), {
    help: 'the address to listen on',
    fix: 'Use 127.0.0.1 behind a proxy on the same machine, 0.0.0.0 in a container.',
  }),
  PORT: variable(whole(0, 65535).default(3000), {
    help: 'the port to listen on; 0 takes a free one',
    fix: 'Use a whole number from 0 to 65535.',
  }),
  MAX_CONNECTIONS_PER_SECOND: variable(whole(0, 100_000).default(200), {
    help: 'new connections a second from one address, where strangers reach this server without a proxy; 0 for no limit, such as behind a load balancer that hides the addresses of callers',
    fix: 'Use a whole number from 0 to 100000.',
  }),
  DRAIN_DELAY_MS: variable(whole(0, 10_000).default(3000), {
    help: 'milliseconds in which a server that is told to end (SIGTERM, SIGHUP) still answers, while proxies learn from /readyz to send calls elsewhere',
    fix: 'Use a whole number from 0 to 10000, above the time in which your proxy notices: 3000 with deploy/haproxy.cfg.',
  }),
  OPS_HOST: variable(z.string().default('127.0.0.1'), {
    help: 'the address of the ops port',
    fix: 'Use 127.0.0.1, or 0.0.0.0 in a container whose network no stranger reaches.',
  }),
  OPS_PORT: variable(whole(0, 65535).optional(), {
    help: 'the ops port, with /metrics, /livez and /readyz in plain HTTP; not open if not set',
    fix: 'Use a whole number from 0 to 65535, such as 9464; 0 takes a free one.',
  }),
  TLS_CERT_FILE: variable(z.string().optional(), {
    help: 'the certificate chain (PEM); with TLS_KEY_FILE the server speaks HTTPS, and follows renewals',
    fix: 'Give both TLS_CERT_FILE and TLS_KEY_FILE, or neither.',
  }),
  TLS_KEY_FILE: variable(z.string().optional(), {
    help: 'the private key (PEM) of that certificate',
    fix: 'Give both TLS_CERT_FILE and TLS_KEY_FILE, or neither.',
  }),
  TLS_TERMINATED_BY_PROXY: variable(z.stringbool().default(false), {
    help: '"true" says that a proxy in front speaks HTTPS, so that plain HTTP is meant',
    fix: 'Set it to true only if nothing but that proxy reaches this server; else give TLS_CERT_FILE and TLS_KEY_FILE.',
  }),
  LEGACY_DB_URL: variable(
    z
      .string()
      .regex(/^(sqlite:|(postgres|postgresql|mysql|mariadb):\/\/)./)
      .optional(),
    {
      help: 'the legacy store: sqlite:PATH, or postgres:// or mysql:// (mariadb://) and user:password@host:port/database; ?sslmode=verify-full asks for TLS',
      fix: 'Use sqlite:/data/legacy.sqlite, or postgres://user:password@host/database?sslmode=verify-full, or the same with mysql://',
      secret: true,
    },
  ),
  LEGACY_DB_CA: variable(pemCertificates.optional(), {
    help: 'certificates (PEM) to trust for the legacy store in place of the public ones, best as LEGACY_DB_CA_FILE; asks for TLS',
    fix: "Set LEGACY_DB_CA_FILE to the path of your database's CA certificate, in PEM.",
    secret: true,
    maxFileBytes: MAX_BUNDLE_BYTES,
  }),
  LEGACY_DB_POOL: variable(whole(1, 100).default(10), {
    help: 'connections to the legacy store, where it is a server',
    fix: 'Use a whole number from 1 to 100, and no more than the server grants this user.',
  }),
  LEGACY_LOOKUP_SQL: variable(z.string().optional(), {
    help: 'one SELECT with :login (trimmed, NFC, lower case) or :username (as typed). It returns password_hash, one or more of login, email and short_name, and optionally enabled and id',
    fix: 'See "Your own schema" in the README.',
    secret: true,
  }),
  LEGACY_LOOKUP_IGNORE: variable(
    z
      .string()
      .transform((names) => names.split(',').map((name) => name.trim()))
      .refine((names) => names.every((name) => name !== ''), 'is not valid')
      .default([]),
    {
      help: 'columns that LEGACY_LOOKUP_SQL may return without being read, separated by commas',
      fix: 'List the names of columns, such as created_at,updated_at.',
    },
  ),
  LEGACY_LOOKUP_UNCHECKED: variable(z.stringbool().default(false), {
    help: '"true" accepts rows that do not say whose they are (no login, email or short_name). A statement that finds the row of another person then lets that person in',
    fix: 'Set it to true or false, best not at all.',
  }),
  LEGACY_AUDIT_SQL: variable(z.string().optional(), {
    help: 'one SELECT for all accounts, without parameters. It returns login and password_hash, and optionally id and enabled. The server reads 500 rows of it when it checks the store, as samples',
    fix: 'See "Samples of your accounts" in the README.',
    secret: true,
  }),
  LEGACY_USERS_SQL: variable(z.string().optional(), {
    help: 'one SELECT with ORDER BY for all users to import, its columns named like those of a CSV file; on a server its transaction stays open for the whole run',
    fix: 'Order by a key that only grows, such as an id, so that a run that goes on meets the same rows.',
    secret: true,
  }),
  LEDGER_DB_URL: variable(
    z
      .string()
      .regex(/^(off$|sqlite:.|(postgres|postgresql|mysql|mariadb):\/\/.)/)
      .optional(),
    {
      help: 'the ledger of decisions: sqlite:PATH (okta-migrate-ledger.sqlite in the working directory if not set), postgres://… or mysql://… (mariadb://) where replicas share it, with ?sslmode=verify-full for TLS, or off',
      fix: 'Use sqlite:/data/ledger.sqlite, postgres://USER:PASSWORD@HOST/DATABASE, mysql://USER:PASSWORD@HOST/DATABASE, or off.',
      secret: true,
    },
  ),
  LEDGER_DB_CA: variable(pemCertificates.optional(), {
    help: "certificates (PEM) to trust for the ledger's server in place of the public ones, best as LEDGER_DB_CA_FILE; asks for TLS",
    fix: "Set LEDGER_DB_CA_FILE to the path of your database's CA certificate, in PEM.",
    secret: true,
    maxFileBytes: MAX_BUNDLE_BYTES,
  }),
  LEDGER_SPILL_DIR: variable(z.string().optional(), {
    help: "a directory on this machine's disk where decisions wait for the ledger's database; if not set, that of the SQLite ledger, or the working directory",
    fix: 'Use a directory that this user may write to and that outlives the process.',
  }),
  HASH_WORKERS: variable(whole(1, 64).default(availableParallelism()), {
    help: 'threads that check passwords',
    fix: 'Use a whole number from 1 to 64, best the number of cores.',
  }),
  BCRYPT_MAX_COST: variable(whole(10, 16).optional(), {
    help: 'the highest bcrypt cost that is checked; each step doubles the time (14 takes over a second). One that this machine cannot answer in time is refused at the start. If not set, 14, and what cannot end in time is answered 503',
    fix: 'Use a whole number from 10 to 16, or leave it out.',
  }),
  GUESS_LIMIT: variable(whole(1, 1000).default(10), {
    help: 'wrong passwords that one login, and one person under all spellings, may have at once; beyond that every answer is UNVERIFIED',
    fix: 'Use a whole number from 1 to 1000.',
  }),
  GUESS_WINDOW_MINUTES: variable(whole(1, 1440).default(15), {
    help: 'minutes in which that many wrong passwords are forgotten, evenly: one in 90 seconds with the defaults',
    fix: 'Use a whole number from 1 to 1440.',
  }),
  LOG_LEVEL: variable(z.enum(['debug', 'info', 'warn', 'error']).default('info'), {
    help: 'the least level that is logged',
    fix: 'Use debug, info, warn or error.',
  }),
  LOG_LOGINS: variable(z.enum(['fingerprint', 'plain']).default('fingerprint'), {
    help: 'how logins stand in the log and the ledger: a keyed fingerprint, or plain',
    fix: 'Use fingerprint or plain.',
  }),
  FINGERPRINT_KEY: variable(z.string().min(16).optional(), {
    help: 'the key of those fingerprints; without it they change when HOOK_SECRET does, and without both there are none',
    fix: 'Use 16 or more characters, such as the output of: openssl rand -base64 32',
    secret: true,
  }),
})
