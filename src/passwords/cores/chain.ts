/** Computes chains of digests, each of the one before and the password. */
import { hash } from 'node:crypto'
import { phpass } from '../families/phpass.ts'
import {
  costOf,
  type ChainPlan,
  type Compare,
  type CoreRow,
  type KeyedCheck,
  type Outcome,
} from '../family.ts'
import { readKnown } from './known-answers.ts'

const compute = ({ digest, rounds, salt }: ChainPlan, password: Uint8Array): Uint8Array => {
  let last = hash(digest, Buffer.concat([salt, password]), 'buffer')
  const joined = Buffer.concat([last, password])
  for (let i = 0; i < rounds; i++) {
    last = hash(digest, joined, 'buffer')
    last.copy(joined)
  }
  joined.fill(0)
  return last
}

/** phpass itself takes no more (CheckPassword): each round hashes all of them. */
const MAX_BYTES = 4096

/** A password that is too long takes as long as the longest. */
const outcomeOf = ({ plan, password }: KeyedCheck<ChainPlan>, compare: Compare): Outcome => {
  const outcome = compare(compute(plan, password.subarray(0, MAX_BYTES)), plan.want)
  return password.length > MAX_BYTES ? 'mismatch' : outcome
}

/** A few milliseconds. */
const TRIAL_ROUNDS = 2 ** 11

/** By phpass itself, as WordPress 6.1 has it. */
const KNOWN = {
  $P$64J1rkuWQLtJzhwMykrYkgaBPx73fM1: 'Grüße aus Köln',
  '$P$6QfxV9VqOKsDYjeOFOUmbLOkBtMUDJ/': '🔑 and 🚪',
  '$H$6/KfrQG8LZsAJzk5.SOlrnePX8gaPK/': '密码пароль',
}

export const chainCore: CoreRow<ChainPlan> = {
  computes: 'phpass',
  trial: {
    core: 'chain',
    kind: { name: 'phpass', cost: costOf(TRIAL_ROUNDS) },
    digest: 'md5',
    rounds: TRIAL_ROUNDS,
    salt: new Uint8Array(8),
    want: new Uint8Array(16),
  },
  known: readKnown(phpass, KNOWN),
  create: () => ({
    name: 'node:crypto',
    lanes: 1,
    match: (checks, compare) => checks.map((check) => outcomeOf(check, compare)),
  }),
}
