/** Owns the connections to a legacy store: how many there are, who waits for one, and until when. */
import { within, type Clock } from '../../clock.ts'
import { AppError } from '../../errors/errors.ts'

/** One session with a server, from the moment it begins to be opened. */
export interface Link {
  /** Resolves when it can be used; rejects when it cannot be opened. */
  readonly ready: Promise<unknown>
  readonly isOpen: () => boolean
  /** Takes leave of the server. */
  end(): void
  /** Cuts it off at once, whatever it is doing. */
  destroy(): void
}

export interface ConnectionPool<L extends Link> {
  /**
   * Lends a link for as long as `work` takes, but no longer than until `deadline` (on the clock's
   * scale): waiting for a link, opening it and the work all count. What fails or comes late costs its
   * link, which may still be busy with it.
   * @throws AppError `legacy_unavailable` at the deadline; before it, whatever `work` or opening throws
   */
  use<T>(deadline: number, work: (link: L) => Promise<T>): Promise<T>
  /** Takes leave of the server on every link that is not lent. */
  close(): void
}

export interface ConnectionPoolOptions<L extends Link> {
  readonly size: number
  /** Never throws: a link that cannot be opened is not `ready`. */
  readonly open: () => L
  /** Milliseconds after which a link that nobody used is not trusted any more. */
  readonly maxIdleMs: number
  readonly clock: Clock
}

/** The links that nobody uses at the moment. */
const createShelf = <L extends Link>(clock: Clock, maxIdleMs: number) => {
  const idle: { readonly link: L; readonly since: number }[] = []
  return {
    put: (link: L): void => {
      idle.push({ link, since: clock.now() })
    },
    take: (): L | undefined => {
      for (let entry = idle.pop(); entry; entry = idle.pop()) {
        if (entry.link.isOpen() && clock.now() - entry.since < maxIdleMs) return entry.link
        entry.link.end()
      }
      return undefined
    },
    clear: (): void => {
      for (const { link } of idle.splice(0)) link.end()
    },
  }
}

/**
 * The drivers' own pools keep time by themselves, do not cut off what hangs while it is being opened,
 * and let calls wait for a connection for as long as it takes.
 */
export const createConnectionPool = <L extends Link>(
  options: ConnectionPoolOptions<L>,
): ConnectionPool<L> => {
  const { size, open, maxIdleMs, clock } = options
  const shelf = createShelf<L>(clock, maxIdleMs)
  const waiting: (() => void)[] = []
  let lent = 0
  let closed = false

  const giveBack = (link: L, isSound: boolean): void => {
    lent--
    if (isSound && closed) link.end()
    else if (isSound) shelf.put(link)
    else {
      link.destroy()
      // Where one link fails, the others that have been idle since may well be dead too.
      shelf.clear()
    }
    waiting.shift()?.()
  }

  const use = async <T>(deadline: number, work: (link: L) => Promise<T>): Promise<T> => {
    let link: L | undefined
    let isSound = false
    let start = (): void => undefined
    const done = new Promise<T>((resolve, reject) => {
      start = () => {
        const taken = (link = shelf.take() ?? open())
        lent++
        taken.ready.then(() => work(taken)).then(resolve, reject)
      }
    })
    if (lent < size) start()
    else waiting.push(start)
    const late = (): Error => new AppError('legacy_unavailable', { detail: 'no answer in time' })
    try {
      const result = await within(clock, deadline, done, late)
      isSound = true
      return result
    } finally {
      const at = waiting.indexOf(start)
      if (at >= 0) waiting.splice(at, 1)
      if (link) giveBack(link, isSound)
    }
  }

  const close = (): void => {
    closed = true
    shelf.clear()
  }
  return { use, close }
}
