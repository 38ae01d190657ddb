/** Why a fetch got no answer, in words that name the host and say what to do. */

/** undici parses HTTP answers by WebAssembly, which --jitless takes away. Serving needs none. */
export const FETCH_FAILURES: string | undefined = !('WebAssembly' in globalThis)
  ? 'this Node.js forbids WebAssembly (--jitless), by which answers over HTTP are parsed'
  : undefined

/** What became of a request that has no answer. */
export type FailureKind =
  /** Nothing reached the other side, and the next attempt may do better. */
  | 'unsent'
  /** Nothing reached it, and nothing will: its certificate is not trusted. */
  | 'untrusted'
  /** Nothing reached it, and nothing will: a proxy refuses the way. */
  | 'barred'
  /** It may or may not have been processed. */
  | 'lost'
  /** It was answered, but not with what this program can take in. */
  | 'unusable'

export interface FetchFailure {
  readonly fate: FailureKind
  /** What happened, to what, and what to do about it. */
  readonly reason: string
}

interface SystemError {
  readonly name?: string
  readonly code?: string
  readonly syscall?: string
  /** The name that was asked of DNS: the proxy's, where there is one. */
  readonly hostname?: string
  readonly address?: string
  readonly port?: number
  readonly message?: string
  readonly errors?: readonly SystemError[]
}

const ASK_PROXY = 'where only a proxy leads out, set HTTPS_PROXY'

const EXTRA_CA =
  'where a proxy or firewall looks into TLS, set NODE_EXTRA_CA_CERTS to a file with its CA certificate (PEM)'

const NOT_TRUSTED = (host: string): string =>
  `the certificate of ${host} is not trusted: ${EXTRA_CA}`
const NO_TLS = (host: string): string => `${host} does not speak TLS as it should: ${EXTRA_CA}`

type Words = (host: string, err: SystemError) => string

/** By the code, or its beginning; the first that fits. */
const WORDS: readonly (readonly [code: RegExp, words: Words])[] = [
  [
    /^ENOTFOUND$/,
    (host, { hostname = host }) =>
      `DNS does not know the name ${hostname}: check its spelling; ${ASK_PROXY}`,
  ],
  [
    /^EAI_/,
    (host, { hostname = host }) => `DNS gave no answer for the name ${hostname}: ${ASK_PROXY}`,
  ],
  [
    /^ECONNREFUSED$/,
    (host, { address, port }) => {
      const place = `${address}:${port}`
      return `${host} refuses connections${address && place !== host ? ` at ${place}` : ''}`
    },
  ],
  [
    /^(UND_ERR_CONNECT_TIMEOUT|E(HOST|NET)UNREACH)$/,
    (host) => `${host} cannot be reached: ${ASK_PROXY}`,
  ],
  [
    /^CERT_HAS_EXPIRED$/,
    (host) => `the certificate of ${host} has expired, or this clock is wrong`,
  ],
  [
    /^CERT_NOT_YET_VALID$/,
    (host) => `the certificate of ${host} is not valid yet: is this clock right?`,
  ],
  [/ALTNAME/, (host) => `the certificate is not one for ${host}: check the URL`],
  [/CERT|UNABLE_TO|SELF_SIGNED/, NOT_TRUSTED],
  [/ERR_TLS|ERR_SSL|EPROTO/, NO_TLS],
  [/^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/, (host) => `${host} cut the connection off`],
]

/** What undici says of a proxy that refuses a CONNECT, and we of a 407 without one. */
const CONNECT_ANSWER = /^Proxy response \((\d{3})\)/

const proxyStatusOf = (err: SystemError): number | undefined => {
  const status = CONNECT_ANSWER.exec(err.message ?? '')?.[1]
  return status === undefined ? undefined : Number(status)
}

const describeProxy = (status: number, host: string): string => {
  if (status === 407) {
    return `the proxy wants a login (407): write it into HTTPS_PROXY, http://USER:PASSWORD@HOST:PORT`
  }
  return `the proxy does not connect to ${host} (${status})`
}

const UNTRUSTED = /CERT|ERR_TLS|ERR_SSL|UNABLE_TO|SELF_SIGNED|EPROTO/

const isBeforeSending = ({ code, syscall, errors }: SystemError): boolean =>
  ['connect', 'getaddrinfo'].includes(syscall ?? '') ||
  code === 'UND_ERR_CONNECT_TIMEOUT' ||
  (errors?.length ? errors.every(isBeforeSending) : false)

/** undici's parser gives its errors a code in some cases only. */
const isNoHttp = ({ name }: SystemError): boolean => name === 'HTTPParserError'

const fateOf = (err: SystemError): FailureKind => {
  if (UNTRUSTED.test(err.code ?? '')) return 'untrusted'
  if (isNoHttp(err)) return 'unusable'
  return isBeforeSending(err) ? 'unsent' : 'lost'
}

const describe = (host: string, err: SystemError): string => {
  const { code } = err
  if (isNoHttp(err)) return `what ${host} answered is not HTTP`
  if (code === undefined) return FETCH_FAILURES ?? `the request to ${host} failed`
  // Several addresses were tried; the first one's error stands for all.
  const known = WORDS.find(([pattern]) => pattern.test(code))?.[1](host, err.errors?.[0] ?? err)
  return `${known ?? `the connection to ${host} failed`} (${code})`
}

/** A fetch that went through a proxy, and failed. */
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

/** What happened may be the cause of another error, and of a proxy's refusal that of one more. */
const rootOf = (err: unknown): SystemError => {
  const { cause } = Object(err) as { cause?: unknown }
  return cause === undefined ? (Object(err) as SystemError) : rootOf(cause)
}

export const fetchFailureOf = (err: unknown, url: URL): FetchFailure => {
  const cause = rootOf(err)
  const status = proxyStatusOf(cause)
  if (status !== undefined) {
    // A gateway's 502 to 504 may pass: the proxy did not reach the host this time.
    const fate = status > 501 && status < 505 ? 'unsent' : 'barred'
    return { fate, reason: describeProxy(status, url.host) }
  }
  if (err instanceof ProxiedFailure && isAboutProxy(err.proxy, cause)) {
    const { host } = err.proxy
    const reason = `the proxy ${host} cannot be reached: check HTTPS_PROXY (${cause.code})`
    return { fate: 'unsent', reason }
  }
  return { fate: fateOf(cause), reason: describe(url.host, cause) }
}
