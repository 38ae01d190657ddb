/** The hashes computed where there is nothing to compute, so that time does not tell which accounts exist. */
import { createHmac } from 'node:crypto'
import { blankBcrypt } from '../passwords/families/bcrypt.ts'
import { blank, keyOf, type Inspection, type Plan } from '../passwords/family.ts'

/** About how many accounts can be told apart. Beyond that number, few more are counted. */
const MARKS = 2 ** 20

/** bcrypt at its usual cost, until the store has shown what it holds. */
const USUAL = blankBcrypt(10)

export interface DummyHashesDeps {
  /** The same for each replica and after each restart, so that a login's dummy hash is, too. */
  readonly secret: string
  readonly inspect: (encoded: string) => Inspection
  /** Encoded hashes of some accounts; none where the store could not be sampled yet. */
  readonly sample: () => readonly string[]
}

export interface DummyHashes {
  /** Counts the kind of an account's hash, once for each account: for a store without samples. */
  observe(person: string, plan: Plan): void
  /**
   * What to compute for a login that has no hash. Its kind is drawn from the store's own, by a keyed hash of
   * the login: like an account's, it stays the same from call to call. As more becomes known of the store,
   * the kinds of few logins change, since each login keeps its quantile.
   */
  planFor(login: string): Plan
}

interface Counted {
  readonly plan: Plan
  count: number
}

const byKind = ({ plan: { kind: a } }: Counted, { plan: { kind: b } }: Counted): number =>
  a.name === b.name ? a.cost - b.cost : a.name < b.name ? -1 : 1

/** How many hashes there are of each kind. */
const createTally = () => {
  const kinds = new Map<string, Counted>()
  let total = 0
  return {
    isEmpty: () => total === 0,

    add(plan: Plan): void {
      const key = keyOf(plan.kind)
      const counted = kinds.get(key) ?? { plan: blank(plan), count: 0 }
      kinds.set(key, counted)
      counted.count++
      total++
    },

    /** @param quantile in [0, 1) */
    at(quantile: number): Plan {
      let left = quantile * total
      for (const { plan, count } of [...kinds.values()].sort(byKind)) {
        if (left < count) return plan
        left -= count
      }
      return USUAL
    },
  }
}

/**
 * Tells whether an account is new, by one bit for each of many digests, so that memory is bounded: an account
 * that shares its bit with an earlier one is never new, and is not counted.
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

export const createDummyHashes = ({ secret, inspect, sample }: DummyHashesDeps): DummyHashes => {
  const key = createHmac('sha256', secret).update('decoy key').digest()
  const digest = (text: string): Buffer => createHmac('sha256', key).update(text).digest()
  const isNew = createMarks(digest)
  const observed = createTally()
  let sampled = createTally()
  let known: readonly string[] = []

  /** A store that was unavailable at the start, or was replaced, has another sample now. */
  const tally = (): typeof observed => {
    const hashes = sample()
    if (hashes !== known) {
      known = hashes
      sampled = createTally()
      for (const encoded of hashes) {
        const found = inspect(encoded)
        if (!('flaw' in found)) sampled.add(found)
      }
    }
    return sampled.isEmpty() ? observed : sampled
  }

  return {
    observe: (person, plan) => {
      if (isNew(person)) observed.add(plan)
    },
    planFor: (login) => tally().at(digest(login).readUIntBE(0, 6) / 2 ** 48),
  }
}
