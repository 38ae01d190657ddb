/** A legacy login on a free port, which answers and fails as a test asks, and the store over it. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import {
  createServer as createRawServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net'
import { onTestFinished } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { httpClientFrom } from '../../src/http/proxied-fetch.ts'
import type { LoginHttpOptions, LoginStoreOptions } from '../../src/legacy/login.ts'
import { openLegacyLogin } from '../../src/legacy/open-login.ts'
import type { TlsFiles } from '../../src/ops/tls.ts'

/** Starts it, and counts its connections. */
export const startServer = async (server: Server) => {
  const sockets = new Set<Socket>()
  let most = 0
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    most = Math.max(most, sockets.size)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()))
  }
  onTestFinished(close)
  const { port } = server.address() as AddressInfo
  return { port, close, open: () => sockets.size, most: () => most }
}

export interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

type Answer = (asked: Asked, ...rest: Parameters<RequestListener>) => void

/** An HTTP server that reads each request before it answers. */
export const startLoginServer = async (answer: Answer, tls?: TlsFiles) => {
  const asked: Asked[] = []
  const listener: RequestListener = (req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      const { method = '', url: path = '', headers } = req
      const request = { method, path, headers, body: Buffer.concat(chunks).toString() }
      asked.push(request)
      answer(request, req, res)
    })
  }
  const server = tls
    ? createTlsServer(
        { cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile) },
        listener,
      )
    : createServer(listener)
  const started = await startServer(server)
  const url = tls
    ? `https://localhost:${started.port}/login`
    : `http://127.0.0.1:${started.port}/login`
  return { ...started, url, asked }
}

/** A server that sends these bytes for each chunk that it receives; nothing where there are none. */
export const startRawServer = async (answer: string | undefined, ends = false) => {
  const server = createRawServer((socket) => {
    socket.on('data', () => {
      if (answer !== undefined) socket.write(answer)
      if (ends) socket.end()
    })
  })
  const started = await startServer(server)
  return { ...started, url: `http://127.0.0.1:${started.port}/login` }
}

interface Given extends Partial<Omit<LoginStoreOptions, 'http'>> {
  readonly http?: Partial<LoginHttpOptions>
}

export const openLogin = async (url: string, { http, ...given }: Given = {}) => {
  const { ca, maxAtOnce = 100, loginMs = 10_000 } = given
  const client = httpClientFrom({}, { ca, connections: maxAtOnce, connectMs: loginMs })
  const store = await openLegacyLogin(url, {
    clock: systemClock,
    ca,
    loginMs,
    maxAtOnce,
    ...given,
    http: {
      style: 'json',
      http: client,
      header: undefined,
      client: undefined,
      scope: undefined,
      audience: undefined,
      acceptsMfa: false,
      ...http,
    },
  })
  onTestFinished(() => store.close())
  return store
}

/** Whether the check of the store asks: it makes up its login. */
export const isCheck = (body: string): boolean => body.includes('okta-migrate-check-')

/** An answer by the contract. */
export const resultOf = (result: string): string => JSON.stringify({ result })

/** The accounts of a small legacy login, as it answers by the contract. */
export const answerFor = (body: string): string => {
  const { login, password } = JSON.parse(body) as Record<string, string>
  if (login === 'off@example.com') return resultOf('disabled')
  if (login !== 'good@example.com') return resultOf('unknown')
  return resultOf(password === 'open sesame' ? 'match' : 'mismatch')
}
