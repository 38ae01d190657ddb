/** Waits with a limit for what a test needs, and names it in the error of a wait that fails. */
import { setTimeout as sleep } from 'node:timers/promises'

/** Long enough where other tests keep every core busy, and shorter than the limit of a test, whose error explains nothing. */
export const LIMIT_MS = 120_000

/**
 * @param what the condition in words
 * @param seen more details for the error of a wait that fails
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
