/** Sends HTTP requests, directly or through the proxy that the environment names. */
import type Undici from 'undici'
import type { Environment } from '../config/load.ts'
import { AppError } from '../errors/errors.ts'
import { ProxiedFailure } from './fetch-failure.ts'
import { isLoopback } from './url.ts'

export interface HttpRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | null
  readonly signal?: AbortSignal
}

/** The body must be read or cancelled: until then it occupies its connection. */
export interface HttpReply {
  readonly status: number
  readonly headers: Pick<Headers, 'get'>
  readonly body: AsyncIterable<Uint8Array>
}

/** Does not follow redirects: that would send the credentials, and perhaps another method, elsewhere. */
export type Fetch = (url: URL | string, sent: HttpRequest) => Promise<HttpReply>

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

const headersOf = (raw: Undici.Dispatcher.ResponseData['headers']): HttpReply['headers'] => ({
  get: (name) => {
    const value = raw[name.toLowerCase()]
    return value === undefined ? null : [value].flat().join(', ')
  },
})

/** Okta never answers 407, so a proxy did, one without CONNECT among them. */
const checkProxyLogin = async (answer: Undici.Dispatcher.ResponseData): Promise<void> => {
  if (answer.statusCode !== 407) return
  await answer.body.dump()
  throw new Error('Proxy response (407)')
}

/**
 * Uses undici's `request` and not `fetch`. `fetch` takes three times the processor time and frees the objects of
 * a request only at the next full garbage collection: half of the memory in a test with a million requests.
 * Node.js's own `fetch` supports the proxy variables only since 22.21. Loading undici takes 0.1 s, so the first
 * request does it.
 */
const load = async (proxies: ReturnType<typeof proxiesIn>): Promise<Fetch> => {
  const { default: undici } = await import('undici')
  const clientFactory = (origin: URL, options: object) => poolTo(undici, origin, options)
  const inside = new undici.Agent()
  const outside: Undici.Dispatcher = proxies
    ? new undici.EnvHttpProxyAgent({ ...proxies, clientFactory })
    : inside
  const proxy = proxies && new URL(proxies.httpsProxy || proxies.httpProxy)
  return async (given, sent) => {
    const url = new URL(given)
    const dispatcher = isThisMachine(url) ? inside : outside
    try {
      const answer = await undici.request(url, { ...sent, dispatcher })
      await checkProxyLogin(answer)
      const { statusCode: status, headers, body } = answer
      return { status, headers: headersOf(headers), body }
    } catch (err) {
      throw proxy ? new ProxiedFailure(proxy, err) : err
    }
  }
}

/**
 * @returns a fetch that follows HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in upper or lower case; requests to this
 * machine never go through a proxy
 * @throws AppError `config_invalid`
 */
export const fetchFrom = (env: Environment): Fetch => {
  const proxies = proxiesIn(env)
  let loading: Promise<Fetch> | undefined
  return async (url, sent) => {
    loading ??= load(proxies)
    return (await loading)(url, sent)
  }
}

/** For the help of each command that calls Okta. */
export const NETWORK_HELP = `  HTTPS_PROXY, HTTP_PROXY
      the proxy for calls to Okta, http://USER:PASSWORD@HOST:PORT; HTTP_PROXY is used if HTTPS_PROXY is not set
  NO_PROXY
      hosts to call directly, separated by commas; okta.com includes its subdomains
  NODE_EXTRA_CA_CERTS
      a file (PEM) with a CA certificate to trust, for a proxy that inspects TLS; Node.js reads it when it starts`
