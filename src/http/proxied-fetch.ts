/** Owns the way out to Okta: through the proxy that the environment names, or straight. */
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

/** Its body must be read, or left in the midst: until then it holds its connection. */
export interface HttpReply {
  readonly status: number
  readonly headers: Pick<Headers, 'get'>
  readonly body: AsyncIterable<Uint8Array>
}

/** Follows no redirect: it would carry the credentials, and a changed method, to wherever it says. */
export type Fetch = (url: URL | string, sent: HttpRequest) => Promise<HttpReply>

interface Proxies {
  readonly httpProxy: string
  readonly httpsProxy: string
  readonly noProxy: string
}

/** Its login must be spelt as in a URL, too. */
const isProxyUrl = (text: string): boolean => {
  try {
    const { protocol, hostname, username, password } = new URL(text)
    decodeURIComponent(username + password)
    return ['http:', 'https:'].includes(protocol) && hostname !== ''
  } catch {
    return false
  }
}

/** Lower case first, as other programs do; an empty variable is one that was meant to be unset. */
const valueOf = (env: Environment, name: string): string =>
  [env[name.toLowerCase()], env[name]].map((value) => value?.trim() ?? '').find(Boolean) ?? ''

/** @throws AppError `config_invalid`; never with the value, which may hold a password */
const proxyIn = (env: Environment, name: 'HTTP_PROXY' | 'HTTPS_PROXY'): string => {
  const value = valueOf(env, name)
  const url = value === '' || value.includes('://') ? value : `http://${value}`
  if (url === '' || isProxyUrl(url)) return url
  throw new AppError('config_invalid', {
    detail: `  ${name} is not the URL of an HTTP proxy.\n    Use http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, special characters as %40 and the like.`,
  })
}

const proxiesIn = (env: Environment): Proxies | undefined => {
  const [httpProxy, httpsProxy] = [proxyIn(env, 'HTTP_PROXY'), proxyIn(env, 'HTTPS_PROXY')]
  if (httpProxy === '' && httpsProxy === '') return undefined
  return { httpProxy, httpsProxy, noProxy: valueOf(env, 'NO_PROXY') }
}

const isOfThisMachine = (url: URL): boolean => isLoopback(url.hostname.replace(/^\[|\]$/g, ''))

/** A proxy that hangs up is to undici a server that may be asked again at once: thousands of times a second. */
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

/** An org has no use for it, so it is a proxy's: what stands in the way without a CONNECT, too. */
const checkLogin = async ({ statusCode, body }: Undici.Dispatcher.ResponseData): Promise<void> => {
  if (statusCode !== 407) return
  await body.dump()
  throw new Error('Proxy response (407)')
}

/**
 * undici's `request`, and no fetch: that one takes three times the processor time, and keeps what belongs to a
 * request until the next full collection, which for a million requests was half of the memory. Node.js's own
 * fetch reads the variables of a proxy from 22.21 on only. Loaded by the first request, since it takes 0.1 s.
 */
const load = async (proxies: Proxies | undefined): Promise<Fetch> => {
  const { default: undici } = await import('undici')
  const clientFactory = (origin: URL, options: object) => poolTo(undici, origin, options)
  const inside = new undici.Agent()
  const outside: Undici.Dispatcher = proxies
    ? new undici.EnvHttpProxyAgent({ ...proxies, clientFactory })
    : inside
  const proxy = proxies && new URL(proxies.httpsProxy || proxies.httpProxy)
  return async (given, sent) => {
    const url = new URL(given)
    const dispatcher = isOfThisMachine(url) ? inside : outside
    try {
      const answer = await undici.request(url, { ...sent, dispatcher })
      await checkLogin(answer)
      const { statusCode: status, headers, body } = answer
      return { status, headers: headersOf(headers), body }
    } catch (err) {
      throw proxy ? new ProxiedFailure(proxy, err) : err
    }
  }
}

/**
 * @returns a fetch that heeds HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in upper or lower case; this machine
 * itself is never asked through a proxy
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
      the proxy through which Okta is called, http://USER:PASSWORD@HOST:PORT; HTTP_PROXY counts where HTTPS_PROXY is not set
  NO_PROXY
      hosts that are called straight, separated by commas; okta.com means those below it, too
  NODE_EXTRA_CA_CERTS
      a file (PEM) with a CA certificate to trust, where a proxy looks into TLS; Node.js reads it at the start`
