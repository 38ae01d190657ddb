/** A TCP proxy that fails on demand, as a network or a server may. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { LIMIT_MS } from './until.ts'

/**
 * What happens to bytes, in both directions, and to new connections: they pass, they vanish, or the
 *server's next bytes are replaced, and its last.
 */
type Mode = 'pass' | 'stall' | 'garble'

export const startProxy = async (target: URL, defaultPort: number) => {
  const open = new Set<Socket>()
  const listeners = new Set<() => void>()
  let mode: Mode = 'pass'
  let peak = 0
  let swallowed = 0
  let garbage = Buffer.alloc(0)
  let rewrite = (chunk: Buffer): Buffer => chunk
  const notify = (): void => {
    for (const check of listeners) check()
  }

  const server = createServer((client) => {
    open.add(client)
    peak = Math.max(peak, open.size)
    const upstream = connect(Number(target.port) || defaultPort, target.hostname)
    const relay = (from: Socket, to: Socket): void => {
      from.on('data', (chunk: Buffer) => {
        if (to === upstream && mode !== 'stall') to.write(rewrite(chunk))
        else if (mode === 'pass') to.write(chunk)
        else if (mode === 'garble') to.end(garbage)
        else swallowed++
        notify()
      })
      from.on('error', () => undefined)
      from.on('close', () => {
        to.destroy()
        open.delete(client)
        notify()
      })
    }
    relay(client, upstream)
    relay(upstream, client)
  })
  const listen = (port: number): Promise<void> =>
    new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
  await listen(0)
  const { port } = server.address() as AddressInfo

  const cut = (): void => {
    for (const client of open) client.resetAndDestroy()
  }
  const down = (): void => {
    server.close()
    cut()
  }
  onTestFinished(down)
  const url = new URL(target.href)
  url.hostname = '127.0.0.1'
  url.port = String(port)

  return {
    url: url.href,
    /** The most connections there were at once. */
    peak: () => peak,
    connections: () => open.size,
    pass: () => (mode = 'pass'),
    /** From now on nothing comes through, and neither side notices. */
    stall: () => {
      mode = 'stall'
      swallowed = 0
    },
    /** From now on the server gets the second text in place of the first one; both have the same length. */
    rewrite: (original: string, replacement: string) => {
      rewrite = (chunk) =>
        Buffer.from(chunk.toString('latin1').replace(original, replacement), 'latin1')
    },
    /** From now on these bytes come in place of the server's, followed by the end of the connection. */
    garble: (bytes: Uint8Array) => {
      mode = 'garble'
      garbage = Buffer.from(bytes)
    },
    /** Sends bytes as if the server did, on every open connection, and then ends it. */
    interject: (bytes: Uint8Array) => {
      for (const client of open) client.end(bytes)
    },
    /** How many pieces have arrived and vanished since the stall. */
    swallowed: () => swallowed,
    cut,
    /** Refuses connections, as a stopped server does, and cuts the open ones. */
    down,
    up: () => listen(port),
    /** Resolves once the condition holds; it is checked at every event of the proxy. */
    until: (isSo: () => boolean): Promise<void> =>
      new Promise((resolve, reject) => {
        const giveUp = (): void => reject(new Error(`waited in vain until ${String(isSo)}`))
        const timer = setTimeout(giveUp, LIMIT_MS)
        const check = (): void => {
          if (!isSo()) return
          clearTimeout(timer)
          listeners.delete(check)
          resolve()
        }
        listeners.add(check)
        check()
      }),
  }
}
