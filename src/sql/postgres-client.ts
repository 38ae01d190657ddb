/** The driver pg: its options, its types, and the end of a connection that sends what it cannot read. */
import pg from 'pg'
import { MIN_TLS_VERSION, type Address } from './address.ts'
import { unreadableError } from './failures.ts'

type Listener = (chunk: Buffer) => void

/** "Message Formats": a type of one byte, and a length that counts itself. */
const HEADER_BYTES = 5

/** ErrorResponse and NoticeResponse, whose fields pg-protocol reads on for ever where their end is missing. */
const [ERROR, NOTICE] = [0x45, 0x4e]
const FIELDS = /^(?:[^\0]+\0)*\0$/

/** Far beyond any that a server sends; it is held until it is whole. */
const MAX_FIELDS_BYTES = 1024 * 1024

/** @returns undefined where more of the message must come first @throws RangeError where it cannot be read */
const lengthOf = (message: Buffer): number | undefined => {
  if (message.length < HEADER_BYTES) return undefined
  const length = 1 + message.readUInt32BE(1)
  if (length < HEADER_BYTES) throw new RangeError('a message is shorter than its header')
  if (message[0] !== ERROR && message[0] !== NOTICE) return length
  if (length > MAX_FIELDS_BYTES) throw new RangeError('an error or notice is too long')
  if (message.length < length) return undefined
  const fields = message.toString('latin1', HEADER_BYTES, length)
  if (!FIELDS.test(fields)) throw new RangeError('an error or notice has no end')
  return length
}

/** Looks at the messages of one connection as they come. @returns a function that throws at one that cannot be read */
export const createMessageCheck = (): Listener => {
  /** The beginning of a message of which more must come. */
  let held = Buffer.alloc(0)
  /** How much of a message is still to come that need not be looked at. */
  let skip = 0

  return (chunk) => {
    const skipped = Math.min(skip, chunk.length)
    skip -= skipped
    const rest = chunk.subarray(skipped)
    let bytes = held.length === 0 ? rest : Buffer.concat([held, rest])
    for (let length = lengthOf(bytes); length !== undefined; length = lengthOf(bytes)) {
      skip = Math.max(0, length - bytes.length)
      bytes = bytes.subarray(length)
    }
    held = Buffer.from(bytes)
  }
}

interface Stream {
  on(event: string, listener: Listener): unknown
  destroy(err: Error): unknown
}

interface Attaching {
  /** Called once for a connection: with the socket, or with the TLS upon it. */
  attachListeners(stream: Pick<Stream, 'on'>): void
}

/**
 * pg-protocol throws in the socket's own handler, where only the process could catch it. Only what is
 * thrown while bytes are read is caught here: queries are answered by promises, and what is done with an answer
 * fails by itself.
 */
export class PostgresClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config)
    const connection = this.connection as unknown as Attaching
    const attach = connection.attachListeners.bind(connection)
    connection.attachListeners = (stream: Stream) => {
      const check = createMessageCheck()
      const guarded = (listener: Listener) => (chunk: Buffer) => {
        try {
          check(chunk)
          listener(chunk)
        } catch (err) {
          stream.destroy(unreadableError(err))
        }
      }
      attach({
        on: (event, listener) => stream.on(event, event === 'data' ? guarded(listener) : listener),
      })
    }
  }
}

/** As the driver pg takes it. */
export const postgresOptions = ({ password, tls, socket, host, ...where }: Address) => ({
  ...where,
  host: socket ?? host,
  // A function's result is used even if it is empty; without one, the driver searches its user's home directory.
  password: () => password,
  // Where it is undefined, the driver reads the environment.
  ssl: tls
    ? {
        ca: tls.ca,
        minVersion: MIN_TLS_VERSION,
        ...(!tls.namesHost && { checkServerIdentity: () => undefined }),
      }
    : false,
})

export type Parser = (text: string) => unknown

const { BIT, BOOL, BPCHAR, BYTEA, INT2, INT4, INT8, NUMERIC } = pg.types.builtins

type Parsers = Readonly<Record<number, Parser>>

const asWhole = (text: string): bigint | string => (/^-?\d+$/.test(text) ? BigInt(text) : text)

/** By their number in pg_type. Any other stays the text that the server sends, dates too. */
const COMMON: Parsers = {
  [BOOL]: (text) => text === 't',
  [BYTEA]: pg.types.getTypeParser(BYTEA) as Parser,
  [INT2]: Number,
  [INT4]: Number,
  [INT8]: BigInt,
  [NUMERIC]: asWhole,
  [BIT]: (text) => BigInt(`0b${text}`),
  // CHAR(n) comes filled up with spaces.
  [BPCHAR]: (text) => text.replace(/ +$/, ''),
}

/** As the driver takes it. */
export const typesWith = (more: Parsers) => {
  const parsers = { ...COMMON, ...more }
  return { getTypeParser: (oid: number): Parser => parsers[oid] ?? ((text) => text) }
}
