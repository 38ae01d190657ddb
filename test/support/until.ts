/** Waits with a limit for what a test needs, and says what it waited for. */
import { expect } from 'vitest'

/** Ample where other tests keep every core busy, and well below the limit of a test. */
const LIMIT = { interval: 5, timeout: 60_000 }

/** @param what must hold, in words, for the error of a wait in vain */
export const until = async (what: string, holds: () => boolean): Promise<void> => {
  await expect.poll(holds, { ...LIMIT, message: `waited in vain: ${what}` }).toBe(true)
}
