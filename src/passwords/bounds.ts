/** The limits on what one check may cost, in time and in memory. */
import type { KindName, Plan } from './family.ts'

export interface Bounds {
  /** bcrypt's cost, the base-2 logarithm of its rounds. */
  readonly bcryptCost: number
  /** Milliseconds on the reference machine, for everything but bcrypt. */
  readonly maxMs: number
  /** Memory of one check, in MiB. */
  readonly maxMib: number
}

/**
 * Work per millisecond on one reference machine, by the kind's name. Not measured where the server runs: a hash
 * must not be sound on one replica and out of bounds on another. Where each round hashes the password, the longest that
 * is taken, of half a KiB, takes up to twice as long as this says.
 */
const WORK_PER_MS: Readonly<Record<Exclude<KindName, 'bcrypt'>, number>> = {
  /** KiB × passes. */
  argon2: 2420,
  /** N·r·p. */
  scrypt: 2350,
  /** Iterations × blocks. */
  'pbkdf2-md5': 2600,
  'pbkdf2-sha1': 2430,
  'pbkdf2-sha224': 4540,
  'pbkdf2-sha256': 4540,
  'pbkdf2-sha384': 2060,
  'pbkdf2-sha512': 2060,
  /** Rounds. */
  phpass: 820,
  'rounds-md5': 820,
  'rounds-sha1': 900,
  'rounds-sha256': 900,
  'rounds-sha384': 700,
  'rounds-sha512': 700,
  /** Digests. */
  digest: 700,
  /** Rounds. */
  md5crypt: 820,
  sha256crypt: 820,
  sha512crypt: 620,
}

export const isOutOfBounds = ({ kind }: Plan, { bcryptCost, maxMs, maxMib }: Bounds): boolean => {
  const { name, cost, mib = 0 } = kind
  if (name === 'bcrypt') return cost > bcryptCost
  return mib > maxMib || 2 ** cost > maxMs * WORK_PER_MS[name]
}
