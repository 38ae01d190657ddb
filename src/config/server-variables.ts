/** The table of the hook server's variables: how Okta authenticates, where it listens, and its limits. */
import { availableParallelism } from 'node:os'
import * as z from 'zod'
import { isSafeUrl } from '../http/url.ts'
import { checkedText, headerValue, text, variable, whole } from './variable.ts'

const headerName = text(/^[!#$%&'*+.^_`|~\w-]+$/).toLowerCase()

/** RFC 6749, section 3.3. */
const scopeToken = text(/^[\x21\x23-\x5b\x5d-\x7e]+$/)

/** RFC 8414, section 2: an issuer has no query and no fragment. */
const isIssuer = (value: string): boolean => isSafeUrl(value) && !/[?#@\s]/.test(value)

/** For a file that is always mounted and usually empty. For other variables an empty file is a mistake. */
const none = z.literal('').transform(() => undefined)

/** Production refuses a shorter secret: 32 characters of base64 hold 192 bits. */
export const MIN_SECRET_LENGTH = 32

const longSecret = headerValue.refine((value) => value.length >= MIN_SECRET_LENGTH)

/** A name, or an address of IPv6, which has two colons or more: with a port, none would ever match. */
const HOST_NAME = /^(?:[a-z\d.-]+|(?=.*:.*:)[\da-f:.]+)$/

const hostNames = z
  .string()
  .transform((names) => names.split(',').map((name) => name.trim().toLowerCase()))
  .pipe(z.array(text(HOST_NAME)))

const SECRET_FIX = `Use ${MIN_SECRET_LENGTH} or more printable ASCII characters, such as the output of: openssl rand -base64 32`

const OAUTH_FIX =
  'Set all of HOOK_OAUTH_ISSUER, HOOK_OAUTH_AUDIENCE, HOOK_OAUTH_CLIENT_ID and HOOK_OAUTH_SCOPE, or none.'

const TLS_FIX = 'Give both TLS_CERT_FILE and TLS_KEY_FILE, or neither.'

export const AUTH_VARIABLES = {
  HOOK_SECRET: variable(headerValue.optional(), {
    help: 'the authentication secret of the inline hook, exactly as entered in Okta',
    fix: SECRET_FIX,
    secret: true,
  }),
  HOOK_SECRET_PREVIOUS: variable(none.or(headerValue).optional(), {
    help: 'a second secret that is also accepted, while the secret is being rotated; its file can be empty',
    fix: SECRET_FIX,
    secret: true,
  }),
  HOOK_AUTH_HEADER: variable(headerName.default('authorization'), {
    help: 'the authentication field of the inline hook, a header name',
    fix: 'Use a header name such as Authorization or X-Hook-Secret.',
  }),
  EVENT_HOOK_SECRET: variable(longSecret.optional(), {
    help: 'the authentication secret of the event hook, in the header of HOOK_AUTH_HEADER, and another one than HOOK_SECRET; if not set, there is no /hooks/okta/events',
    fix: SECRET_FIX,
    secret: true,
  }),
  HOOK_OAUTH_ISSUER: variable(checkedText(isIssuer).optional(), {
    help: 'the custom authorization server whose bearer tokens are accepted, such as https://acme.okta.com/oauth2/default',
    fix: `Copy the issuer URI of a custom authorization server (Security > API). ${OAUTH_FIX}`,
  }),
  HOOK_OAUTH_AUDIENCE: variable(z.string().optional(), {
    help: 'the audience of those tokens, such as api://default',
    fix: `Copy the audience of the authorization server. ${OAUTH_FIX}`,
  }),
  HOOK_OAUTH_CLIENT_ID: variable(headerValue.optional(), {
    help: 'the client ID of the inline hook in Okta: tokens of any other client are rejected',
    fix: `Copy the client ID of the API Services app that the inline hook uses. ${OAUTH_FIX}`,
  }),
  HOOK_OAUTH_SCOPE: variable(scopeToken.optional(), {
    help: 'the custom scope that those tokens must have',
    fix: `Use one scope, the one in the settings of the inline hook. ${OAUTH_FIX}`,
  }),
  HOOK_OAUTH_JWKS_URL: variable(checkedText(isSafeUrl).optional(), {
    help: "the URL of the issuer's keys; if not set, it is read from the issuer's metadata",
    fix: 'Use the jwks_uri of the authorization server, an https:// URL without user or password, or leave it out.',
  }),
}

export const LISTEN_VARIABLES = {
  NODE_ENV: variable(z.string().optional(), {
    help: 'every value except "development" and "test" means production; so does no value if HOST is not a loopback address. Production refuses demo mode, weak secrets, and plain HTTP on a public address',
    fix: 'Set NODE_ENV=production. Use development or test only on your own machine.',
  }),
  HOST: variable(z.string().default('127.0.0.1'), {
    help: 'the address to listen on',
    fix: 'Use 127.0.0.1 behind a proxy on the same machine, 0.0.0.0 in a container.',
  }),
  PORT: variable(whole(0, 65535).default(3000), {
    help: 'the port to listen on; 0 picks a free one',
    fix: 'Use a whole number from 0 to 65535.',
  }),
  MAX_CONNECTIONS_PER_SECOND: variable(whole(0, 100_000).default(200), {
    help: 'new connections per second from one address, if this server is reachable without a proxy; 0 for no limit, for example behind a load balancer that hides the addresses of callers',
    fix: 'Use a whole number from 0 to 100000.',
  }),
  DRAIN_DELAY_MS: variable(whole(0, 10_000).default(3000), {
    help: 'milliseconds for which a server that was told to stop (SIGTERM, SIGHUP) still answers, so that proxies see it in /readyz and send calls elsewhere',
    fix: 'Use a whole number from 0 to 10000, more than your proxy needs to notice: 3000 with deploy/haproxy.cfg.',
  }),
  OPS_HOST: variable(z.string().default('127.0.0.1'), {
    help: 'the address of the ops port',
    fix: 'Use 127.0.0.1, or 0.0.0.0 in a container whose network is private.',
  }),
  OPS_PORT: variable(whole(0, 65535).optional(), {
    help: 'the ops port, which serves /metrics, /livez, /readyz and the page /campaign over plain HTTP; closed if not set',
    fix: 'Use a whole number from 0 to 65535, such as 9464; 0 picks a free one.',
  }),
  OPS_TOKEN: variable(longSecret.optional(), {
    help: 'the password of the page /campaign, for any user name; without it, the page is there only if OPS_HOST is a loopback address',
    fix: SECRET_FIX,
    secret: true,
  }),
  OPS_ALLOWED_HOSTS: variable(hostNames.optional(), {
    help: 'names under which people open the page /campaign, separated by commas, besides those of the loopback address',
    fix: 'Use the names as browsers show them, without a port, such as hook.example.com.',
  }),
  TLS_CERT_FILE: variable(z.string().optional(), {
    help: 'the path of the certificate chain (PEM); with TLS_KEY_FILE, the server uses HTTPS and reloads a renewed certificate',
    fix: TLS_FIX,
  }),
  TLS_KEY_FILE: variable(z.string().optional(), {
    help: 'the path of the private key (PEM) of that certificate',
    fix: TLS_FIX,
  }),
  TLS_TERMINATED_BY_PROXY: variable(z.stringbool().default(false), {
    help: '"true" if a proxy in front of this server handles HTTPS, so that plain HTTP is intended',
    fix: 'Set it to true only if this server is reachable through that proxy alone. Otherwise give TLS_CERT_FILE and TLS_KEY_FILE.',
  }),
}

/** A day. */
export const MAX_GUESS_WINDOW_MINUTES = 1440

export const LIMIT_VARIABLES = {
  HOOK_DEADLINE_MS: variable(whole(100, 2900).default(2500), {
    help: 'milliseconds from the arrival of a call to its answer; Okta waits 3000 in total',
    fix: 'Use a whole number from 100 to 2900.',
  }),
  HASH_WORKERS: variable(whole(1, 64).default(availableParallelism()), {
    help: 'the number of threads that check passwords',
    fix: 'Use a whole number from 1 to 64, preferably the number of cores.',
    defaultWords: 'the number of cores',
  }),
  BCRYPT_MAX_COST: variable(whole(10, 16).optional(), {
    help: 'the highest bcrypt cost that is checked; each step doubles the time (14 takes over a second). The server does not start with a cost that this machine cannot check in time. If not set, it is 14, and a check that cannot finish in time is answered with 503',
    fix: 'Use a whole number from 10 to 16, or leave it out.',
  }),
  GUESS_LIMIT: variable(whole(1, 1000).default(10), {
    help: 'wrong passwords that one login, and one person across all spellings, can use at once; after that every answer is UNVERIFIED',
    fix: 'Use a whole number from 1 to 1000.',
  }),
  GUESS_WINDOW_MINUTES: variable(whole(1, MAX_GUESS_WINDOW_MINUTES).default(15), {
    help: 'minutes until that many wrong passwords are forgotten, at an even rate: one every 90 seconds with the defaults',
    fix: `Use a whole number from 1 to ${MAX_GUESS_WINDOW_MINUTES}.`,
  }),
}

export const LOG_VARIABLES = {
  LOG_LEVEL: variable(z.enum(['debug', 'info', 'warn', 'error']).default('info'), {
    help: 'the lowest level that is logged',
    fix: 'Use debug, info, warn or error.',
  }),
  LOG_LOGINS: variable(z.enum(['fingerprint', 'plain']).default('fingerprint'), {
    help: 'how logins are written to the log and the ledger: as a keyed fingerprint, or as plain text',
    fix: 'Use fingerprint or plain.',
  }),
  FINGERPRINT_KEY: variable(z.string().min(16).optional(), {
    help: 'the key of those fingerprints; if not set, it is derived from HOOK_SECRET, and fingerprints change when that does',
    fix: 'Use 16 or more characters, such as the output of: openssl rand -base64 32',
    secret: true,
  }),
}
