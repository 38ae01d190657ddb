/** Listens for calls, plain or over TLS, within limits, and ends in an orderly way. */
import { getRequestListener } from '@hono/node-server'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net'
import { sleep, type Clock } from '../clock.ts'
import { AppError } from '../errors/errors.ts'
import { watchConnections, type SourceLimits } from './connections.ts'
import { followRenewals, readTls, type TlsFiles } from './tls.ts'
import {
  createPipelineLimit,
  requestClass,
  type MayStream,
  type PipelineLimit,
} from './pipelining.ts'

/** In milliseconds. Slow senders are cut off: Okta sends a whole call at once, and gives up after 3 seconds. */
const TIMES = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  // Longer than load balancers keep idle connections (60 s is usual), so that they close them first.
  keepAliveTimeout: 65_000,
}

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

export interface ListenOptions extends ListenAddress {
  readonly fetch: Parameters<typeof getRequestListener>[0]
  readonly tls: TlsFiles | undefined
  readonly clock: Clock
  /** For the connections of one address; not set where all callers have the address of a proxy. */
  readonly limits?: SourceLimits | undefined
  /** If not set, every caller may. */
  readonly mayStream?: MayStream | undefined
  /** Called with undefined when a renewed certificate is used, or with the reason why it cannot be. */
  readonly onRenewal: (err: AppError | undefined) => void
}

export interface Listener {
  /** Scheme, host and port, as reached from this machine. */
  readonly url: string
  /** When the certificate in use ends, in milliseconds since 1970; undefined without TLS. */
  readonly certificateEndsAtMs: () => number | undefined
  /** The number of connections that the limits refused. */
  readonly refused: () => number
  /**
   * Goes on answering for `delayMs` milliseconds, in which callers learn to go elsewhere: each answer ends its
   * connection. Then ends what is idle or unfinished, and resolves when every call under way has been answered.
   */
  close(delayMs?: number): Promise<void>
}

/**
 * Without this, Node.js answers an expectation that it does not know, and parses all of the body that comes.
 * RFC 9110, section 10.1.1, lets a server ignore it.
 */
const attachHandlers = <S extends Server>(server: S, { onRequest, onUpgrade }: PipelineLimit): S =>
  server.on('request', onRequest).on('checkExpectation', onRequest).on('upgrade', onUpgrade)

const createServer = (options: ListenOptions, pipelineLimit: PipelineLimit) => {
  const { tls, clock, onRenewal, mayStream = () => true } = options
  const settings = { ...TIMES, IncomingMessage: requestClass(mayStream) }
  if (!tls) return { server: attachHandlers(createHttpServer(settings), pipelineLimit) }
  const material = readTls(tls)
  const handshakeTimeout = TIMES.headersTimeout
  const server = createHttpsServer({ ...settings, ...material, handshakeTimeout })
  attachHandlers(server, pipelineLimit)
  return { server, renewals: followRenewals(server, tls, material, clock, onRenewal) }
}

const bind = (server: Server, host: string, port: number): Promise<AddressInfo> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const detail = `${host}:${port} (${cause.code ?? cause.name})`
      reject(new AppError('listen_failed', { detail, cause }))
    })
    server.listen(port, host, () => resolve(server.address() as AddressInfo))
  })

/**
 * Takes a port as a server does, and answers nobody.
 * @returns the port, and a function that frees it
 * @throws AppError `listen_failed`
 */
export const occupy = async ({ host, port }: ListenAddress) => {
  const server = createTcpServer((socket) => socket.destroy())
  const bound = await bind(server, host, port)
  const free = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()))
  return { port: bound.port, free }
}

/** @throws AppError `listen_failed` or `tls_unusable` */
export const listen = async (options: ListenOptions): Promise<Listener> => {
  const { clock } = options
  // The pipeline limit ends what is left of a body: hono's server would parse it for half a second.
  const handle = getRequestListener(options.fetch, { autoCleanupIncoming: false })
  const pipelineLimit = createPipelineLimit((req, res) => void handle(req, res), clock)
  const { server, renewals } = createServer(options, pipelineLimit)
  const connections = watchConnections(server, clock, options.limits)
  const { address, family, port } = await bind(server, options.host, options.port)
  const name = family === 'IPv6' ? `[${address}]` : address
  return {
    url: `${options.tls ? 'https' : 'http'}://${name}:${port}`,
    certificateEndsAtMs: () => renewals?.inUse().endsAtMs,
    refused: connections.refused,
    close: async (delayMs = 0) => {
      renewals?.stop()
      pipelineLimit.drain()
      if (delayMs > 0) await sleep(clock, delayMs)
      const closed = new Promise((resolve) => server.close(resolve))
      await pipelineLimit.close()
      connections.end()
      await closed
    },
  }
}
