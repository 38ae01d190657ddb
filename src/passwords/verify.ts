/** Owns the table of hash families, and the one way to check a password against any of them. */
import { bcrypt } from './bcrypt.ts'
import type { Bounds, Family, Inspection, Outcome } from './family.ts'

export const FAMILIES: readonly Family[] = [bcrypt]

/** Nothing that a family claims is longer; a column holding more is not searched by expressions. */
const MAX_ENCODED_LENGTH = 1024

const familyOf = (encoded: string): Family | undefined =>
  encoded.length > MAX_ENCODED_LENGTH
    ? undefined
    : FAMILIES.find((family) => family.claims(encoded))

/** Says, at no cost and without throwing, whether an encoded hash can be checked. */
export const inspect = (encoded: string, bounds: Bounds): Inspection =>
  familyOf(encoded)?.inspect(encoded, bounds) ?? { flaw: 'unrecognised' }

/**
 * Checks a password against an encoded hash. Takes as long as the hash's cost demands, so it runs
 * in a worker thread.
 */
export const verify = (encoded: string, password: string, bounds: Bounds): Outcome => {
  const family = familyOf(encoded)
  if (!family) return 'unrecognised'
  const found = family.inspect(encoded, bounds)
  if ('flaw' in found) return found.flaw
  return family.matches(encoded, password) ? 'match' : 'mismatch'
}
