/** A stranger's flood, in a separate thread: pipelined calls that are refused, over connections that are kept or reopened. */
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { parentPort, workerData } from 'node:worker_threads'

export interface Flood {
  readonly url: string
  /** POSTs without a secret, GETs of a missing page, or a POST without a secret in chunks of one byte. */
  readonly kind: 'refused POSTs' | '404s' | 'chunks'
  /** Whether a connection sends for as long as it is open, or one batch. */
  readonly isKept: boolean
  readonly connections: number
}

/** The size of one read by Node.js. */
const BATCH_BYTES = 64 * 1024

/** A different address from that of the sign-ins, as a stranger has. */
const LOCAL_ADDRESS = '127.0.0.2'

const { url, kind, isKept, connections } = workerData as Flood
const { hostname: host, port: portText, pathname, protocol } = new URL(url)
const port = Number(portText)

const HEAD = `POST ${pathname} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`

const [once, repeated] = {
  'refused POSTs': ['', `${HEAD}content-length: 2\r\n\r\n{}`],
  '404s': ['', 'GET /x HTTP/1.1\r\nhost: x\r\n\r\n'],
  chunks: [`${HEAD}transfer-encoding: chunked\r\n\r\n`, '1\r\n{\r\n'],
}[kind] as [string, string]

const BATCH = once + repeated.repeat(Math.floor((BATCH_BYTES - once.length) / repeated.length))

let made = 0

const open = (): Socket => {
  const socket = connect({ host, port, localAddress: LOCAL_ADDRESS })
  return protocol === 'https:' ? connectTls({ socket, rejectUnauthorized: false }) : socket
}

const attack = (): void => {
  made++
  const socket = open()
  const send = (): void => {
    if (!isKept) socket.end(BATCH)
    else while (socket.writable && socket.write(BATCH));
  }
  socket
    .once(protocol === 'https:' ? 'secureConnect' : 'connect', send)
    .on('drain', send)
    .on('error', () => undefined)
    // Through the event loop, so that this thread can be terminated.
    .once('close', () => setImmediate(attack))
    .resume()
}

for (let i = 0; i < connections; i++) attack()
setInterval(() => parentPort?.postMessage(made), 500)
