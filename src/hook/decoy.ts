/** Owns the hashes computed where there is nothing to compute, so that time does not tell who exists. */

/** bcrypt's customary cost, used until the store has shown its own. */
const CUSTOMARY_COST = 10

/** No password is known to match it, and it would not matter: a decoy's outcome is not looked at. */
const SALT_THEN_HASH = 'ThisIsNoSaltOfAnyones.ThisHashBelongsToNobodyAtAll...'

export interface Decoy {
  /** Told of the cost of each sound hash that a lookup finds. */
  saw(cost: number): void
  /** An encoded hash of the cost seen most often. */
  readonly encoded: string
}

export const createDecoy = (): Decoy => {
  const seen = new Map<number, number>()
  let common = CUSTOMARY_COST
  return {
    saw(cost) {
      const times = (seen.get(cost) ?? 0) + 1
      seen.set(cost, times)
      if (times > (seen.get(common) ?? 0)) common = cost
    },
    get encoded() {
      return `$2b$${String(common).padStart(2, '0')}$${SALT_THEN_HASH}`
    },
  }
}
