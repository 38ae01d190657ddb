/** Sends HTTP requests, directly or through the proxy that the environment names. */
import type Undici from 'undici'
import type { Environment } from '../config/load.ts'
import { AppError } from '../errors/errors.ts'
import { ProxiedFailure } from './fetch-failure.ts'
import { isLoopback } from './url.ts'
import { fetchWhole, type AnswerBounds, type WholeAnswer } from './whole-answer.ts'

export interface HttpRequest extends AnswerBounds {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | null
}

export interface HttpReply extends Pick<WholeAnswer, 'status' | 'text'> {
  readonly headers: Pick<Headers, 'get'>
}

/** Does not follow redirects: that would send the credentials, and perhaps another method, elsewhere. */
export type Fetch = (url: URL | string, sent: HttpRequest) => Promise<HttpReply>

export interface HttpClientOptions {
  /** PEM certificates to trust in place of the public ones. */
  readonly ca?: string | undefined
  /** Most connections to one origin. */
  readonly connections?: number
  /** Milliseconds that a connection may take to be made. */
  readonly connectMs?: number
}

export interface HttpClient {
  readonly fetch: Fetch
  /** Ends all connections, and with them the requests under way. */
  close(): Promise<void>
}

/** The login must be URL-encoded, too. */
const isProxyUrl = (text: string): boolean => {
  try {
    const { protocol, hostname, username, password } = new URL(text)
    decodeURIComponent(username + password)
    return ['http:', 'https:'].includes(protocol) && hostname !== ''
  } catch {
    return false
  }
}

/** Lower case first, as in other programs. An empty variable counts as unset. */
const valueOf = (env: Environment, name: string): string =>
  [env[name.toLowerCase()], env[name]].map((value) => value?.trim() ?? '').find(Boolean) ?? ''

/** @throws AppError `config_invalid`; never with the value, which may hold a password */
const proxyIn = (env: Environment, name: 'HTTP_PROXY' | 'HTTPS_PROXY'): string => {
  const value = valueOf(env, name)
  const url = value === '' || value.includes('://') ? value : `http://${value}`
  if (url === '' || isProxyUrl(url)) return url
  throw new AppError('config_invalid', {
    detail: `  ${name} is not the URL of an HTTP proxy.\n    Use http://HOST:PORT or http://USER:PASSWORD@HOST:PORT. Write special characters as %40 etc.`,
  })
}

const proxiesIn = (env: Environment) => {
  const [httpProxy, httpsProxy] = [proxyIn(env, 'HTTP_PROXY'), proxyIn(env, 'HTTPS_PROXY')]
  if (httpProxy === '' && httpsProxy === '') return undefined
  return { httpProxy, httpsProxy, noProxy: valueOf(env, 'NO_PROXY') }
}

const isThisMachine = (url: URL): boolean => isLoopback(url.hostname.replace(/^\[|\]$/g, ''))

/** undici retries at once where a proxy hangs up, thousands of times a second. It does not for failed connects. */
const asFailedConnect =
  (origin: URL) =>
  (err: unknown): never => {
    const { code, message } = err as { code?: string; message: string }
    if (code !== 'UND_ERR_SOCKET') throw err
    const { hostname } = origin
    throw Object.assign(new Error(message), { code: 'ECONNRESET', syscall: 'connect', hostname })
  }

const poolTo = ({ Pool }: typeof Undici, origin: URL, options: object): Undici.Pool => {
  const pool = new Pool(origin, options)
  const connect = pool.connect.bind(pool) as (options: object) => Promise<unknown>
  const guarded = (given: object) => connect(given).catch(asFailedConnect(origin))
  return Object.assign(pool, { connect: guarded })
}

const headersOf = (raw: WholeAnswer['headers']): HttpReply['headers'] => ({
  get: (name) => {
    const value = raw[name.toLowerCase()]
    return Array.isArray(value) ? value.join(', ') : (value ?? null)
  },
})

