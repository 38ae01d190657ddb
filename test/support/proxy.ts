/** A TCP proxy that fails on demand: a network and a server between which anything may happen. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** What happens to bytes, either way, and to new connections: they pass, or nothing is heard of them. */
type Mode = 'pass' | 'stall'

export const startProxy = async (target: URL, defaultPort: number) => {
  const open = new Set<Socket>()
  const hearers = new Set<() => void>()
  let mode: Mode = 'pass'
  let peak = 0
  let swallowed = 0
  const tell = (): void => {
    for (const hear of hearers) hear()
  }

  const server = createServer((client) => {
    open.add(client)
    peak = Math.max(peak, open.size)
    const upstream = connect(Number(target.port) || defaultPort, target.hostname)
    const relay = (from: Socket, to: Socket): void => {
      from.on('data', (chunk: Buffer) => {
        if (mode === 'pass') to.write(chunk)
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
    /** How many pieces have come and gone nowhere since the stall. */
    swallowed: () => swallowed,
    cut,
    /** Refuses connections, as a stopped server does, and cuts those there are. */
    down,
    up: () => listen(port),
    /** Resolves once it is so, looking whenever something happens here. */
    until: (isSo: () => boolean): Promise<void> =>
      new Promise((resolve) => {
        const hear = (): void => {
          if (!isSo()) return
          hearers.delete(hear)
          resolve()
        }
        hearers.add(hear)
        hear()
      }),
  }
}
