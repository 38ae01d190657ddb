/** Owns the reading of a database server's URL: where it is, who asks, and how the line is kept private. */
import { connect, type Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { AppError, type ErrorCode } from '../errors/errors.ts'
import { isLoopback } from '../http/url.ts'

export type DatabaseKind = 'sqlite' | 'postgres' | 'mysql'

const KINDS: Readonly<Record<string, DatabaseKind>> = {
  sqlite: 'sqlite',
  postgres: 'postgres',
  postgresql: 'postgres',
  mysql: 'mysql',
  mariadb: 'mysql',
}

/** The beginnings of URLs that are known. */
export const SCHEMES = Object.keys(KINDS)

/** @returns undefined where the URL begins with no known scheme */
export const databaseKindOf = (url: string): DatabaseKind | undefined => {
  const scheme = url.slice(0, Math.max(0, url.indexOf(':')))
  return Object.hasOwn(KINDS, scheme) ? KINDS[scheme] : undefined
}

/** The path in `sqlite:PATH`. */
export const sqlitePath = (url: string): string => url.slice('sqlite:'.length)

export const DEFAULT_PORTS = { postgres: 5432, mysql: 3306 } as const

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
  readonly defaultPort: number
  /** PEM certificates to trust in place of the public ones; without an sslmode it asks for verify-full. */
  readonly ca: string | undefined
}

/** The server's certificate is verified always. */
export interface Tls {
  /** PEM certificates to trust in place of the public ones. */
  readonly ca: string | undefined
  /** Whether the certificate must name the host. */
  readonly namesHost: boolean
}

/**
 * libpq's words ("SSL Mode Descriptions", PostgreSQL 34.19.1) for both kinds of server. Its `require`
 * encrypts for whoever answers; here it verifies, and its `allow` and `prefer`, which may end in plain
 * text without a word, are not known.
 */
const MODES: Readonly<Record<string, Omit<Tls, 'ca'> | undefined>> = {
  disable: undefined,
  require: { namesHost: true },
  'verify-ca': { namesHost: false },
  'verify-full': { namesHost: true },
}

const MIN_TLS_VERSION = 'TLSv1.2'

/** The variables that hold such URLs: PREFIX_URL, with the CA in PREFIX_CA. */
const PREFIXES = {
  LEGACY_DB: { code: 'legacy_unusable', cargo: 'hashes cross' },
  LEDGER_DB: { code: 'ledger_unusable', cargo: 'who signs in crosses' },
} as const satisfies Record<string, { code: ErrorCode; cargo: string }>

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
    throw refuse('holds a % that is no percent-encoding; write %25 for the sign itself')
  }
}

/** The parameter that names a socket, as libpq ("Connection URIs") and mysql2 have it. */
const SOCKET_PARAMETERS: Readonly<Record<string, string>> = {
  postgres: 'host',
  mysql: 'socketPath',
}

/** Also in the place of the host, percent-encoded, as libpq takes it. */
const socketIn = (url: URL, refuse: Refuse): string | undefined => {
  const parameter = SOCKET_PARAMETERS[databaseKindOf(url.href) ?? ''] ?? ''
  const named = [...url.searchParams.keys()]
  if (!named.every((name) => name === 'sslmode' || name === parameter))
    throw refuse(`takes no parameter but sslmode, and ${parameter} for a socket`)
  const written = url.searchParams.get(parameter)
  if (written !== null && !written.startsWith('/'))
    throw refuse(
      `has a ${parameter} that is no path of a socket; write the host before the database`,
    )
  const host = decode(url.hostname, refuse)
  return written ?? (host.startsWith('/') ? host : undefined)
}

const modeOf = (url: URL, { ca, prefix }: AddressOptions, refuse: Refuse): string => {
  const mode = url.searchParams.get('sslmode') ?? (ca === undefined ? 'disable' : 'verify-full')
  if (!Object.hasOwn(MODES, mode)) {
    throw refuse(`has another sslmode than ${Object.keys(MODES).join(', ')}`)
  }
  // Without a CA of one's own, any certificate of any public host would do.
  if (mode === 'verify-ca' && ca === undefined)
    throw refuse(`asks for verify-ca without ${prefix}_CA`)
  return mode
}

/** @throws AppError `legacy_unusable` or `ledger_unusable` */
export const parseAddress = (text: string, options: AddressOptions): Address => {
  const refuse = refusalOf(options.prefix)
  if (!URL.canParse(text)) throw refuse('is no URL; percent-encode what is special in the password')
  const url = new URL(text)
  const [user, password, database] = [url.username, url.password, url.pathname.slice(1)].map(
    (part) => decode(part, refuse),
  )
  if (url.hash !== '') throw refuse('holds a #; write %23 for the sign itself')
  if (!url.hostname || !user || !database || database.includes('/')) {
    throw refuse(
      'must name user, host and database: scheme://user:password@host:port/database, or for a socket ' +
        'scheme://user@%2Fpath%2Fof%2Fit/database',
    )
  }
  const socket = socketIn(url, refuse)
  // What is said to a socket does not leave the machine.
  const mode = socket === undefined ? modeOf(url, options, refuse) : 'disable'
  if (socket !== undefined && (url.searchParams.get('sslmode') ?? mode) !== mode)
    throw refuse('asks for TLS on a socket, which has none; leave out sslmode')
  const tls = MODES[mode]
  return {
    socket,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? options.defaultPort : Number(url.port),
    user,
    password: password ?? '',
    database,
    tls: tls && { ...tls, ca: options.ca },
  }
}

/** What to know about a line that is not private. */
export const lineWarnings = ({ host, socket, tls }: Address, prefix: Prefix): string[] =>
  tls || socket !== undefined || isLoopback(host)
    ? []
    : [
        `${prefix}_URL asks for no TLS, so ${PREFIXES[prefix].cargo} the network in plain text. Add ?sslmode=verify-full`,
      ]

const postgresTls = (tls: Tls | undefined): ConnectionOptions | false =>
  tls
    ? {
        ca: tls.ca,
        minVersion: MIN_TLS_VERSION,
        ...(!tls.namesHost && { checkServerIdentity: () => undefined }),
      }
    : false

/** Where it is, in words that may be logged. */
export const describeAddress = ({ host, port, database, socket }: Address): string =>
  `${socket ?? `${host}:${port}`}/${database}`

/** Opens the line to a MySQL server. */
export const connectTo = ({ host, port, socket }: Address): Socket =>
  socket === undefined ? connect(port, host) : connect(socket)

/** As the driver pg takes it. */
export const postgresOptions = ({ password, tls, socket, host, ...where }: Address) => ({
  ...where,
  host: socket ?? host,
  // As a function it is used as it is, even empty; else the driver looks in its user's home.
  password: () => password,
  ssl: postgresTls(tls),
})

/** As the driver mysql2 takes it. */
export const mysqlOptions = ({ tls, socket, ...where }: Address) => ({
  ...where,
  ...(socket !== undefined && { socketPath: socket }),
  ...(tls && {
    ssl: {
      ...(tls.ca !== undefined && { ca: tls.ca }),
      minVersion: MIN_TLS_VERSION,
      rejectUnauthorized: true,
      verifyIdentity: tls.namesHost,
    },
  }),
})
