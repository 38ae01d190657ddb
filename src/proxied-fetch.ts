/** Owns the way out to Okta: through the proxy that the environment names, or straight. */
import type Undici from 'undici'
import type { Environment } from './config.ts'
import { AppError } from './errors.ts'
import { ProxiedFailure } from './fetch-trouble.ts'
import { isLoopback } from './variables.ts'

export type Fetch = (url: URL | string, init: RequestInit) => Promise<Response>

interface Proxies {
  readonly httpProxy: string
  readonly httpsProxy: string
  readonly noProxy: string
}

/** Late, so that a test may put another in its place. */
const direct: Fetch = (url, init) => fetch(url, init)

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

/**
 * undici's own fetch and agents: Node.js reads these variables itself from 22.21 on only, and its fetch
 * does not take the agents of another undici. Loaded where a proxy is in use, since that takes 0.1 s and
 * 12 MB more than Node.js's own.
 */
const loadProxied = async (proxies: Proxies): Promise<Fetch> => {
  const { default: undici } = await import('undici')
  const clientFactory = (origin: URL, options: object) => poolTo(undici, origin, options)
  const outside = new undici.EnvHttpProxyAgent({ ...proxies, clientFactory })
  const inside = new undici.Agent()
  const proxy = new URL(proxies.httpsProxy || proxies.httpProxy)
  return async (given, init) => {
    const url = new URL(given)
    const dispatcher = isOfThisMachine(url) ? inside : outside
    // Of the same kinds as Node.js's own, from another copy of undici.
    const send = undici.fetch as unknown as (url: URL, init: object) => Promise<Response>
    return send(url, { ...init, dispatcher }).catch((err: unknown) => {
      throw new ProxiedFailure(proxy, err)
    })
  }
}

/**
 * @returns a fetch that heeds HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in upper or lower case; this machine
 * itself is never asked through a proxy
 * @throws AppError `config_invalid`
 */
export const fetchFrom = (env: Environment): Fetch => {
  const proxies = proxiesIn(env)
  if (!proxies) return direct
  let loading: Promise<Fetch> | undefined
  return async (url, init) => {
    loading ??= loadProxied(proxies)
    return (await loading)(url, init)
  }
}

/** For the help of each command that calls Okta. */
export const NETWORK_HELP = `  HTTPS_PROXY, HTTP_PROXY
      the proxy through which Okta is called, http://USER:PASSWORD@HOST:PORT; HTTP_PROXY counts where HTTPS_PROXY is not set
  NO_PROXY
      hosts that are called straight, separated by commas; okta.com means those below it, too
  NODE_EXTRA_CA_CERTS
      a file (PEM) with a CA certificate to trust, where a proxy looks into TLS; Node.js reads it at the start`
