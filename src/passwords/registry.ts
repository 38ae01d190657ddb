/** Owns the table of hash families, and the word on which hashes can be checked. */
import { bcrypt } from './bcrypt/grammar.ts'
import type { Bounds, Family, Inspection } from './family.ts'

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

export const familyName = (encoded: string): string =>
  familyOf(encoded)?.identifier ?? 'unrecognised'
