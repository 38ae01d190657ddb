/** Owns the reading of LEGACY_DB_URL for a server: where it is, who asks, and how the line is kept private. */
import { AppError } from '../errors.ts'
import { isLoopback } from '../variables.ts'

export interface Address {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
  /** Undefined is plain text. */
  readonly tls: Tls | undefined
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

export const MIN_TLS_VERSION = 'TLSv1.2'

/** Never quotes the URL, which holds a password. */
const refuse = (what: string): AppError =>
  new AppError('legacy_unusable', { detail: `LEGACY_DB_URL ${what}` })

const decode = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    throw refuse('holds a % that is no percent-encoding; write %25 for the sign itself')
  }
}

const modeOf = (url: URL, ca: string | undefined): string => {
  const [stranger] = [...url.searchParams.keys()].filter((name) => name !== 'sslmode')
  if (stranger !== undefined) throw refuse('takes no parameter but sslmode')
  const mode = url.searchParams.get('sslmode') ?? (ca === undefined ? 'disable' : 'verify-full')
  if (!Object.hasOwn(MODES, mode)) {
    throw refuse(`has another sslmode than ${Object.keys(MODES).join(', ')}`)
  }
  // Without a CA of one's own, any certificate of any public host would do.
  if (mode === 'verify-ca' && ca === undefined)
    throw refuse('asks for verify-ca without LEGACY_DB_CA')
  return mode
}

/**
 * @param ca PEM certificates to trust in place of the public ones; without an sslmode it asks for verify-full
 * @throws AppError `legacy_unusable`
 */
export const parseAddress = (
  text: string,
  defaultPort: number,
  ca: string | undefined,
): Address => {
  if (!URL.canParse(text)) throw refuse('is no URL; percent-encode what is special in the password')
  const url = new URL(text)
  const user = decode(url.username)
  const database = decode(url.pathname.slice(1))
  if (url.hash !== '') throw refuse('holds a #; write %23 for the sign itself')
  if (!url.hostname || !user || !database || database.includes('/')) {
    throw refuse('must name user, host and database: scheme://user:password@host:port/database')
  }
  const tls = MODES[modeOf(url, ca)]
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? defaultPort : Number(url.port),
    user,
    password: decode(url.password),
    database,
    tls: tls && { ...tls, ca },
  }
}

/** What to know about a line that is not private. */
export const lineWarnings = ({ host, tls }: Address): string[] =>
  tls || isLoopback(host)
    ? []
    : [
        'LEGACY_DB_URL asks for no TLS, so hashes cross the network in plain text. Add ?sslmode=verify-full',
      ]
