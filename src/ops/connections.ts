/** The connections of a listening socket, from the first packet on: counted, limited for each address, and ended together. */
import type { Server, Socket } from 'node:net'
import type { Clock } from '../clock.ts'

export interface SourceLimits {
  /** New connections of one address in a second. */
  readonly perSecond: number
  /** Open connections of one address. */
  readonly atOnce: number
}

const WINDOW_MS = 1_000

const HEXTETS = 8
const NETWORK_HEXTETS = 4

/**
 * The source that an address belongs to. In IPv6 that is its /64, which a single machine may have for itself
 * (RFC 4291, section 2.5.4).
 */
export const sourceOf = (address: string): string => {
  const [mapped] = /[\d.]+$/.exec(address.startsWith('::ffff:') ? address : '') ?? []
  if (mapped?.includes('.')) return mapped
  if (!address.includes(':')) return address
  const [left = '', right] = address.split('::')
  const hextets = (text = ''): string[] => (text === '' ? [] : text.split(':'))
  const [head, tail] = [hextets(left), hextets(right)]
  const zeros = Array<string>(Math.max(0, HEXTETS - head.length - tail.length)).fill('0')
  return [...head, ...zeros, ...tail].slice(0, NETWORK_HEXTETS).join(':')
}

/** Constant work for each connection. It remembers the addresses of the last second and of open connections. */
export const createSourceLimiter = ({ perSecond, atOnce }: SourceLimits, clock: Clock) => {
  const newConnections = new Map<string, number>()
  const openConnections = new Map<string, number>()
  let since = clock.now()
  return {
    /** @returns whether one more connection of the source is within the limits; if so, it counts as open */
    admit: (source: string): boolean => {
      if (clock.now() - since >= WINDOW_MS) {
        newConnections.clear()
        since = clock.now()
      }
      const made = (newConnections.get(source) ?? 0) + 1
      newConnections.set(source, made)
      const held = openConnections.get(source) ?? 0
      if (made > perSecond || held >= atOnce) return false
      openConnections.set(source, held + 1)
      return true
    },
    /** Must be called when an admitted connection has ended. */
    release: (source: string): void => {
      const held = openConnections.get(source) ?? 0
      if (held > 1) openConnections.set(source, held - 1)
      else openConnections.delete(source)
    },
  }
}

const UNLIMITED: SourceLimits = { perSecond: Infinity, atOnce: Infinity }

/** @param server may use TLS: connections are refused before the handshake */
export const watchConnections = (server: Server, clock: Clock, limits = UNLIMITED) => {
  const sources = createSourceLimiter(limits, clock)
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
    /** How many were refused because their source had too many. */
    refused: () => refused,
    /** Ends all of them, including those that have sent nothing and those without a TLS handshake. */
    end: () => {
      for (const socket of open) socket.destroy()
    },
  }
}
