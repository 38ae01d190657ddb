/** Owns the listening socket: plain or TLS, its time limits, and its orderly end. */
import { getRequestListener } from '@hono/node-server'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import { followRenewals, readTls, type Following, type TlsFiles } from './tls.ts'

/** Slow senders are cut off: Okta sends a call at once, and gives up after 3 seconds. */
const HEADERS_TIMEOUT_MS = 5_000
const REQUEST_TIMEOUT_MS = 10_000
const CONNECTIONS_CHECK_MS = 1_000

/** Longer than load balancers keep idle connections (60 s is usual), so that they close them first. */
const KEEP_ALIVE_MS = 65_000

const LIMITS = {
  headersTimeout: HEADERS_TIMEOUT_MS,
  requestTimeout: REQUEST_TIMEOUT_MS,
  connectionsCheckingInterval: CONNECTIONS_CHECK_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
}

export interface ListenOptions {
  readonly fetch: Parameters<typeof getRequestListener>[0]
  readonly host: string
  readonly port: number
  readonly tls: TlsFiles | undefined
  readonly clock: Clock
  /** Told of a renewed certificate, or why a renewal cannot be used. */
  readonly onRenewal: (err: AppError | undefined) => void
}

export interface Listener {
  /** Scheme, host and port, as reached from this machine. */
  readonly url: string
  /** When the certificate in use ends, in milliseconds since 1970; undefined without TLS. */
  readonly certificateEndsAtMs: () => number | undefined
  /** Stops accepting; resolves when every call under way has been answered. */
  close(): Promise<void>
}

interface Unbound {
  readonly server: Server
  readonly following?: Following
}

const createServer = ({ fetch, tls, clock, onRenewal }: ListenOptions): Unbound => {
  const handle = getRequestListener(fetch)
  const onRequest: Parameters<typeof createHttpServer>[1] = (req, res) => void handle(req, res)
  if (!tls) return { server: createHttpServer(LIMITS, onRequest) }
  const material = readTls(tls)
  const server = createHttpsServer({ ...LIMITS, ...material }, onRequest)
  return { server, following: followRenewals(server, tls, material, clock, onRenewal) }
}

const bind = (server: Server, host: string, port: number): Promise<AddressInfo> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const detail = `${host}:${port} (${cause.code ?? cause.name})`
      reject(new AppError('listen_failed', { detail, cause }))
    })
    server.listen(port, host, () => resolve(server.address() as AddressInfo))
  })

/** @throws AppError `listen_failed` or `tls_unusable` */
export const listen = async (options: ListenOptions): Promise<Listener> => {
  const { server, following } = createServer(options)
  const { address, family, port } = await bind(server, options.host, options.port)
  const name = family === 'IPv6' ? `[${address}]` : address
  return {
    url: `${options.tls ? 'https' : 'http'}://${name}:${port}`,
    certificateEndsAtMs: () => following?.inUse().endsAtMs,
    close: () => {
      following?.stop()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