/** Okta never answers 407, so a proxy did, one without CONNECT among them. */
const checkProxyLogin = ({ status }: WholeAnswer): void => {
  if (status === 407) throw new Error('Proxy response (407)')
}

/**
 * Uses undici and not its `fetch`, which takes three times the processor time and frees the objects of a request
 * only at the next full garbage collection: half of the memory in a test with a million requests.
 * Node.js's own `fetch` supports the proxy variables only since 22.21. Loading undici takes 0.1 s, so the first
 * request does it.
 */
const load = async (
  proxies: ReturnType<typeof proxiesIn>,
  { ca, connections, connectMs: timeout }: HttpClientOptions,
): Promise<HttpClient> => {
  const { default: undici } = await import('undici')
  const clientFactory = (origin: URL, options: object) => poolTo(undici, origin, options)
  // NODE_TLS_REJECT_UNAUTHORIZED=0 must not apply to tokens and passwords.
  const tls = {
    rejectUnauthorized: true,
    ...(ca !== undefined && { ca }),
    ...(timeout !== undefined && { timeout }),
  }
  const shared = { connect: tls, ...(connections !== undefined && { connections }) }
  const inside = new undici.Agent(shared)
  const outside: Undici.Dispatcher = proxies
    ? new undici.EnvHttpProxyAgent({ ...shared, requestTls: tls, ...proxies, clientFactory })
    : inside
  const proxy = proxies && new URL(proxies.httpsProxy || proxies.httpProxy)
  const fetch: Fetch = async (given, { method = 'GET', headers = {}, body = null, ...bounds }) => {
    const url = typeof given === 'string' ? new URL(given) : given
    const dispatcher = isThisMachine(url) ? inside : outside
    const { origin, pathname, search } = url
    const request = { origin, path: pathname + search, method, headers, body }
    try {
      const answer = await fetchWhole(dispatcher, request, bounds)
      checkProxyLogin(answer)
      return { ...answer, headers: headersOf(answer.headers) }
    } catch (err) {
      throw proxy ? new ProxiedFailure(proxy, err) : err
    }
  }
  const close = async (): Promise<void> => {
    await Promise.all([inside.destroy(), outside.destroy()])
  }
  return { fetch, close }
}

/**
 * @returns a client that follows HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in upper or lower case; requests to this
 * machine never go through a proxy
 * @throws AppError `config_invalid`
 */
export const httpClientFrom = (env: Environment, options: HttpClientOptions = {}): HttpClient => {
  const proxies = proxiesIn(env)
  let loading: Promise<HttpClient> | undefined
  return {
    fetch: async (url, sent) => {
      loading ??= load(proxies, options)
      return (await loading).fetch(url, sent)
    },
    close: async () => (await loading)?.close(),
  }
}

/** As `httpClientFrom`, for a process that ends with its last request. */
export const fetchFrom = (env: Environment): Fetch => httpClientFrom(env).fetch

/**
 * The proxy for calls to Okta, without its login, and the hosts that are called directly.
 * @throws AppError `config_invalid`
 */
export const findProxy = (
  env: Environment,
): { readonly hostname: string; readonly port: number; readonly noProxy: string } | undefined => {
  const proxies = proxiesIn(env)
  if (!proxies) return undefined
  const { protocol, hostname, port } = new URL(proxies.httpsProxy || proxies.httpProxy)
  const usual = protocol === 'https:' ? 443 : 80
  return { hostname, port: Number(port) || usual, noProxy: proxies.noProxy }
}

/** For the help of each command that calls Okta. */
export const NETWORK_HELP = `  HTTPS_PROXY, HTTP_PROXY
      the proxy for calls to Okta, http://USER:PASSWORD@HOST:PORT; HTTP_PROXY is used if HTTPS_PROXY is not set
  NO_PROXY
      hosts to call directly, separated by commas; okta.com includes its subdomains
  NODE_EXTRA_CA_CERTS
      a file (PEM) with a CA certificate to trust, for a proxy that inspects TLS; Node.js reads it when it starts`
