/** One connection to a directory, with at most one question under way. */
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { ExtendedRequest, type BindRequest, type SearchRequest } from 'ldapts'
import { MIN_TLS_VERSION } from '../../sql/address.ts'
import { readElement } from './elements.ts'
import { connectionFailure, describeResult, directoryFailure } from './failures.ts'
import {
  readMessage,
  type DirectoryEntry,
  type DirectoryMessage,
  type DirectoryResult,
  type Operation,
} from './responses.ts'
import type { DirectoryAddress } from './url.ts'

export interface DirectoryAnswer {
  readonly result: DirectoryResult
  readonly entries: readonly DirectoryEntry[]
}

/** Two entries, and the references of a large forest. */
const MAX_MESSAGES = 100

const MESSAGE_TAG = 0x30

const START_TLS = '1.3.6.1.4.1.1466.20037'

interface Question {
  readonly id: number
  readonly operation: Operation
  readonly entries: DirectoryEntry[]
  messages: number
  readonly resolve: (answer: DirectoryAnswer) => void
}

/**
 * Ours, and only its requests are the library's. The library's client takes a bind's answer without a result code
 * for a success, and the answer to another operation too. It parses after StartTLS what came in plain text before
 * it, waits by timers of its own, and connects anew, without its bind, in the middle of its work.
 */
export class DirectoryConnection {
  /** Rejects when it cannot be opened. */
  readonly opened: Promise<void>
  readonly #address: DirectoryAddress
  readonly #ca: string | undefined
  #socket: Socket
  #received = Buffer.alloc(0)
  #lastId = 0
  #question: Question | undefined
  #failure: Error | undefined
  /** Of what is waited for now. */
  #reject: (err: Error) => void = () => undefined

  constructor(address: DirectoryAddress, ca: string | undefined) {
    this.#address = address
    this.#ca = ca
    const { host, port, security } = address
    const isTls = security === 'tls'
    this.#socket = isTls ? connectTls({ ...this.#tls(), port }) : connect({ host, port })
    this.#socket.setNoDelay(true)
    this.#listen()
    this.opened = this.#open(isTls ? 'secureConnect' : 'connect')
    // The callers that wait for it are told; where none waits any more, none needs to be.
    this.opened.catch(() => undefined)
  }

  get isOpen(): boolean {
    return this.#failure === undefined
  }

  /** Cuts it off at once, whatever it is doing. */
  destroy(err: Error = directoryFailure('was not waited for any longer')): void {
    this.#failure ??= err
    this.#question = undefined
    this.#socket.destroy()
    this.#reject(this.#failure)
  }

  /** @throws AppError `legacy_unavailable`, and the connection is closed */
  ask(
    operation: Operation,
    request: (messageId: number) => BindRequest | SearchRequest | ExtendedRequest,
  ): Promise<DirectoryAnswer> {
    return this.#waitFor((resolve) => {
      const id = ++this.#lastId
      this.#question = { id, operation, entries: [], messages: 0, resolve }
      this.#socket.write(request(id).write())
    })
  }

  #waitFor<T>(start: (resolve: (value: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#reject = reject
      if (this.#failure) reject(this.#failure)
      else start(resolve)
    })
  }

  async #open(event: string): Promise<void> {
    await this.#until(event)
    if (this.#address.security === 'starttls') await this.#startTls()
  }

  #until(event: string): Promise<void> {
    return this.#waitFor((resolve) => this.#socket.once(event, () => resolve()))
  }

  #tls(): ConnectionOptions & { host: string } {
    const { host } = this.#address
    const servername = isIP(host) === 0 ? { servername: host } : {}
    const trust = { ca: this.#ca, minVersion: MIN_TLS_VERSION }
    // NODE_TLS_REJECT_UNAUTHORIZED=0 must not apply to passwords.
    return { host, ...servername, ...trust, rejectUnauthorized: true }
  }

  async #startTls(): Promise<void> {
    const oid = START_TLS
    const { result } = await this.ask(
      'extended',
      (messageId) => new ExtendedRequest({ messageId, oid }),
    )
    if (result.code !== 0) throw this.#fail(`refuses StartTLS: ${describeResult(result)}`)
    // What came before TLS may be anyone's, and must not be taken for what comes after it.
    if (this.#received.length > 0)
      throw this.#fail('sent more before TLS than the answer to StartTLS')
    const plain = this.#socket
    plain.removeAllListeners('data')
    this.#socket = connectTls({ ...this.#tls(), socket: plain })
    this.#listen()
    await this.#until('secureConnect')
  }

  #listen(): void {
    const socket = this.#socket
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('error', (err) => this.destroy(connectionFailure(err)))
    socket.on('close', () => this.#fail('closed the connection'))
  }

  #fail(what: string, cause?: unknown): Error {
    const failure = directoryFailure(what, cause)
    this.destroy(failure)
    return failure
  }

  #read(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk])
    try {
      // A server of another kind is known by its first byte, and need not be waited for.
      if (this.#received[0] !== MESSAGE_TAG) throw new TypeError('no message of LDAP')
      for (let next = readElement(this.#received); next; next = readElement(this.#received)) {
        this.#received = this.#received.subarray(next.end)
        this.#take(readMessage(next))
      }
    } catch (err) {
      this.#fail('sent what is no LDAP, or no answer to what it was asked', err)
    }
  }

  /** @throws TypeError where it answers no question that is under way: a notice of disconnection has the id 0 */
  #take({ id, content }: DirectoryMessage): void {
    const question = this.#question
    if (id !== question?.id || ++question.messages > MAX_MESSAGES)
      throw new TypeError('a message that was not asked for')
    if (content.kind === question.operation) {
      this.#question = undefined
      question.resolve({ result: content, entries: question.entries })
    } else if (question.operation === 'search' && content.kind === 'entry') {
      question.entries.push(content)
      // References to other servers are not followed: their owners could make any password right.
    } else if (question.operation !== 'search' || content.kind !== 'reference') {
      throw new TypeError('an answer to another operation')
    }
  }
}
