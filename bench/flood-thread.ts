/** A stranger's flood, in a thread of its own: pipelined calls that are refused, over connections kept or made anew. */
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { parentPort, workerData } from 'node:worker_threads'

export interface Flood {
  readonly url: string
  /** POSTs without a secret, or GETs of what is not there. */
  readonly kind: 'refused POSTs' | '404s'
  /** Whether a connection sends for as long as it is open, or one batch. */
  readonly isKept: boolean
  readonly connections: number
}

/** What a read of Node.js takes in at once. */
const BATCH_BYTES = 64 * 1024

/** Another address than that of the sign-ins, as a stranger has. */
const LOCAL_ADDRESS = '127.0.0.2'

const { url, kind, isKept, connections } = workerData as Flood
const { hostname: host, port: portText, pathname, protocol } = new URL(url)
const port = Number(portText)

const ONE =
  kind === '404s'
    ? 'GET /x HTTP/1.1\r\nhost: x\r\n\r\n'
    : `POST ${pathname} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}`
const BATCH = ONE.repeat(Math.floor(BATCH_BYTES / ONE.length))

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
    // Through the event loop, so that this thread hears when it is to end.
    .once('close', () => setImmediate(attack))
    .resume()
}

for (let i = 0; i < connections; i++) attack()
setInterval(() => parentPort?.postMessage(made), 500)
