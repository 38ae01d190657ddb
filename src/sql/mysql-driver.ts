/** The driver mysql2: its options, its types, and the end of a connection that sends what it cannot read. */
import mysql, { type TypeCast } from 'mysql2'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { MIN_TLS_VERSION, type Address } from './address.ts'
import { unreadableError } from './failures.ts'

/** What every connection has, those of its pool too. */
interface Handlers {
  readonly stream: Duplex
  handlePacket: (this: Handlers, packet: unknown) => void
  _handleFatalError: (this: Handlers, err: Error) => void
}

const { prototype } = mysql.Connection as unknown as { prototype: Handlers }
const { handlePacket, _handleFatalError } = prototype

/** Of an error that was thrown while a packet was read; the network's have a code of their own. */
const THROWN = /^ERR_(?:OUT_OF_RANGE|BUFFER_\w+|INVALID_ARG_\w+|UNKNOWN_ENCODING)$/

/** It catches what a command throws, and hands it on as it is. */
prototype._handleFatalError = function (err) {
  const { code } = err as { code?: string }
  const isThrown = code === undefined || THROWN.test(code)
  _handleFatalError.call(this, isThrown ? unreadableError(err) : err)
}

/** It does not catch what is thrown where no command waits. */
prototype.handlePacket = function (packet) {
  try {
    handlePacket.call(this, packet)
  } catch (err) {
    this.stream.destroy(unreadableError(err))
  }
}

export default mysql

/** Opens the socket to a MySQL server. */
export const openMysqlSocket = ({ host, port, socket }: Address): Socket =>
  socket === undefined ? connect(port, host) : connect(socket)

/** As the driver mysql2 takes it. */
export const mysqlOptions = ({ tls, socket, ...where }: Address) => ({
  ...where,
  ...(socket !== undefined && { socketPath: socket }),
  ...(tls && {
    ssl: {
      ...(tls.ca !== undefined && { ca: tls.ca }),
      minVersion: MIN_TLS_VERSION,
      rejectUnauthorized: true,
      verifyIdentity: tls.namesHost,
    },
  }),
})

const asWhole = (value: unknown): unknown =>
  typeof value === 'string' && /^-?\d+$/.test(value) ? BigInt(value) : value

const asBits = (value: unknown): unknown =>
  Buffer.isBuffer(value) ? BigInt(`0x${value.toString('hex')}`) : value

/** CHAR(n) may come filled up with spaces (PAD_CHAR_TO_FULL_LENGTH), and BINARY(n) comes so with NUL. */
const unpadded = (value: unknown): unknown => {
  if (Buffer.isBuffer(value)) return value.toString('latin1').replace(/\0+$/, '')
  return typeof value === 'string' ? value.replace(/ +$/, '') : value
}

const CASTS: Readonly<Record<string, (value: unknown) => unknown>> = {
  BIT: asBits,
  NEWDECIMAL: asWhole,
  STRING: unpadded,
}

/** As the driver takes it. */
export const typeCast: TypeCast = ({ type }, next) => {
  const value = next()
  return CASTS[type]?.(value) ?? value
}
