/** A caller's connection: the part of HTTP/1.1 that the measured servers speak, one call at a time. */
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

export interface Call {
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Answer {
  readonly status: number
  readonly body: string
}

const STATUS_AT = 'HTTP/1.1 '.length
const NO_CONTENT = 204
const HEAD_END = '\r\n\r\n'

const textOf = (
  { host, pathname }: URL,
  { method = 'GET', headers = {}, body = '' }: Call,
): string => {
  const all = { host, 'content-length': Buffer.byteLength(body), ...headers }
  const lines = Object.entries(all).map(([name, value]) => `\r\n${name}: ${value}`)
  return `${method} ${pathname} HTTP/1.1${lines.join('')}${HEAD_END}${body}`
}

/** @param received a character for each byte @returns undefined until the answer is complete */
const parse = (received: string): Answer | undefined => {
  const headEnd = received.indexOf(HEAD_END)
  if (headEnd < 0) return undefined
  const head = received.slice(0, headEnd)
  const status = Number(head.slice(STATUS_AT, STATUS_AT + 3))
  const length = status === NO_CONTENT ? 0 : Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1])
  const body = received.slice(headEnd + HEAD_END.length)
  if (Number.isNaN(length) || body.length > length) throw new Error('an answer of unknown length')
  return body.length < length ? undefined : { status, body }
}

/**
 * Not a general HTTP client, since even the leanest takes half as much CPU time again: whatever the callers
 * use is missing for the server on the same cores.
 */
export class Connection {
  readonly #url: URL
  readonly #socket: Socket
  #received = ''
  #resolve: (answer: Answer | undefined) => void = () => undefined

  constructor(url: URL) {
    this.#url = url
    const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true })
    this.#socket =
      url.protocol === 'https:' ? connectTls({ socket, rejectUnauthorized: false }) : socket
    this.#socket
      .setEncoding('latin1')
      .on('data', (text: string) => this.#onData(text))
      .on('error', () => undefined)
      .on('close', () => this.#resolve(undefined))
  }

  /** @returns undefined where the connection ended before the answer */
  ask(call: Call): Promise<Answer | undefined> {
    return new Promise((resolve) => {
      this.#resolve = resolve
      this.#socket.write(textOf(this.#url, call))
    })
  }

  /** Whether the server has not ended it. */
  get isOpen(): boolean {
    return this.#socket.readable
  }

  hangUp(): void {
    this.#socket.destroy()
  }

  #onData(text: string): void {
    this.#received += text
    const answer = parse(this.#received)
    if (!answer) return
    this.#received = ''
    this.#resolve(answer)
  }
}
