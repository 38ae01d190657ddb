/** The turnstile before the request handler: one call at a time on a connection, and none after the end. */
import { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'

type Handle = (req: IncomingMessage, res: ServerResponse) => unknown

/** Long enough for a caller to read its answer while it still sends; the kernel takes a short answer at once. */
const LINGER_MS = 500

let turn = 0
let isCounted = false

/** The same number throughout one turn of the event loop, in which one read of a socket is parsed to its end. */
const thisTurn = (): number => {
  if (!isCounted) {
    isCounted = true
    setImmediate(() => {
      turn++
      isCounted = false
    })
  }
  return turn
}

interface Arrival {
  readonly turn: number
  answer?: ServerResponse
}

const arrivals = new WeakMap<Socket, Arrival>()

/** Whether the body of a request is read that comes in chunks of a length that nobody knows before. */
export type MayStream = (req: IncomingMessage) => boolean

/**
 * Node.js parses 64 KiB in one go, and nothing in its API stops it: 2,500 pipelined requests, or 11,000 chunks
 * of a body. Its parser stops behind a request to upgrade only. So what is not to be parsed passes for
 * one, and `onUpgrade` gets the connection: the second request on a connection, and the body of a caller that
 * may not stream. An answer and the next request do not fit into one turn of the event loop, except where
 * they were sent together.
 */
export class OneAtATime extends IncomingMessage {
  readonly isEarly: boolean
  readonly #mayStream: MayStream
  #isBarred: boolean | undefined

  constructor(socket: Socket, mayStream: MayStream = () => true) {
    super(socket)
    this.#mayStream = mayStream
    const last = arrivals.get(socket)
    const now = thisTurn()
    this.isEarly = last !== undefined && (last.turn === now || last.answer?.writableEnded === false)
    if (!this.isEarly) arrivals.set(socket, { turn: now })
  }

  /** Asked for when the headers are there, and again by Node.js's server. */
  get upgrade(): boolean {
    if (this.isEarly || this.method === 'CONNECT') return true
    this.#isBarred ??= 'transfer-encoding' in this.headers && !this.#mayStream(this)
    return this.#isBarred
  }

  /** Upgrades that callers ask for are not offered. */
  set upgrade(_: unknown) {
    // Node.js sets what the parser saw.
  }
}

/** The class of a server's requests, where some callers may not stream. */
export const requestsOf = (mayStream: MayStream): typeof IncomingMessage =>
  class extends OneAtATime {
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

/** What is left of a body that was answered early is not parsed: the answer is sent, and the connection ends. */
const leaveUnread = (req: IncomingMessage, clock: Clock): void => {
  const { socket } = req
  // What came together with the head is parsed by then.
  setImmediate(() => {
    if (req.complete || socket.destroyed) return
    socket.pause()
    socket.end()
    clock.after(LINGER_MS, () => socket.destroy())
  })
}

/** An answer that its caller does not take would be held for good, and every stop with it. */
const boundFlush = (res: ServerResponse, { socket }: IncomingMessage, clock: Clock): void => {
  res.once('prefinish', () =>
    res.once(
      'close',
      clock.after(LINGER_MS, () => socket.destroy()),
    ),
  )
}

export interface PipelineLimit {
  readonly onRequest: (req: IncomingMessage, res: ServerResponse) => void
  /** What passed for an upgrade: see `OneAtATime`. */
  readonly onUpgrade: (req: IncomingMessage) => void
  /** From now on each answer asks for its connection to end. */
  readonly drain: () => void
  /** Lets nobody in any more; resolves when every call under way has been answered. */
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
    boundFlush(res, req, clock)
    res.once('close', () => {
      underWay.delete(res)
      if (underWay.size === 0) onEmpty()
      if (!req.complete) leaveUnread(req, clock)
    })
    handle(req, res)
  }

  /** Answers a caller that may not stream: like any other, but Node.js has let go of its connection. */
  const answerUnread = (req: IncomingMessage): void => {
    const res = new ServerResponse(req)
    res.shouldKeepAlive = false
    res.assignSocket(req.socket)
    onRequest(req, res)
  }

  const onUpgrade = (req: IncomingMessage): void => {
    // A reset by the caller would be an error that nobody hears.
    req.socket.on('error', () => undefined)
    const isBarred = req instanceof OneAtATime && !req.isEarly && req.method !== 'CONNECT'
    if (isBarred) answerUnread(req)
    else endEarly(req)
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
