/** Computes crypt(3)'s hashes by MD5 (FreeBSD, crypt.c) and by SHA-256 and SHA-512 (Drepper, SHA-crypt.txt). */
import { hash } from 'node:crypto'
import { createStretch, type Message, type Stretch } from '../crypt/stretch.ts'
import { crypt } from '../families/crypt.ts'
import {
  blank,
  costOf,
  type Compare,
  type Core,
  type CoreRow,
  type CryptDigest,
  type CryptPlan,
  type KeyedCheck,
  type Outcome,
} from '../family.ts'
import { readKnown } from './known-answers.ts'

/** What the rounds mix: the digest to begin with, the password and the salt, or what stands for them. */
interface Mix {
  readonly first: Uint8Array
  readonly password: Uint8Array
  readonly salt: Uint8Array
}

type Digester = (...parts: readonly Uint8Array[]) => Buffer

const digester =
  (name: CryptDigest): Digester =>
  (...parts) => {
    const joined = Buffer.concat(parts)
    const digest = hash(name, joined, 'buffer')
    joined.fill(0)
    return digest
  }

/** Repeated, and cut, to this length. */
const cycle = (bytes: Uint8Array, length: number): Buffer => Buffer.alloc(length, bytes)

/** One of the two for each bit of the password's length, the lowest first. */
const byLength = (length: number, one: Uint8Array, zero: Uint8Array): Uint8Array[] =>
  Array.from(length === 0 ? '' : length.toString(2), (bit) => (bit === '1' ? one : zero)).reverse()

const mixMd5 = ({ magic, salt }: CryptPlan, password: Uint8Array): Mix => {
  const md5 = digester('md5')
  const { length } = password
  const alternate = cycle(md5(password, salt, password), length)
  const bits = byLength(length, new Uint8Array(1), password.subarray(0, 1))
  return { first: md5(password, magic, salt, alternate, ...bits), password, salt }
}

const mixSha = ({ digest, salt }: CryptPlan, password: Uint8Array): Mix => {
  const sha = digester(digest)
  const { length } = password
  const alternate = sha(password, salt, password)
  const bits = byLength(length, alternate, password)
  const first = sha(password, salt, cycle(alternate, length), ...bits)
  const [times = 0] = first
  const repeated = cycle(password, length * length)
  const ofPassword = sha(repeated)
  repeated.fill(0)
  return {
    first,
    password: cycle(ofPassword, length),
    salt: cycle(sha(cycle(salt, salt.length * (16 + times))), salt.length),
  }
}

/**
 * The eight messages of the rounds, with room for the last digest where the round's number is even, then those where
 * it is odd: bit 0. Bit 1: the salt is in it; bit 2: the password is in it once more.
 */
const messagesOf = ({ first, password, salt }: Mix): Message[] =>
  Array.from({ length: 8 }, (_, which) => {
    const middle = [...(which & 2 ? [salt] : []), ...(which & 4 ? [password] : [])]
    const parts = which & 1 ? [password, ...middle, first] : [first, ...middle, password]
    const bytes = Buffer.concat(parts)
    return { bytes, at: which & 1 ? bytes.length - first.length : 0 }
  })

const whichOf = (round: number): number =>
  (round & 1) | (round % 3 === 0 ? 0 : 2) | (round % 7 === 0 ? 0 : 4)

/** By node:crypto. */
const stretchBy =
  (digest: CryptDigest): Stretch =>
  (messages, first, rounds, choose) => {
    let last = first
    for (let round = 0; round < rounds; round++) {
      const message = messages[choose(round)]
      if (!message) continue
      message.bytes.set(last, message.at)
      last = hash(digest, message.bytes, 'buffer')
    }
    return last
  }

/** OpenSSL has the processor's own instructions for SHA-256: from about this length on it is the faster one. */
const LONG_MESSAGE = 256

/** By WebAssembly: 2 to 5 times as fast as a call of node:crypto a round, for passwords of up to 72 bytes. */
const stretchFast = (digest: 'sha256' | 'sha512'): Stretch => {
  const [own, openssl] = [createStretch(digest), stretchBy(digest)]
  const isLong = ({ bytes }: Message): boolean => bytes.length > LONG_MESSAGE
  return (messages, ...rest) =>
    (digest === 'sha256' && messages.some(isLong) ? openssl : own)(messages, ...rest)
}

