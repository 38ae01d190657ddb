/** A server that speaks LDAP as a test says, right or wrong: its bytes are made by hand. */
import { BerReader, BindRequest, SearchRequest } from 'ldapts'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { ACCOUNT } from './slapd.ts'

export type Bytes = Buffer | string

const joined = (parts: readonly Bytes[]): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(part)))

const lengthOf = ({ length }: Buffer): Buffer => {
  if (length < 0x80) return Buffer.from([length])
  const four = Buffer.alloc(5)
  four[0] = 0x84
  four.writeUInt32BE(length, 1)
  return four
}

/** An element of BER. */
export const ber = (tag: number, ...parts: readonly Bytes[]): Buffer => {
  const content = joined(parts)
  return joined([Buffer.from([tag]), lengthOf(content), content])
}

/** The same with the lengths that Active Directory sends. */
export const longBer = (tag: number, ...parts: readonly Bytes[]): Buffer => {
  const content = joined(parts)
  const head = Buffer.alloc(6)
  head.set([tag, 0x84])
  head.writeUInt32BE(content.length, 2)
  return joined([head, content])
}

export const OPERATIONS = { bind: 0x61, search: 0x65, extended: 0x78 } as const

type Encode = typeof ber

export const message = (id: number, operation: Buffer, encode: Encode = ber): Buffer =>
  encode(0x30, encode(0x02, Buffer.from([id])), operation)

export const resultOf = (
  id: number,
  operation: keyof typeof OPERATIONS,
  code: number,
  diagnostic = '',
  encode: Encode = ber,
): Buffer => {
  const parts = [encode(0x0a, Buffer.from([code])), encode(0x04), encode(0x04, diagnostic)]
  return message(id, encode(OPERATIONS[operation], ...parts), encode)
}

export const entryOf = (
  id: number,
  dn: Bytes,
  values: readonly Bytes[],
  encode: Encode = ber,
): Buffer => {
  const set = encode(0x31, ...values.map((value) => encode(0x04, value)))
  const attributes = encode(0x30, encode(0x30, encode(0x04, 'mail'), set))
  return message(id, encode(0x64, encode(0x04, dn), attributes), encode)
}

export const referenceOf = (id: number): Buffer =>
  message(id, ber(0x73, ber(0x04, 'ldap://elsewhere.example.com/dc=elsewhere')))

/** What one request is answered with; nothing at all where it is undefined. */
type Answer = Bytes | undefined

export interface Script {
  /** The account that searches is let in where there is none. */
  readonly account?: (id: number) => Answer
  readonly search: (id: number) => Answer
  /** With the socket, to cut it off. */
  readonly bind: (id: number, password: string, socket: Socket) => Answer
  readonly extended?: (id: number) => Answer
}

export interface ScriptedDirectory {
  readonly url: string
  /** The names and passwords of all binds but those of the account that searches. */
  readonly binds: (readonly [dn: string, password: string])[]
  readonly searches: SearchRequest[]
  /** Connections that are open. */
  open(): number
  /** Closes them all. */
  cut(): void
}

interface Request {
  readonly id: number
  readonly tag: number
  readonly reader: BerReader
}

const requestsIn = (data: Buffer): Request[] => {
  const requests: Request[] = []
  for (let rest = data; rest.length > 0;) {
    const reader = new BerReader(rest)
    reader.readSequence()
    const end = reader.offset + reader.length
    const id = reader.readInt() ?? 0
    requests.push({ id, tag: reader.readSequence() ?? 0, reader })
    rest = rest.subarray(end)
  }
  return requests
}

export const startScriptedDirectory = async (script: Script): Promise<ScriptedDirectory> => {
  const binds: [string, string][] = []
  const searches: SearchRequest[] = []
  const sockets = new Set<Socket>()

  const answerBind = ({ id, reader }: Request, socket: Socket): Answer => {
    const bind = new BindRequest({ messageId: id })
    bind.parseMessage(reader)
    if (bind.dn === ACCOUNT.dn) return script.account?.(id) ?? resultOf(id, 'bind', 0)
    binds.push([bind.dn, bind.password])
    return script.bind(id, bind.password, socket)
  }

  const answerTo = (request: Request, socket: Socket): Answer => {
    if (request.tag === 0x60) return answerBind(request, socket)
    if (request.tag === 0x77) return script.extended?.(request.id)
    const search = new SearchRequest({ messageId: request.id, filter: undefined as never })
    search.parseMessage(request.reader)
    searches.push(search)
    return script.search(request.id)
  }

  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (data) => {
      for (const request of requestsIn(data)) {
        const answer = answerTo(request, socket)
        if (answer !== undefined) socket.write(answer)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `ldap://127.0.0.1:${port}/?base=dc=example&attribute=mail`,
    binds,
    searches,
    open: () => sockets.size,
    cut: () => {
      for (const socket of sockets) socket.destroy()
    },
  }
}
