/** Lets one request at a time on a connection reach the handler, and none after the end. */
import { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'

type Handle = (req: IncomingMessage, res: ServerResponse) => unknown

/** Long enough for a caller to read its answer while it still sends; the kernel takes a short answer at once. */
const LINGER_MS = 500

let tick = 0
let isCounted = false

/** The same number throughout one turn of the event loop, in which all of one read from a socket is parsed. */
const currentTick = (): number => {
  if (!isCounted) {
    isCounted = true
    setImmediate(() => {
      tick++
      isCounted = false
    })
  }
  return tick
}

interface Arrival {
  readonly tick: number
  answer?: ServerResponse
}

const arrivals = new WeakMap<Socket, Arrival>()

/** Whether to read the body of a request that comes in chunks, whose length is not known in advance. */
export type MayStream = (req: IncomingMessage) => boolean

/**
 * Node.js parses 64 KiB in one go, and its API cannot stop it: that is 2,500 pipelined requests, or 11,000 chunks
 * of a body. Its parser stops only after a request to upgrade. So a request that must not be parsed further
 * pretends to be one, and `onUpgrade` gets the connection. That is the second request on a connection, and a
 * request whose caller may not stream its body. An answer and the next request do not fit into one turn of the
 * event loop, except where they were sent together.
 */
class UnpipelinedRequest extends IncomingMessage {
  readonly isEarly: boolean
  readonly #mayStream: MayStream
  #isUnreadable: boolean | undefined

  constructor(socket: Socket, mayStream: MayStream = () => true) {
    super(socket)
    this.#mayStream = mayStream
    const last = arrivals.get(socket)
    const now = currentTick()
    this.isEarly = last !== undefined && (last.tick === now || last.answer?.writableEnded === false)
    if (!this.isEarly) arrivals.set(socket, { tick: now })
  }

  /** Read by Node.js when the headers have arrived, and once more later. */
  get upgrade(): boolean {
    if (this.isEarly || this.method === 'CONNECT') return true
    this.#isUnreadable ??= 'transfer-encoding' in this.headers && !this.#mayStream(this)
    return this.#isUnreadable
  }

  /** Upgrades that callers request are not offered. */
  set upgrade(_: unknown) {
    // Node.js sets what its parser found.
  }
}

/** The class of a server's requests where some callers may not stream. */
export const requestClass = (mayStream: MayStream): typeof IncomingMessage =>
  class extends UnpipelinedRequest {
    constructor(socket: Socket) {
      super(socket, mayStream)
    }
  }

const askToEnd = (answer: ServerResponse): void => {
  if (!answer.headersSent) answer.setHeader('connection', 'close')
}

/** Ends a connection on which a second request came, after the answer to the first. */
const endEarly = ({ socket }: IncomingMessage): void => {
  const answer = arrivals.get(socket)?.answer
  if (answer === undefined || answer.closed) {
    socket.destroySoon()
    return
  }
  askToEnd(answer)
  answer.once('close', () => socket.destroySoon())
}

/** The rest of a body that was answered early is not parsed: the answer is sent, and the connection ends. */
const endUnread = (req: IncomingMessage, clock: Clock): void => {
  const { socket } = req
  // The part that came together with the headers is parsed by then.
  setImmediate(() => {
    if (req.complete || socket.destroyed) return
    socket.pause()
    socket.end()
    clock.after(LINGER_MS, () => socket.destroy())
  })
}

/** An answer that its caller never reads would be kept forever, and would delay every shutdown. */
const limitFlush = (res: ServerResponse, { socket }: IncomingMessage, clock: Clock): void => {
  res.once('prefinish', () =>
    res.once(
      'close',
      clock.after(LINGER_MS, () => socket.destroy()),
    ),
  )
}

export interface PipelineLimit {
  readonly onRequest: (req: IncomingMessage, res: ServerResponse) => void
  /** Gets the requests that pretend to be upgrades: see `UnpipelinedRequest`. */
  readonly onUpgrade: (req: IncomingMessage) => void
  /** From now on each answer asks for its connection to end. */
  readonly drain: () => void
  /** Refuses new requests; resolves when every call in progress has been answered. */
  readonly close: () => Promise<void>
}

export const createPipelineLimit = (handle: Handle, clock: Clock): PipelineLimit => {
  const underWay = new Set<ServerResponse>()
  let state: 'open' | 'draining' | 'closed' = 'open'
  let onEmpty = (): void => undefined

  const onRequest = (req: IncomingMessage, res: ServerResponse): void => {
    if (state === 'closed') {
      req.socket.destroy()
      return
    }
    const arrival = arrivals.get(req.socket)
    if (arrival) arrival.answer = res
    if (state === 'draining') askToEnd(res)
    underWay.add(res)
    limitFlush(res, req, clock)
    res.once('close', () => {
      underWay.delete(res)
      if (underWay.size === 0) onEmpty()
      if (!req.complete) endUnread(req, clock)
    })
    handle(req, res)
  }

  const onUpgrade = (req: IncomingMessage): void => {
    // Without a listener, a reset by the caller would end the process.
    req.socket.on('error', () => undefined)
    const isUnread = req instanceof UnpipelinedRequest && !req.isEarly && req.method !== 'CONNECT'
    if (!isUnread) {
      endEarly(req)
      return
    }
    // A caller that may not stream is answered as any other, although Node.js has released the connection.
    const res = new ServerResponse(req)
    res.shouldKeepAlive = false
    res.assignSocket(req.socket)
    onRequest(req, res)
  }
  return {
    onRequest,
    onUpgrade,
    drain: () => {
      state = 'draining'
      underWay.forEach(askToEnd)
    },
    close: () => {
      state = 'closed'
      return new Promise((resolve) => {
        onEmpty = resolve
        if (underWay.size === 0) resolve()
      })
    },
  }
}
