/** The driver mysql2, whose connection ends where the server sends what it cannot read. */
import mysql from 'mysql2'
import type { Duplex } from 'node:stream'
import { unreadable } from './unreadable.ts'

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
  _handleFatalError.call(this, isThrown ? unreadable(err) : err)
}

/** It does not catch what is thrown where no command waits. */
prototype.handlePacket = function (packet) {
  try {
    handlePacket.call(this, packet)
  } catch (err) {
    this.stream.destroy(unreadable(err))
  }
}

export default mysql
