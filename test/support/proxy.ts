/** A TCP proxy that fails on demand: a network and a server between which anything may happen. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { LIMIT_MS } from './until.ts'

/**
 * What happens to bytes, either way, and to new connections: they pass, nothing is heard of them, or the
 * server's next ones are others, and its last.
 */
type Mode = 'pass' | 'stall' | 'garble'

export const startProxy = async (target: URL, defaultPort: number) => {
  const open = new Set<Socket>()
  const hearers = new Set<() => void>()
  let mode: Mode = 'pass'
  let peak = 0
  let swallowed = 0
  let garbage = Buffer.alloc(0)
  let rewrite = (chunk: Buffer): Buffer => chunk
  const tell = (): void => {
    for (const hear of hearers) hear()
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
        tell()
      })
      from.on('error', () => undefined)
      from.on('close', () => {
        to.destroy()
        open.delete(client)
        tell()
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
    /** From now on nothing comes through, and nobody is told. */
    stall: () => {
      mode = 'stall'
      swallowed = 0
    },
    /** From now on the server is told the second text where the first one is said; both of one length. */
    rewrite: (said: string, told: string) => {
      rewrite = (chunk) => Buffer.from(chunk.toString('latin1').replace(said, told), 'latin1')
    },
    /** From now on these bytes come in place of the server's, and then the end. */
    garble: (bytes: Uint8Array) => {
      mode = 'garble'
      garbage = Buffer.from(bytes)
    },
    /** Sends bytes as if the server did, on every connection there is, and then the end. */
    interject: (bytes: Uint8Array) => {
      for (const client of open) client.end(bytes)
    },
    /** How many pieces have come and gone nowhere since the stall. */
    swallowed: () => swallowed,
    cut,
    /** Refuses connections, as a stopped server does, and cuts those there are. */
    down,
    up: () => listen(port),
    /** Resolves once it is so, looking whenever something happens here. */
    until: (isSo: () => boolean): Promise<void> =>
      new Promise((resolve, reject) => {
        const giveUp = (): void => reject(new Error(`waited in vain until ${String(isSo)}`))
        const timer = setTimeout(giveUp, LIMIT_MS)
        const hear = (): void => {
          if (!isSo()) return
          clearTimeout(timer)
          hearers.delete(hear)
          resolve()
        }
        hearers.add(hear)
        hear()
      }),
  }
}
