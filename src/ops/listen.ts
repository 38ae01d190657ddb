/** Owns the listening socket: plain or TLS, its limits, and its orderly end. */
import { getRequestListener } from '@hono/node-server'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { sleep, type Clock } from '../clock.ts'
import { AppError } from '../errors/errors.ts'
import { watchConnections } from './connections.ts'
import type { SourceLimits } from './source-limits.ts'
import { followRenewals, readTls, type Following, type TlsFiles } from './tls.ts'
import {
  createPipelineLimit,
  requestsOf,
  type MayStream,
  type PipelineLimit,
} from './pipelining.ts'

/** Slow senders are cut off: Okta sends a call at once, and gives up after 3 seconds. */
const HEADERS_TIMEOUT_MS = 5_000
const REQUEST_TIMEOUT_MS = 10_000
const CONNECTIONS_CHECK_MS = 1_000

/** Longer than load balancers keep idle connections (60 s is usual), so that they close them first. */
const KEEP_ALIVE_MS = 65_000

const SETTINGS = {
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
  /** Of the connections of one address; not set where all callers have the address of a proxy. */
  readonly limits?: SourceLimits | undefined
  /** Not set where every caller may. */
  readonly mayStream?: MayStream | undefined
  /** Told of a renewed certificate, or why a renewal cannot be used. */
  readonly onRenewal: (err: AppError | undefined) => void
}

export interface Listener {
  /** Scheme, host and port, as reached from this machine. */
  readonly url: string
  /** When the certificate in use ends, in milliseconds since 1970; undefined without TLS. */
  readonly certificateEndsAtMs: () => number | undefined
  /** Connections that were refused by the limits. */
  readonly refused: () => number
  /**
   * Goes on answering for `delayMs` milliseconds, in which callers learn to go elsewhere: each answer ends its
   * connection. Then ends what is idle or unfinished, and resolves when every call under way has been answered.
   */
  close(delayMs?: number): Promise<void>
}

interface Unbound {
  readonly server: Server
  readonly following?: Following
}

/**
 * Node.js answers an expectation that it does not know by itself, and parses the body for as long as it comes.
 * RFC 9110, section 10.1.1, lets a server ignore it.
 */
const attend = <S extends Server>(server: S, { onRequest, onUpgrade }: PipelineLimit): S =>
  server.on('request', onRequest).on('checkExpectation', onRequest).on('upgrade', onUpgrade)

const createServer = (options: ListenOptions, turnstile: PipelineLimit): Unbound => {
  const { tls, clock, onRenewal, mayStream = () => true } = options
  const settings = { ...SETTINGS, IncomingMessage: requestsOf(mayStream) }
  if (!tls) return { server: attend(createHttpServer(settings), turnstile) }
  const material = readTls(tls)
  const server = createHttpsServer({
    ...settings,
    ...material,
    handshakeTimeout: HEADERS_TIMEOUT_MS,
  })
  attend(server, turnstile)
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
  const { clock } = options
  // What is left of a body is the turnstile's: hono's server would parse it for half a second.
  const handle = getRequestListener(options.fetch, { autoCleanupIncoming: false })
  const turnstile = createPipelineLimit((req, res) => void handle(req, res), clock)
  const { server, following } = createServer(options, turnstile)
  const connections = watchConnections(server, options.limits, clock)
  const { address, family, port } = await bind(server, options.host, options.port)
  const name = family === 'IPv6' ? `[${address}]` : address
  return {
    url: `${options.tls ? 'https' : 'http'}://${name}:${port}`,
    certificateEndsAtMs: () => following?.inUse().endsAtMs,
    refused: connections.refused,
    close: async (delayMs = 0) => {
      following?.stop()
      turnstile.drain()
      if (delayMs > 0) await sleep(clock, delayMs)
      const closed = new Promise((resolve) => server.close(resolve))
      await turnstile.close()
      connections.end()
      await closed
    },
  }
}
