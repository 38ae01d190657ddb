/** Owns the moment in which calls gather that are likely to be refused. */
import type { Clock } from '../clock.ts'

/** Short beside the time in which a refusal is of use, and long enough to find several calls in a storm. */
const GATHER_MS = 25

/**
 * Where every core checks passwords, what the main thread needs is in no cache any more, and most of what
 * a refusal costs is to fetch it. So those that come within a moment are taken up together. If there is
 * room by then, all of them look for their logins, and some are refused behind the others.
 * @returns a function whose promises resolve together, at most 25 ms after they were made
 */
export const createCoalescer = (clock: Clock): (() => Promise<void>) => {
  let gathering: Promise<void> | undefined
  const gather = (resolve: () => void): void => {
    clock.after(GATHER_MS, () => {
      gathering = undefined
      resolve()
    })
  }
  return () => (gathering ??= new Promise(gather))
}
