/** How much memory password checks may use: one of them, and all together. */
import { totalmem } from 'node:os'
import { AppError } from '../../errors/errors.ts'

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
  readonly togetherMib: number
}

/**
 * @param requestedMib HASH_MAX_MIB, if it is set
 * @throws AppError `config_invalid` where it cannot fit into the container
 */
export const planMemory = (
  requestedMib: number | undefined,
  workers: number,
  limitMib: number | undefined,
): HashMemory => {
  const free = limitMib === undefined ? Infinity : Math.max(0, limitMib - BASE_MIB)
  if (requestedMib !== undefined && requestedMib > free) {
    const problem = `is ${requestedMib}, and the container's limit of ${limitMib} MiB leaves ${free} MiB for password checks`
    const fix = `Use ${free} or less, or give the container ${requestedMib + BASE_MIB} MiB.`
    throw new AppError('config_invalid', { detail: `  HASH_MAX_MIB ${problem}.\n    ${fix}` })
  }
  const maxMib = requestedMib ?? Math.min(USUAL_MIB, free)
  return { maxMib, togetherMib: Math.min(workers * maxMib, free) }
}
