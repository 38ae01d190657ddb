/** How much memory password checks may use: one of them, and all together. */
import { totalmem } from 'node:os'

/** What the server uses without them, in MiB: measured idle, and as much again as a busy hour adds. */
const BASE_MIB = 200

/** For one check, where nothing else is set. */
const USUAL_MIB = 128

const BYTES_PER_MIB = 2 ** 20

/** @returns the container's limit in MiB; undefined where there is none */
export const memoryLimitMib = (
  limit: number = process.constrainedMemory(),
  total: number = totalmem(),
): number | undefined => {
  // Without a limit Node.js answers 0, or a number far above the memory of the machine (1.8e19).
  const isLimit = limit > 0 && limit <= total
  return isLimit ? Math.floor(limit / BYTES_PER_MIB) : undefined
}

export interface HashMemory {
  /** For one check: a hash that needs more is out of bounds. */
  readonly maxMib: number
  /** For all checks in progress. */
  readonly hashMemoryMib: number
  /** Why the requested memory cannot be used, with both numbers. */
  readonly problem?: string
}

/** @param requestedMib HASH_MAX_MIB, if it is set: only that can be a problem */
export const planMemory = (
  requestedMib: number | undefined,
  workers: number,
  limitMib: number | undefined,
): HashMemory => {
  const free = limitMib === undefined ? Infinity : Math.max(0, limitMib - BASE_MIB)
  const maxMib = requestedMib ?? Math.min(USUAL_MIB, free)
  const memory = { maxMib, hashMemoryMib: Math.min(workers * maxMib, free) }
  if (maxMib <= free) return memory
  const left = `leaves ${free} MiB for password checks`
  return {
    ...memory,
    problem: `is ${maxMib}, but the container's limit of ${limitMib ?? 0} MiB ${left}; give it ${maxMib + BASE_MIB} MiB, or lower HASH_MAX_MIB`,
  }
}