const compute = (plan: CryptPlan, password: Uint8Array, stretch: Stretch): Uint8Array => {
  const mix = (plan.digest === 'md5' ? mixMd5 : mixSha)(plan, password)
  const messages = messagesOf(mix)
  const last = stretch(messages, mix.first, plan.rounds, whichOf)
  for (const { bytes } of messages) bytes.fill(0)
  return last
}

/**
 * crypt(3) of libxcrypt takes no more (CRYPT_MAX_PASSPHRASE_SIZE). Each round hashes the password once or twice: a
 * long one takes longer, whether the login is known or not, since a dummy hash is computed with what was typed.
 */
const MAX_BYTES = 511

/** C's strings end at a NUL, so that no hash is of a password with one. It takes as long as any other. */
const outcomeOf = (
  { plan, password }: KeyedCheck<CryptPlan>,
  compare: Compare,
  stretch: Stretch,
): Outcome => {
  const outcome = compare(compute(plan, password.subarray(0, MAX_BYTES), stretch), plan.want)
  return password.length > MAX_BYTES || password.includes(0) ? 'mismatch' : outcome
}

/** A few milliseconds. */
const TRIAL_ROUNDS = 2048

const LONG = 'Long-'.repeat(60)

/** By crypt() of libxcrypt, and Apache's by OpenSSL. */
const KNOWN: Readonly<Record<CryptDigest, Readonly<Record<string, string>>>> = {
  md5: {
    '$1$KnownAns$WV3Y7o7U6Xo527aAo1jAG/': 'Grüße aus Köln',
    '$1$$QFn0CKNFC35T70Aay9TsC/': LONG,
    '$apr1$KnownAns$vZnqaExbs3VseZ8wJwj8F/': 'Grüße aus Köln',
  },
  sha256: {
    '$5$rounds=1000$KnownAnswer$neBS6DqpvwOV8XTrYVwXd.XdzmS0PbfkzTgghd80O.6': '密码пароль',
    '$5$rounds=1000$KnownAnswerLong.$VUOV65Ho9pYCBeNdDSeLQQ5fs9k60.5ilP.V2vz5jY7': LONG,
  },
  sha512: {
    '$6$rounds=1000$KnownAnswer$TbTIIAznCJSrcykv8QbmLsrPGhTSOPRjfm45qIj7jjNPWJ0lC8sO5JZt7b3jEqw/ZO0R9EsCwACAT9gj96XRl.':
      '🔑 and 🚪',
    '$6$rounds=1000$KnownAnswerLong.$jyJTTqKesJPtD00Rwzpw8c8xz8cZF2F6Mmpna0hP61UWeinzRn3CL.RFctgkCC6HZGnjAfVyjEC2PuE3tXtj01':
      LONG,
  },
}

const coreOf = (name: string, stretch: Stretch): Core<CryptPlan> => ({
  name,
  lanes: 1,
  match: (checks, compare) => checks.map((check) => outcomeOf(check, compare, stretch)),
})

const rowOf = (digest: CryptDigest): CoreRow<CryptPlan> => {
  const known = readKnown(crypt, KNOWN[digest])
  const [first] = known
  if (!first) throw new TypeError(`no known answer of ${digest}`)
  const name = `${digest}crypt` as const
  const kind = { name, cost: costOf(TRIAL_ROUNDS) }
  return {
    computes: name,
    trial: blank({ ...first.plan, kind, rounds: TRIAL_ROUNDS }),
    known,
    ...(digest === 'md5'
      ? { create: () => coreOf('node:crypto', stretchBy(digest)) }
      : {
          create: () => coreOf('webassembly', stretchFast(digest)),
          createFallback: () => coreOf('node:crypto', stretchBy(digest)),
        }),
  }
}

export const cryptCores: readonly CoreRow<CryptPlan>[] = (Object.keys(KNOWN) as CryptDigest[]).map(
  rowOf,
)
