/** The one source of the time and of timers, so that tests can make it stand still, and every wait that has a limit. */

export const DAY_MS = 86_400_000

export interface Clock {
  /** Milliseconds on a monotonic scale; only differences mean anything. */
  now(): number
  /** Milliseconds since 1970 by the wall clock, which may be set back: for dates that others wrote. */
  epochMs(): number
  /** Runs `run` once after `ms` milliseconds; the returned function cancels it. */
  after(ms: number, run: () => void): () => void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  epochMs: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

/** Waits for `ms` milliseconds, or rejects with the signal's reason when that is aborted first. */
export const sleep = (clock: Clock, ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const giveUp = (): void => {
      cancel()
      reject(signal?.reason as Error)
    }
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', giveUp)
      resolve()
    })
    signal?.addEventListener('abort', giveUp, { once: true })
  })

/**
 * Waits for the end of some work, but no longer than `ms` milliseconds.
 * @returns whether it ended in time
 * @throws the error of the work
 */
export const endsWithin = async (
  clock: Clock,
  ms: number,
  work: Promise<unknown>,
): Promise<boolean> => {
  let cancel = (): void => undefined
  const timeUp = new Promise<boolean>((resolve) => {
    cancel = clock.after(ms, () => resolve(false))
  })
  try {
    return await Promise.race([work.then(() => true), timeUp])
  } finally {
    cancel()
  }
}

/**
 * Waits for a result until `deadline` (on the clock's scale), and no longer.
 * @throws what `late` makes, when the deadline comes first
 */
export const within = async <T>(
  clock: Clock,
  deadline: number,
  result: Promise<T>,
  late: () => Error,
): Promise<T> => {
  if (await endsWithin(clock, deadline - clock.now(), result)) return result
  throw late()
}
