/** The connections of a listening socket, from the first packet on: counted, bounded, and ended together. */
import type { Server, Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import { createSourceLimiter, sourceOf, type SourceLimits } from './source-limits.ts'

const UNLIMITED: SourceLimits = { perSecond: Infinity, atOnce: Infinity }

export interface Connections {
  /** How many were refused because their source had too many. */
  readonly refused: () => number
  /** Ends all of them, including those that have sent nothing and those without a TLS handshake. */
  readonly end: () => void
}

/** @param server may use TLS: connections are refused before the handshake */
export const watchConnections = (
  server: Server,
  limits: SourceLimits | undefined,
  clock: Clock,
): Connections => {
  const sources = createSourceLimiter(limits ?? UNLIMITED, clock)
  const open = new Set<Socket>()
  let refused = 0
  server.on('connection', (socket) => {
    // A socket without an address is closed already.
    const source = sourceOf(socket.remoteAddress ?? '')
    if (!sources.admit(source)) {
      refused++
      socket.destroy()
      return
    }
    open.add(socket)
    socket.once('close', () => {
      open.delete(socket)
      sources.release(source)
    })
  })
  return {
    refused: () => refused,
    end: () => {
      for (const socket of open) socket.destroy()
    },
  }
}
