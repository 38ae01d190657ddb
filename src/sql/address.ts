/** Reads the URL of a database server: its address, its user, and the TLS to use. */
import { AppError, type ErrorCode } from '../errors/errors.ts'
import { isLoopback } from '../http/url.ts'
import { databaseKindOf, traitsOf } from './kinds.ts'

export interface Address {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
  /** The path of a Unix socket in place of host and port: PostgreSQL's directory, MySQL's file. */
  readonly socket: string | undefined
  /** Undefined is plain text. */
  readonly tls: Tls | undefined
}

export interface AddressOptions {
  readonly prefix: Prefix
  /** PEM certificates to trust in place of the public ones; without an sslmode it asks for verify-full. */
  readonly ca: string | undefined
}

/** The server's certificate is verified always. */
export interface Tls {
  readonly ca: AddressOptions['ca']
  /** Whether the certificate must name the host. */
  readonly namesHost: boolean
}

/**
 * libpq's words ("SSL Mode Descriptions", PostgreSQL 34.19.1) for both kinds of server. Its `require`
 * encrypts without verifying the server; here it verifies. Its `allow` and `prefer`, which may silently use
 * plain text, are not supported.
 */
const MODES: Readonly<Record<string, Omit<Tls, 'ca'> | undefined>> = {
  disable: undefined,
  require: { namesHost: true },
  'verify-ca': { namesHost: false },
  'verify-full': { namesHost: true },
}

export const MIN_TLS_VERSION = 'TLSv1.2' as const

/** The variables that hold such URLs: PREFIX_URL, with the CA in PREFIX_CA. */
const PREFIXES = {
  LEGACY_DB: { code: 'legacy_unusable', exposed: 'hashes' },
  LEDGER_DB: { code: 'ledger_unusable', exposed: 'logins' },
} as const satisfies Record<string, { code: ErrorCode; exposed: string }>

export type Prefix = keyof typeof PREFIXES

type Refuse = (what: string) => AppError

/** Never quotes the URL, which holds a password. */
const refusalOf =
  (prefix: Prefix): Refuse =>
  (what) =>
    new AppError(PREFIXES[prefix].code, { detail: `${prefix}_URL ${what}` })

const decode = (part: string, refuse: Refuse): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    throw refuse('contains a % that is not part of a percent-encoding; write %25 for a literal %')
  }
}

/** A socket may also be in place of the host, percent-encoded, as libpq takes it. */
const socketIn = (url: URL, parameter: string, refuse: Refuse): string | undefined => {
  const named = [...url.searchParams.keys()]
  if (!named.every((name) => name === 'sslmode' || name === parameter))
    throw refuse(`takes no parameter except sslmode, and ${parameter} for a socket`)
  const written = url.searchParams.get(parameter)
  if (written !== null && !written.startsWith('/'))
    throw refuse(
      `has a ${parameter} that is not the path of a socket; write the host name before the database`,
    )
  const host = decode(url.hostname, refuse)
  return written ?? (host.startsWith('/') ? host : undefined)
}

const modeOf = (url: URL, { ca, prefix }: AddressOptions, refuse: Refuse): string => {
  const mode = url.searchParams.get('sslmode') ?? (ca === undefined ? 'disable' : 'verify-full')
  if (!Object.hasOwn(MODES, mode)) {
    throw refuse(`has an unknown sslmode; use one of: ${Object.keys(MODES).join(', ')}`)
  }
  // Without a CA of one's own, any certificate of any public host would do.
  if (mode === 'verify-ca' && ca === undefined)
    throw refuse(`asks for verify-ca without ${prefix}_CA`)
  return mode
}

/** @throws AppError `legacy_unusable` or `ledger_unusable` */
export const parseAddress = (text: string, options: AddressOptions): Address => {
  const refuse = refusalOf(options.prefix)
  if (!URL.canParse(text))
    throw refuse('is not a URL; percent-encode the special characters in the password')
  const url = new URL(text)
  const [user, password, database] = [url.username, url.password, url.pathname.slice(1)].map(
    (part) => decode(part, refuse),
  )
  if (url.hash !== '') throw refuse('contains a #; write %23 for a literal #')
  if (!url.hostname || !user || !database || database.includes('/')) {
    throw refuse(
      'must name user, host and database: scheme://user:password@host:port/database, or for a socket ' +
        'scheme://user@%2Fpath%2Fof%2Fsocket/database',
    )
  }
  const kind = databaseKindOf(text)
  const server = kind && traitsOf(kind).server
  if (!server) throw refuse('is not the URL of a database server')
  const socket = socketIn(url, server.socketParameter, refuse)
  // Traffic through a socket does not leave the machine.
  const mode = socket === undefined ? modeOf(url, options, refuse) : 'disable'
  if (socket !== undefined && (url.searchParams.get('sslmode') ?? mode) !== mode)
    throw refuse('asks for TLS on a socket, which has no TLS; remove sslmode')
  const tls = MODES[mode]
  return {
    socket,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? server.port : Number(url.port),
    user,
    password: password ?? '',
    database,
    tls: tls && { ...tls, ca: options.ca },
  }
}

/** The warning for a connection that is not private. */
export const transportWarnings = ({ host, socket, tls }: Address, prefix: Prefix): string[] =>
  tls || socket !== undefined || isLoopback(host)
    ? []
    : [
        `${prefix}_URL does not ask for TLS, so ${PREFIXES[prefix].exposed} cross the network in plain text. Add ?sslmode=verify-full`,
      ]

/** Where it is, in words that may be logged. */
export const describeAddress = ({ host, port, database, socket }: Address): string =>
  `${socket ?? `${host}:${port}`}/${database}`
