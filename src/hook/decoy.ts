/** Owns the hashes computed where there is nothing to compute, so that time does not tell who exists. */
import { createHmac } from 'node:crypto'
import type { Bounds } from '../passwords/family.ts'
import { inspect } from '../passwords/verify.ts'

/** bcrypt's customary cost, used until the store has shown one of its own. */
const CUSTOMARY_COST = 10

/** No password is known to match it, and it would not matter: a decoy's outcome is not looked at. */
const SALT_THEN_HASH = 'ThisIsNoSaltOfAnyones.ThisHashBelongsToNobodyAtAll...'

export interface DecoyParts {
  /** The same for every replica and after every restart, so that a login's decoy is too. */
  readonly secret: string
  readonly bounds: Bounds
  /** Encoded hashes of some accounts; none where the store could not be sampled yet. */
  readonly sample: () => readonly string[]
}

export interface Decoy {
  /** Told of the cost of each sound hash that was found and decided. */
  saw(cost: number, verified: boolean): void
  /**
   * The encoded hash to compute for a login that has none. Its cost is drawn from the store's own costs,
   * by a keyed hash of the login: like an account's, it stays the same from call to call. As what is
   * known of the store grows, the costs of few logins change, since each keeps its quantile.
   */
  encodedFor(login: string): string
}

const encode = (cost: number): string => `$2b$${String(cost).padStart(2, '0')}$${SALT_THEN_HASH}`

export const createDecoy = ({ secret, bounds, sample }: DecoyParts): Decoy => {
  const key = createHmac('sha256', secret).update('decoy key').digest()
  const seen = new Map<number, number>()
  let total = 0
  const count = (cost: number): void => {
    seen.set(cost, (seen.get(cost) ?? 0) + 1)
    total++
  }
  let known: readonly string[] = []
  /** A store that was away at the start, or was replaced, has another sample now. */
  const learn = (): void => {
    const hashes = sample()
    if (hashes === known) return
    known = hashes
    for (const encoded of hashes) {
      const found = inspect(encoded, bounds)
      if ('cost' in found) count(found.cost)
    }
  }

  /** In [0, 1). */
  const quantileOf = (login: string): number =>
    createHmac('sha256', key).update(login).digest().readUIntBE(0, 6) / 2 ** 48

  return {
    saw: (cost, verified) => {
      learn()
      // Okta asks about an account until it is verified, and then no more: so each counts once, and
      // whoever tries one login over and over teaches nothing. Only the very first may be unverified.
      if (verified || total === 0) count(cost)
    },
    encodedFor: (login) => {
      learn()
      let left = quantileOf(login) * total
      for (const [cost, times] of [...seen].sort(([a], [b]) => a - b)) {
        if (left < times) return encode(cost)
        left -= times
      }
      return encode(CUSTOMARY_COST)
    },
  }
}
