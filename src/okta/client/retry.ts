/** Owns the waits between attempts. */
import type { Clock } from '../../clock.ts'

/** About a minute in all, apart from the waits for a rate limit. */
export const MAX_ATTEMPTS = 8

const FIRST_WAIT_MS = 500
const MAX_WAIT_MS = 30_000

/** Milliseconds before the next attempt: doubled each time, capped, and anywhere in the upper half. */
export const backoff = (attempt: number, random: () => number): number =>
  Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), MAX_WAIT_MS) * (0.5 + random() / 2)

/** Rejects with the signal's reason when that comes first. */
export const pause = (clock: Clock, ms: number, signal?: AbortSignal): Promise<void> =>
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

/** Milliseconds before each repeat of a change whose answer was lost, and that was not done. */
export const REPEAT_WAITS_MS = [200, 1_000, 5_000, 20_000]
