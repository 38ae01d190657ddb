/** Owns time: the one source of "now" and of timers, so that tests can hold it still. */

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
  let cancelTimer = (): void => undefined
  const tooLate = new Promise<never>((_, reject) => {
    cancelTimer = clock.after(deadline - clock.now(), () => reject(late()))
  })
  try {
    return await Promise.race([result, tooLate])
  } finally {
    cancelTimer()
  }
}
