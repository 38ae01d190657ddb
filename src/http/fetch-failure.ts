/** Why a request got no response, in words that name the host and say what to do. */

/** undici parses responses in WebAssembly, which --jitless disables. Only calls to others need it. */
const NO_WEBASSEMBLY: string | undefined = !('WebAssembly' in globalThis)
  ? 'this Node.js has no WebAssembly (--jitless), which is needed to parse HTTP responses'
  : undefined

/** How a request without a response failed. */
export type FailureKind =
  /** The other side received nothing. The next attempt may succeed. */
  | 'not-sent'
  /** It received nothing, and never will: its certificate is not trusted. */
  | 'untrusted'
  /** It received nothing, and never will: a proxy refuses to connect. */
  | 'proxy-refused'
  /** It may or may not have processed the request. */
  | 'unknown'
  /** It answered, but this program cannot use the answer. */
  | 'unusable'

export interface FetchFailure {
  readonly kind: FailureKind
  /** What happened, to what, and what to do about it. */
  readonly reason: string
}

interface SystemError {
  readonly name?: string
  readonly code?: string
  readonly syscall?: string
  /** The name that DNS was asked for: the proxy's, where there is one. */
  readonly hostname?: string
  readonly address?: string
  readonly port?: number
  readonly message?: string
  readonly errors?: readonly SystemError[]
}

const CHECK_PROXY = 'if this network needs a proxy, set HTTPS_PROXY'

const EXTRA_CA =
  'if a proxy or firewall inspects TLS, set NODE_EXTRA_CA_CERTS to a file with its CA certificate (PEM)'

type Describe = (host: string, err: SystemError) => string

/** By error code; the first pattern that matches applies. */
const DESCRIPTIONS: readonly (readonly [code: RegExp, describe: Describe])[] = [
  [
    /^ENOTFOUND$/,
    (host, { hostname = host }) =>
      `DNS does not know the name ${hostname}: check its spelling; ${CHECK_PROXY}`,
  ],
  [
    /^EAI_/,
    (host, { hostname = host }) => `DNS gave no answer for the name ${hostname}: ${CHECK_PROXY}`,
  ],
  [
    /^ECONNREFUSED$/,
    (host, { address, port }) => {
      const target = `${address}:${port}`
      return `${host} refuses connections${address && target !== host ? ` at ${target}` : ''}`
    },
  ],
  [
    /^(UND_ERR_CONNECT_TIMEOUT|E(HOST|NET)UNREACH)$/,
    (host) => `${host} cannot be reached: ${CHECK_PROXY}`,
  ],
  [
    /^CERT_HAS_EXPIRED$/,
    (host) => `the certificate of ${host} has expired, or this machine's clock is wrong`,
  ],
  [
    /^CERT_NOT_YET_VALID$/,
    (host) => `the certificate of ${host} is not valid yet: check this machine's clock`,
  ],
  [/ALTNAME/, (host) => `the certificate does not belong to ${host}: check the URL`],
  [
    /CERT|UNABLE_TO|SELF_SIGNED/,
    (host) => `the certificate of ${host} is not trusted: ${EXTRA_CA}`,
  ],
  [/ERR_TLS|ERR_SSL|EPROTO/, (host) => `the TLS connection to ${host} failed: ${EXTRA_CA}`],
  [/^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/, (host) => `${host} closed the connection`],
]

/** undici's message where a proxy refuses a CONNECT, and ours for a 407 without one. */
const CONNECT_ANSWER = /^Proxy response \((\d{3})\)/

const describeProxy = (status: number, host: string): string =>
  status === 407
    ? 'the proxy requires a login (407): add it to HTTPS_PROXY, http://USER:PASSWORD@HOST:PORT'
    : `the proxy refuses to connect to ${host} (${status})`

const UNTRUSTED = /CERT|ERR_TLS|ERR_SSL|UNABLE_TO|SELF_SIGNED|EPROTO/

const isBeforeSending = ({ code, syscall, errors }: SystemError): boolean =>
  ['connect', 'getaddrinfo'].includes(syscall ?? '') ||
  code === 'UND_ERR_CONNECT_TIMEOUT' ||
  (errors?.length ? errors.every(isBeforeSending) : false)

/** Not all errors of undici's parser have a code. */
const isNoHttp = ({ name }: SystemError): boolean => name === 'HTTPParserError'

const kindOf = (err: SystemError): FailureKind => {
  if (UNTRUSTED.test(err.code ?? '')) return 'untrusted'
  if (isNoHttp(err)) return 'unusable'
  return isBeforeSending(err) ? 'not-sent' : 'unknown'
}

const describe = (host: string, err: SystemError): string => {
  const { code } = err
  if (isNoHttp(err)) return `the answer of ${host} is not HTTP`
  if (code === undefined) return NO_WEBASSEMBLY ?? `the request to ${host} failed`
  const [, describeOne] = DESCRIPTIONS.find(([pattern]) => pattern.test(code)) ?? []
  // Several addresses were tried; the first one's error stands for all.
  const known = describeOne?.(host, err.errors?.[0] ?? err)
  return `${known ?? `the connection to ${host} failed`} (${code})`
}

/** A request through a proxy that failed. */
export class ProxiedFailure extends Error {
  /** Without its login. */
  readonly proxy: URL

  constructor(proxy: URL, cause: unknown) {
    super('fetch failed', { cause })
    this.proxy = proxy
  }
}

/** Whether the proxy itself could not be reached. */
const isAboutProxy = ({ host, hostname, port }: URL, err: SystemError): boolean =>
  isBeforeSending(err) &&
  (err.hostname === hostname ||
    err.port === Number(port || 80) ||
    (err.message ?? '').includes(host))

/** The system's error may be the cause of another error; a proxy's refusal is two causes deep. */
const rootOf = (err: unknown): SystemError => {
  const { cause } = Object(err) as { cause?: unknown }
  return cause === undefined ? (Object(err) as SystemError) : rootOf(cause)
}

export const fetchFailureOf = (err: unknown, url: URL): FetchFailure => {
  const cause = rootOf(err)
  const answer = CONNECT_ANSWER.exec(cause.message ?? '')
  if (answer) {
    const status = Number(answer[1])
    // A gateway's 502 to 504 may be temporary: the proxy did not reach the host this time.
    const kind = status > 501 && status < 505 ? 'not-sent' : 'proxy-refused'
    return { kind, reason: describeProxy(status, url.host) }
  }
  if (err instanceof ProxiedFailure && isAboutProxy(err.proxy, cause)) {
    const { host } = err.proxy
    const reason = `the proxy ${host} cannot be reached: check HTTPS_PROXY (${cause.code})`
    return { kind: 'not-sent', reason }
  }
  return { kind: kindOf(cause), reason: describe(url.host, cause) }
}
