/** Collects calls that are likely to be refused, so that they are handled together. */
import type { Clock } from '../clock.ts'

/** Short against the time in which a refusal is useful, and long enough to catch several calls in a storm. */
const COALESCE_MS = 25

/**
 * While every core checks passwords, the code and data of the main thread are in no cache, and fetching
 * them is most of what a refusal costs. So calls that arrive within a moment are handled together. If there
 * is room by then, all of them are looked up, and some are refused after the others.
 * @returns a function whose promises resolve together, at most 25 ms after they were made
 */
export const createCoalescer = (clock: Clock): (() => Promise<void>) => {
  let pending: Promise<void> | undefined
  const startWindow = (resolve: () => void): void => {
    clock.after(COALESCE_MS, () => {
      pending = undefined
      resolve()
    })
  }
  return () => (pending ??= new Promise(startWindow))
}
