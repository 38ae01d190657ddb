/** The hashes computed where there is nothing to compute, so that time does not tell who exists. */
import { createHmac } from 'node:crypto'
import { dummyHash } from '../passwords/dummy-hash.ts'
import type { Bounds } from '../passwords/family.ts'
import { inspect } from '../passwords/registry.ts'

/** Accounts that can be told apart, about. Beyond so many, few teach anything more. */
const MARKS = 2 ** 20

/** bcrypt's customary cost, used until the store has shown one of its own. */
const CUSTOMARY_COST = 10

export interface DummyHashesDeps {
  /** The same for every replica and after every restart, so that a login's decoy is too. */
  readonly secret: string
  readonly bounds: Bounds
  /** Encoded hashes of some accounts; none where the store could not be sampled yet. */
  readonly sample: () => readonly string[]
}

export interface DummyHashes {
  /** Learns the cost of an account's hash, once for each account, for a store without samples. */
  saw(person: string, cost: number): void
  /**
   * The encoded hash to compute for a login that has none. Its cost is drawn from the store's own costs,
   * by a keyed hash of the login: like an account's, it stays the same from call to call. As what is
   * known of the store grows, the costs of few logins change, since each keeps its quantile.
   */
  encodedFor(login: string): string
}

/** How many hashes there are of each cost. */
class Tally {
  readonly #times = new Map<number, number>()
  #total = 0

  get isEmpty(): boolean {
    return this.#total === 0
  }

  add(cost: number): void {
    this.#times.set(cost, (this.#times.get(cost) ?? 0) + 1)
    this.#total++
  }

  /** @param quantile in [0, 1) */
  at(quantile: number): number {
    let left = quantile * this.#total
    for (const [cost, times] of [...this.#times].sort(([a], [b]) => a - b)) {
      if (left < times) return cost
      left -= times
    }
    return CUSTOMARY_COST
  }
}

/**
 * Says once of each account that it is new. One bit for each of many digests, so that memory is bounded:
 * an account that shares its bit with an earlier one is never new, and teaches nothing.
 */
const createMarks = (digest: (text: string) => Buffer) => {
  const marks = new Uint8Array(MARKS / 8)
  return (person: string): boolean => {
    const mark = digest(person).readUInt32LE(0) % MARKS
    const [at, bit] = [mark >> 3, 1 << (mark & 7)]
    const isNew = ((marks[at] ?? 0) & bit) === 0
    marks[at] = (marks[at] ?? 0) | bit
    return isNew
  }
}

export const createDummyHashes = ({ secret, bounds, sample }: DummyHashesDeps): DummyHashes => {
  const key = createHmac('sha256', secret).update('decoy key').digest()
  const digest = (text: string): Buffer => createHmac('sha256', key).update(text).digest()
  const isNew = createMarks(digest)
  const learnt = new Tally()
  let sampled = new Tally()
  let known: readonly string[] = []

  /** A store that was away at the start, or was replaced, has another sample now. */
  const tally = (): Tally => {
    const hashes = sample()
    if (hashes !== known) {
      known = hashes
      sampled = new Tally()
      for (const encoded of hashes) {
        const found = inspect(encoded, bounds)
        if ('cost' in found) sampled.add(found.cost)
      }
    }
    return sampled.isEmpty ? learnt : sampled
  }

  const quantileOf = (login: string): number => digest(login).readUIntBE(0, 6) / 2 ** 48

  return {
    saw: (person, cost) => {
      if (isNew(person)) learnt.add(cost)
    },
    encodedFor: (login) => dummyHash(tally().at(quantileOf(login))),
  }
}
