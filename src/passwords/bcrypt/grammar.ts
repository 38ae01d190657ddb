/** Owns the grammar of bcrypt's encoded hashes. */
import { decodeBase64 } from 'bcryptjs'
import type { Bounds, Family, Inspection } from '../family.ts'

const CLAIM = /^\$2[abxy]\$/

/**
 * `$2b$` cost `$`, then in bcrypt's own base 64 a salt of 16 bytes (22 characters) and a hash of 23
 * bytes (31). Both leave bits over in their last character, which every encoder writes as zeros:
 * bcryptjs quietly answers "no match" for anything else, so it counts as malformed here.
 */
const SOUND =
  /^\$2[abxy]\$(?<cost>\d\d)\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$/
const BEGINNING = /^\$2[abxy]\$(\d?|\d\d(\$[./A-Za-z0-9]{0,52})?)$/

const LENGTH = 60

/** As crypt_blowfish 1.3 has them: `2b` is `2y`, `2x` has the bug of old, `2a` the measure against it. */
export type Variant = '2a' | '2b' | '2x' | '2y'

export interface Dissected {
  readonly variant: Variant
  /** 16 bytes. */
  readonly salt: Uint8Array
  /** 23 bytes. */
  readonly hash: Uint8Array
}

/** bcrypt itself allows costs of 4 to 31 (OpenBSD, crypt_newhash(3)). */
const COST_RANGE = { min: 4, max: 31 }

const inspectBare = (encoded: string, bounds: Bounds): Inspection => {
  if (encoded.length < LENGTH && BEGINNING.test(encoded)) return { flaw: 'truncated' }
  const cost = Number(encoded.length === LENGTH ? SOUND.exec(encoded)?.groups?.['cost'] : NaN)
  if (!(cost >= COST_RANGE.min && cost <= COST_RANGE.max)) return { flaw: 'malformed' }
  return cost > bounds.bcryptCost ? { flaw: 'out_of_bounds' } : { cost }
}

/** NUL is what a fixed-width binary column pads with. */
const PADDING = /^[\s\0]+|[\s\0]+$/g

export const bcrypt: Family = {
  identifier: 'bcrypt',

  claims: (encoded) => CLAIM.test(encoded.replace(PADDING, '')),

  inspect(encoded, bounds) {
    const bare = encoded.replace(PADDING, '')
    const found = inspectBare(bare, bounds)
    return bare !== encoded && 'cost' in found ? { flaw: 'padded' } : found
  },
}

/** What a hash consists of that `inspect` found sound. */
export const dissect = (encoded: string): Dissected => ({
  variant: encoded.slice(1, 3) as Variant,
  salt: Uint8Array.from(decodeBase64(encoded.slice(7, 29), 16)),
  hash: Uint8Array.from(decodeBase64(encoded.slice(29), 23)),
})
