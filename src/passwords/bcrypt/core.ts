/** Computes bcrypt in lanes of WebAssembly, or by bcryptjs where those cannot be used. */
import { decodeBase64, encodeBase64, hashSync } from 'bcryptjs'
import type { BcryptPlan, Core, CoreRow } from '../family.ts'
import { bcrypt, blankBcrypt } from './grammar.ts'
import { createLanes } from './lanes.ts'

/**
 * States of 4 KiB: six fit into a first-level cache of 32 KiB, and eight would not. Six take a sixth less
 * time each than three, and no more than three where another thread shares the core and its cache.
 */
const LANES = 6

/** bcrypt reads 72 bytes. A character that the cut splits in two starts after them. */
const MAX_UNITS = 73

/**
 * UTF-8, but a lone surrogate keeps its number, as it does in bcryptjs: replaced by U+FFFD it would be
 * equal to every other.
 */
const encode = (password: string): Uint8Array => {
  const read = password.slice(0, MAX_UNITS)
  const bytes = new TextEncoder().encode(read)
  for (const { 0: lone, index } of read.matchAll(/\p{Surrogate}/gu)) {
    const unit = lone.charCodeAt(0)
    const encoded = [0xed, 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)]
    bytes.set(encoded, Buffer.byteLength(read.slice(0, index)))
  }
  return bytes
}

const createLanesCore = (): Core<BcryptPlan> => {
  const lanes = createLanes(LANES)
  return {
    name: 'webassembly',
    lanes: LANES,
    match(checks, compare) {
      const cost = checks[0]?.plan.kind.cost ?? 0
      const keyed = checks.map(({ plan, password }) => ({ ...plan, password: encode(password) }))
      try {
        return lanes.hash(keyed, cost, (computed, { want }) => compare(computed, want))
      } finally {
        for (const { password } of keyed) password.fill(0)
      }
    },
  }
}

const isAscii = (password: string): boolean => Buffer.byteLength(password) === password.length

/** What precedes the hash in an encoded string. */
const settingOf = ({ kind: { cost }, salt }: BcryptPlan): string =>
  `$2b$${String(cost).padStart(2, '0')}$${encodeBase64([...salt], salt.length)}`

/**
 * bcryptjs has no `$2x$`, whose bug shows only in bytes beyond ASCII. A check that it cannot decide takes
 * as long as any other, or the schedule would expect such checks to be quick.
 */
const createBcryptjsCore = (): Core<BcryptPlan> => ({
  name: 'bcryptjs',
  lanes: 1,
  match: (checks, compare) =>
    checks.map(({ plan, password }) => {
      const setting = settingOf(plan)
      const hash = hashSync(password, setting).slice(setting.length)
      if (plan.variant === '2x' && !isAscii(password)) return 'unrecognised'
      return compare(Uint8Array.from(decodeBase64(hash, plan.want.length)), plan.want)
    }),
})

/** One of each variant, by crypt() of libxcrypt: all have bytes over 127, the last is longer than 72 bytes. */
const KNOWN = {
  '$2a$04$KnownAnswerForA.......hdMWKmdGeO04.8f1QAlNsLUXka6JbAG': 'Grüße, Jürgen',
  '$2b$04$KnownAnswerForB.......zvU.f..7yCboBTHBYJ.pKlumDNqL5FC': 'пароль',
  '$2x$04$KnownAnswerForX........wCg3tCD1GgjrNWIsoZ/uCjQQRri0iO': 'motörhead',
  '$2y$04$KnownAnswerForY.......lu1Xu6k2iIuO4JKKgdsaTEm2UHrVxPi': '密码'.repeat(14),
}

const knownAnswers = () =>
  Object.entries(KNOWN).map(([encoded, password]) => {
    const plan = bcrypt.parse(encoded)
    if ('flaw' in plan) throw new TypeError(`a known answer is ${plan.flaw}`)
    return { plan, password }
  })

export const bcryptCore: CoreRow<BcryptPlan> = {
  computes: 'bcrypt',
  trial: blankBcrypt(5),
  known: knownAnswers(),
  create: createLanesCore,
  createFallback: createBcryptjsCore,
}
