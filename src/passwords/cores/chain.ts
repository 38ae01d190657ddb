/** Computes chains of digests, each of the one before, or of the one before and the password. */
import { hash } from 'node:crypto'
import { shiro, symfony } from '../families/digests/iterated.ts'
import { phpass } from '../families/phpass.ts'
import {
  costOf,
  type ChainPlan,
  type Compare,
  type CoreRow,
  type KeyedCheck,
  type Outcome,
  type PasswordCheck,
  type RoundsDigest,
} from '../family.ts'
import { readKnown } from './known-answers.ts'

/** Where not all of the digest is stored, its lowest bits of the last byte. */
const cut = (digest: Buffer, bits: number): Uint8Array => {
  const kept = Uint8Array.from(digest.subarray(0, Math.ceil(bits / 8)))
  return kept.map((byte, i) =>
    i < kept.length - 1 ? byte : byte & (0xff >> (8 * kept.length - bits)),
  )
}

const compute = (plan: ChainPlan, password: Uint8Array): Uint8Array => {
  const { digest, rounds, salt, repeats, bits } = plan
  let last = hash(digest, Buffer.concat([salt, password]), 'buffer')
  const joined = Buffer.concat([last, repeats ? password : new Uint8Array()])
  for (let i = 0; i < rounds; i++) {
    last = hash(digest, joined, 'buffer')
    last.copy(joined)
  }
  joined.fill(0)
  return bits === undefined ? last : cut(last, bits)
}

/**
 * Drupal takes no more; phpass and Symfony take 4096. But each round hashes all of them, so that one who types many
 * would hold a thread for five times as long as the bounds say. Of a longer password Okta keeps the first 72 characters
 * alone (Okta Support, "Understanding Okta Password Length Limitations"), which are at most 288 bytes.
 */
const MAX_BYTES = 512

/** A password that is too long takes as long as the longest. */
const outcomeOf = ({ plan, password }: KeyedCheck<ChainPlan>, compare: Compare): Outcome => {
  const outcome = compare(compute(plan, password.subarray(0, MAX_BYTES)), plan.want)
  return password.length > MAX_BYTES ? 'mismatch' : outcome
}

/** A few milliseconds. */
const TRIAL_ROUNDS = 2 ** 11

type Name = ChainPlan['kind']['name']

const rowOf = (
  name: Name,
  { digest, known }: { digest: RoundsDigest; known: readonly PasswordCheck<ChainPlan>[] },
): CoreRow<ChainPlan> => ({
  computes: name,
  trial: {
    core: 'chain',
    kind: { name, cost: costOf(TRIAL_ROUNDS) },
    rounds: TRIAL_ROUNDS,
    repeats: true,
    salt: new Uint8Array(8),
    want: new Uint8Array(hash(digest, '', 'buffer').length),
    digest,
  },
  known,
  create: () => ({
    name: 'node:crypto',
    lanes: 1,
    match: (checks, compare) => checks.map((check) => outcomeOf(check, compare)),
  }),
})

/** By phpass itself, as WordPress 6.1 has it. */
const PHPASS = {
  $P$64J1rkuWQLtJzhwMykrYkgaBPx73fM1: 'Grüße aus Köln',
  '$P$6QfxV9VqOKsDYjeOFOUmbLOkBtMUDJ/': '🔑 and 🚪',
  '$H$6/KfrQG8LZsAJzk5.SOlrnePX8gaPK/': '密码пароль',
}

/** By Shiro 1.3. */
const SHIRO: Readonly<Record<RoundsDigest, string>> = {
  md5: '$shiro1$MD5$2$hS2hvNiE8U0f8q7iZJWimg==$C7/rxBP0nEu4Jc42Szi3CQ==',
  sha1: '$shiro1$SHA-1$1$QjJskUyuGk82iZV1clIJtA==$+wHJstMLSsYoH+o9tQyq1BTCBKc=',
  sha256:
    '$shiro1$SHA-256$1000$bJU/9XTxgYHAy68u2Sb0yA==$+GNG6Dc67pM2DFA9Su1OrWDz9G7IoRtkSpzdidZVohU=',
  sha384:
    '$shiro1$SHA-384$3$8hGP7GdEw/N0R4I3q66dPw==$w/IjTKZIRNJG98klWh/OnNu1JYcINJYQnGD441ME9nQQSWEuv4vgGERD5DfZGuqt',
  sha512:
    '$shiro1$SHA-512$10$Simlh80AMqzPFbU1F9B33Q==$vQmR6QuEiRARJZseKA3xJNCIYyHVpj4irxCcfQdrxbgGXPoTxQnhnCwSfkbxsj//tUkX4MH81s+2qa2xJaxHlA==',
}

/** By DokuWiki, and by Symfony 5.4. */
const DRUPAL = { '$S$6yzJbOuA6gv.3eZovk0vF43C03yHxyt.p37.6nw2OVNjAT2DUwtu': 'Grüße aus Köln' }
const SYMFONY = {
  sha1: {
    'uvmhUu9Giz5C4n9RMExZqmPpl9A=:c1orwpsrvzdh2izzepvt7u8jydczqef':
      'Correct Horse Battery Staple 9',
  },
  sha512: {
    'AlJLRS3TNl8Q5vfg3Vmnz097Juvw+6U6F4ho50GR5VqDi4wDzFZZwSesvIFW4NF4j13OqMS8r3S7wQnmNeKKkg==:a5wnpatoigvugrncnjylruxqvz6ejtf':
      'Grüße aus Köln',
  },
}

const MORE: Partial<Record<RoundsDigest, readonly PasswordCheck<ChainPlan>[]>> = {
  sha1: readKnown(symfony({ digest: 'sha1', iterations: 100 }), SYMFONY.sha1),
  sha512: [
    ...readKnown(phpass, DRUPAL),
    ...readKnown(symfony({ digest: 'sha512', iterations: 10 }), SYMFONY.sha512),
  ],
}

const roundsOf = (digest: RoundsDigest): CoreRow<ChainPlan> => {
  const known = readKnown(shiro, { [SHIRO[digest]]: 'password' })
  return rowOf(`rounds-${digest}`, { digest, known: [...known, ...(MORE[digest] ?? [])] })
}

export const chainCores: readonly CoreRow<ChainPlan>[] = [
  rowOf('phpass', { digest: 'md5', known: readKnown(phpass, PHPASS) }),
  ...(Object.keys(SHIRO) as RoundsDigest[]).map(roundsOf),
]
