/** The table of hash families, and the check whether an encoded hash can be computed within bounds. */
import { bcrypt } from './bcrypt/grammar.ts'
import type { Family, Inspection, Plan } from './family.ts'

/** The limits on what one check may cost. */
export interface Bounds {
  /** bcrypt's cost, the base-2 logarithm of its rounds. */
  readonly bcryptCost: number
}

const isOutOfBounds = ({ kind }: Plan, { bcryptCost }: Bounds): boolean =>
  kind.name === 'bcrypt' && kind.cost > bcryptCost

export const FAMILIES: readonly Family<Plan>[] = [bcrypt]

const UNRECOGNISED: Inspection = { flaw: 'unrecognised' }

/** NUL is what a fixed-width binary column pads with. */
const PADDING = /^[\s\0]+|[\s\0]+$/g

/** As `inspect`, by some families only, and for a string of any length. */
export const inspectAs = (
  families: readonly Family<Plan>[],
  encoded: string,
  bounds: Bounds,
): Inspection => {
  const bare = encoded.replace(PADDING, '')
  const found = families.find(({ claims }) => claims.test(bare))?.parse(bare) ?? UNRECOGNISED
  if ('flaw' in found) return found
  if (isOutOfBounds(found, bounds)) return { flaw: 'out_of_bounds' }
  return bare === encoded ? found : { flaw: 'padded' }
}

/** No sound hash is longer. Longer strings are not searched by regular expressions. */
const MAX_ENCODED_LENGTH = 1024

/** Reads an encoded hash, without computing anything. Never throws. */
export const inspect = (encoded: string, bounds: Bounds): Inspection =>
  encoded.length > MAX_ENCODED_LENGTH ? UNRECOGNISED : inspectAs(FAMILIES, encoded, bounds)
