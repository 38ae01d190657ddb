/** The family of bcrypt's encoded hashes: their grammar, and the plans that they stand for. */
import type { BcryptPlan, BcryptVariant, Family } from '../family.ts'
import { readBcrypt64 } from '../notation.ts'

/**
 * `$2b$` cost `$`, then in bcrypt's own base 64 a salt of 16 bytes (22 characters) and a hash of 23
 * bytes (31). Both leave bits over in their last character, which every encoder writes as zeros:
 * bcryptjs quietly answers "no match" for anything else, so it counts as malformed here.
 */
const SOUND =
  /^\$2[abxy]\$(?<cost>\d\d)\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$/
const BEGINNING = /^\$2[abxy]\$(\d?|\d\d(\$[./A-Za-z0-9]{0,52})?)$/

const LENGTH = 60
const SALT_BYTES = 16
const HASH_BYTES = 23

/** bcrypt itself allows costs of 4 to 31 (OpenBSD, crypt_newhash(3)). */
const COST_RANGE = { min: 4, max: 31 }

const planOf = (
  variant: BcryptVariant,
  cost: number,
  salt: Uint8Array,
  want: Uint8Array,
): BcryptPlan => ({ core: 'bcrypt', kind: { name: 'bcrypt', cost }, variant, cost, salt, want })

export const bcrypt: Family<BcryptPlan> = {
  identifier: 'bcrypt',
  claims: /^\$2[abxy]\$/,

  parse(encoded) {
    if (encoded.length < LENGTH && BEGINNING.test(encoded)) return { flaw: 'truncated' }
    const cost = Number(encoded.length === LENGTH ? SOUND.exec(encoded)?.groups?.['cost'] : NaN)
    if (!(cost >= COST_RANGE.min && cost <= COST_RANGE.max)) return { flaw: 'malformed' }
    return planOf(
      encoded.slice(1, 3) as BcryptVariant,
      cost,
      readBcrypt64(encoded.slice(7, 29)),
      readBcrypt64(encoded.slice(29)),
    )
  },
}

/** A plan of this cost that belongs to no hash. Its result is not used. */
export const blankBcrypt = (cost: number): BcryptPlan =>
  planOf('2b', cost, new Uint8Array(SALT_BYTES), new Uint8Array(HASH_BYTES))
