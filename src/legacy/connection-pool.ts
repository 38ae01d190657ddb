/** A pool of connections to a legacy store, which bounds their number and every wait for one. */
import { within, type Clock } from '../clock.ts'
import { AppError } from '../errors/errors.ts'

/** One session with a server, from the moment that opening it starts. */
export interface PooledConnection {
  /** Resolves when it can be used; rejects when it cannot be opened. */
  readonly ready: Promise<unknown>
  readonly isOpen: () => boolean
  /** Ends the session in order. */
  end(): void
  /** Cuts it off at once, whatever it is doing. */
  destroy(): void
}

export interface ConnectionPool<C extends PooledConnection> {
  /**
   * Lends a connection for as long as `work` takes, but no longer than until `deadline` (on the clock's
   * scale): waiting for a connection, opening it and the work all count. What fails or comes late costs its
   * connection, which may still be busy with it.
   * @throws AppError `legacy_unavailable` at the deadline; before it, whatever `work` or opening throws
   */
  use<T>(deadline: number, work: (connection: C) => Promise<T>): Promise<T>
  /** Ends all idle connections, and the others when they come back. */
  close(): void
}

export interface ConnectionPoolOptions<C extends PooledConnection> {
  readonly size: number
  /** Never throws: a connection that cannot be opened is not `ready`. */
  readonly open: () => C
  /** Milliseconds after which an idle connection is not trusted any more. */
  readonly maxIdleMs: number
  readonly clock: Clock
}

/** The connections that are idle. */
const createIdleList = <C extends PooledConnection>(clock: Clock, maxIdleMs: number) => {
  const idle: { readonly connection: C; readonly since: number }[] = []
  return {
    put: (connection: C): void => {
      idle.push({ connection, since: clock.now() })
    },
    take: (): C | undefined => {
      for (let entry = idle.pop(); entry; entry = idle.pop()) {
        if (entry.connection.isOpen() && clock.now() - entry.since < maxIdleMs)
          return entry.connection
        entry.connection.end()
      }
      return undefined
    },
    clear: (): void => {
      for (const { connection } of idle.splice(0)) connection.end()
    },
  }
}

/**
 * The drivers' own pools have their own timers, do not cut off a connection that hangs while it opens, and
 * let calls wait for a connection without a limit.
 */
export const createConnectionPool = <C extends PooledConnection>(
  options: ConnectionPoolOptions<C>,
): ConnectionPool<C> => {
  const { size, open, maxIdleMs, clock } = options
  const idle = createIdleList<C>(clock, maxIdleMs)
  const waiting: (() => void)[] = []
  let inUse = 0
  let closed = false

  const release = (connection: C, isSound: boolean): void => {
    inUse--
    if (isSound && closed) connection.end()
    else if (isSound) idle.put(connection)
    else {
      connection.destroy()
      // When one connection fails, the idle ones are probably dead too.
      idle.clear()
    }
    waiting.shift()?.()
  }

  const use = async <T>(deadline: number, work: (connection: C) => Promise<T>): Promise<T> => {
    let connection: C | undefined
    let isSound = false
    let start = (): void => undefined
    const done = new Promise<T>((resolve, reject) => {
      start = () => {
        const taken = (connection = idle.take() ?? open())
        inUse++
        taken.ready.then(() => work(taken)).then(resolve, reject)
      }
    })
    if (inUse < size) start()
    else waiting.push(start)
    const late = (): Error => new AppError('legacy_unavailable', { detail: 'no answer in time' })
    try {
      const result = await within(clock, deadline, done, late)
      isSound = true
      return result
    } finally {
      const position = waiting.indexOf(start)
      if (position >= 0) waiting.splice(position, 1)
      if (connection) release(connection, isSound)
    }
  }

  const close = (): void => {
    closed = true
    idle.clear()
  }
  return { use, close }
}
