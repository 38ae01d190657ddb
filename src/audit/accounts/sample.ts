/** A random sample of a stream whose length is not known, each member of which is equally likely (algorithm R). */

/** @param random from 0 to below 1 */
export const createSample = <T>(size: number, random: () => number) => {
  const kept: T[] = []
  let seen = 0
  return {
    /** Makes the member only where it is kept. */
    offer: (make: () => T): void => {
      const at = seen < size ? seen : Math.floor(random() * (seen + 1))
      seen++
      if (at < size) kept[at] = make()
    },
    kept: (): readonly T[] => kept,
  }
}
