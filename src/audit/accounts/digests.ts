/** Finds logins that several accounts have, with eight bytes of memory for each account. */
import { hash } from 'node:crypto'

const BYTES = BigUint64Array.BYTES_PER_ELEMENT

/** Address space that is reserved; memory is taken as it grows. */
const MAX_ACCOUNTS = 250_000_000

/** So many more at a time. */
const CHUNK = 1_000_000

/** In hexadecimal: a buffer for each account would grow the process faster than it is collected. */
const DIGITS = 2 * BYTES

const HALF = DIGITS / 2

const halvesOf = (digest: string): [number, number] => [
  Number.parseInt(digest.slice(0, HALF), 16),
  Number.parseInt(digest.slice(HALF, DIGITS), 16),
]

const read = (digest: string): bigint => {
  const [number = 0n] = new BigUint64Array(Uint32Array.from(halvesOf(digest)).buffer)
  return number
}

/** Keeps in front, in their order, the numbers that stand more than once in a sorted list. */
const keepRepeated = (sorted: BigUint64Array): number => {
  let kept = 0
  for (let i = 1; i < sorted.length; i++) {
    const value = sorted[i] ?? 0n
    if (value !== sorted[i - 1] || (kept > 0 && sorted[kept - 1] === value)) continue
    sorted[kept++] = value
  }
  return kept
}

const includes = (sorted: BigUint64Array, value: bigint): boolean => {
  let [from, to] = [0, sorted.length]
  while (from < to) {
    const middle = (from + to) >>> 1
    if ((sorted[middle] ?? 0n) < value) from = middle + 1
    else to = middle
  }
  return sorted[from] === value
}

export interface Repeated {
  /** How many logins have several accounts. */
  readonly count: number
  /** @param digest as `add` returned it */
  readonly has: (digest: string) => boolean
}

/**
 * Two different logins share one of 2^64 digests by chance: with ten million accounts that is one in 370,000 audits.
 */
export const createDigests = (chunk = CHUNK) => {
  const buffer = new ArrayBuffer(0, { maxByteLength: MAX_ACCOUNTS * BYTES })
  const view = new BigUint64Array(buffer)
  const halves = new Uint32Array(buffer)
  let count = 0
  return {
    /** @returns the digest in hexadecimal */
    add: (text: string): string => {
      const digest = hash('sha256', text, 'hex').slice(0, DIGITS)
      if (count === view.length) buffer.resize((count + chunk) * BYTES)
      halves.set(halvesOf(digest), 2 * count++)
      return digest
    },
    /** Nothing may be added after it. */
    finish: (): Repeated => {
      buffer.resize(count * BYTES)
      buffer.resize(keepRepeated(view.sort()) * BYTES)
      const has = (digest: string): boolean => view.length > 0 && includes(view, read(digest))
      return { count: view.length, has }
    },
  }
}
