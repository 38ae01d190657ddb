/** Keeps the heap of a command small, whose threads are many or which streams millions of rows. */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

/**
 * V8 lets its heap grow to a multiple of the live data before it collects, and here nearly everything is garbage
 * of single rows: 100 MB of it from Node.js 24 on. This flag limits the old generation to one and a half times
 * the live data.
 */
const OLD_GENERATION = '--heap-growing-percent=50'

/** By how much V8 multiplies the size of the young generation of a thread when it is too small, up to 16 MiB. */
const growYoungBy = (factor: number): void =>
  setFlagsFromString(`--semi-space-growth-factor=${factor}`)

const BYTES_PER_MIB = 2 ** 20

const youngMib = (): number => {
  const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')
  return young ? (young.space_used_size + young.space_available_size) / BYTES_PER_MIB : Infinity
}

const MAX_ROUNDS = 200
/** So few that one round cannot make it grow twice. */
const OBJECTS = 1_000

/** V8 reads the option for the size at its start only, so objects that survive make it grow. */
const growYoungTo = (mib: number): void => {
  growYoungBy(mib)
  const kept: object[][] = []
  while (Math.round(youngMib()) < mib && kept.length < MAX_ROUNDS) {
    kept.push(Array.from({ length: OBJECTS }, () => ({})))
  }
}

/**
 * For a command with many threads. Sets the limit before the command is loaded: that alone would make the young
 * generation grow, and V8 never gives it back.
 * @param mib of the young generation of the main thread: 1 as at the start, or 4
 */
export const withSmallThreads =
  <T>(load: () => Promise<T>, mib: 1 | 4 = 1) =>
  (): Promise<T> => {
    if (mib > 1) growYoungTo(mib)
    growYoungBy(1)
    return load()
  }

/** For a command that streams millions of rows; 4 MiB are for rows with many objects each. */
export const withSmallHeap = <T>(load: () => Promise<T>, mib: 1 | 4 = 1): (() => Promise<T>) =>
  withSmallThreads(() => {
    setFlagsFromString(OLD_GENERATION)
    return load()
  }, mib)
