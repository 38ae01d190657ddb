/** Waits with a limit for what a test needs, and says what it waited for. */
import { setTimeout as sleep } from 'node:timers/promises'

/** Ample where other tests keep every core busy, and shorter than the limit of a test, which says nothing. */
export const LIMIT_MS = 120_000

/**
 * @param what must hold, in words
 * @param seen more for the error of a wait in vain
 */
export const until = async (
  what: string,
  holds: () => boolean | Promise<boolean>,
  seen: () => string = () => '',
): Promise<void> => {
  const end = performance.now() + LIMIT_MS
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited in vain until ${what}\n${seen()}`)
    await sleep(2)
  }
}
