/** A forward proxy on a free port: it accepts CONNECT for any host, and forwards everything to one port of this machine. */
import { createServer } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Connected {
  /** Host and port, as they were requested. */
  readonly target: string
  readonly login: string | undefined
}

/** After this many calls it stops listening: a flood must end, so that the test can report it. */
const STORM = 50

/** @param status its answer to CONNECT; unless that is 200 it ends the connection, with 0 without an answer */
export const startConnectProxy = async (port: number, status = 200) => {
  const asked: Connected[] = []
  const open = new Set<Socket>()
  const server = createServer((_, res) => res.writeHead(400).end())
  server.on('connect', (req, socket: Socket) => {
    const header = req.headers['proxy-authorization']?.replace('Basic ', '')
    asked.push({
      target: req.url ?? '',
      login: header === undefined ? undefined : Buffer.from(header, 'base64').toString(),
    })
    socket.on('error', () => undefined)
    if (asked.length === STORM) server.close()
    if (status !== 200) {
      if (status === 0) socket.destroy()
      else socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`)
      return
    }
    const upstream = connect(port, '127.0.0.1')
    open.add(upstream)
    upstream.on('error', () => socket.destroy())
    upstream.on('connect', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
    socket.pipe(upstream).pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    server.closeAllConnections()
    server.close()
  })
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}
