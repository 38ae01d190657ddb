/** Computes bcrypt in lanes of WebAssembly, or by bcryptjs where those cannot be used. */
import { createRequire } from 'node:module'
import type { BcryptPlan, Core, CoreRow, KeyedCheck, Outcome } from '../family.ts'
import { bcrypt, blankBcrypt } from '../families/bcrypt.ts'
import { readBcrypt64 } from '../notation.ts'
import { encodePassword } from '../password-forms.ts'
import { createLanes } from '../bcrypt/lanes.ts'
import { readKnown } from './known-answers.ts'

/**
 * States of 4 KiB: six fit into a first-level cache of 32 KiB, and eight would not. Six take a sixth less
 * time each than three, and no more than three where another thread shares the core and its cache.
 */
const LANES = 6

/** bcrypt reads no more. */
const MAX_BYTES = 72

const createLanesCore = (): Core<BcryptPlan> => {
  const lanes = createLanes(LANES)
  return {
    name: 'webassembly',
    lanes: LANES,
    match(checks, compare) {
      const outcomes = new Map<KeyedCheck<BcryptPlan>, Outcome>()
      // Two tries of one cost take as long as one of the next: checks of both can be of one kind.
      for (const [cost, ofOneCost] of Map.groupBy(checks, ({ plan }) => plan.cost)) {
        const keyed = ofOneCost.map((check) => {
          const { plan, password } = check
          return { ...plan, check, password: password.subarray(0, MAX_BYTES) }
        })
        lanes.hash(keyed, cost, (computed, { check, want }) =>
          outcomes.set(check, compare(computed, want)),
        )
      }
      return checks.map((check) => outcomes.get(check) ?? 'mismatch')
    },
  }
}

/** What follows of UTF-8 until a lone surrogate, which no decoder reads, or until ASCII. */
const BEYOND_ASCII = /\xed[\xa0-\xbf][\x80-\xbf]|[\x80-\xff]+?(?=\xed[\xa0-\xbf]|[\0-\x7f]|$)/g

const decode = (part: string): string => {
  const bytes = Buffer.from(part, 'latin1')
  const [first = 0, second = 0, third = 0] = bytes
  if (first !== 0xed || second < 0xa0) return bytes.toString()
  return String.fromCharCode(0xd000 | ((second & 0x3f) << 6) | (third & 0x3f))
}

/** bcryptjs takes text alone. @returns undefined for bytes that no text stands for */
const textOf = (bytes: Uint8Array): string | undefined => {
  const text = Buffer.from(bytes).toString('latin1').replaceAll(BEYOND_ASCII, decode)
  const again = encodePassword(text, 'utf-8')
  return again && Buffer.compare(again, bytes) === 0 ? text : undefined
}

/** Loaded when it is needed: a start would wait for it. */
const loadBcryptjs = () => createRequire(import.meta.url)('bcryptjs') as typeof import('bcryptjs')

/**
 * bcryptjs has no `$2x$`, whose bug shows only in bytes beyond ASCII, and hashes only text. A check that it cannot decide takes
 * as long as any other, or the schedule would expect such checks to be quick.
 */
const createBcryptjsCore = (): Core<BcryptPlan> => {
  const { encodeBase64, hashSync } = loadBcryptjs()
  /** What precedes the hash in an encoded string. */
  const settingOf = ({ cost, salt }: BcryptPlan): string =>
    `$2b$${String(cost).padStart(2, '0')}$${encodeBase64([...salt], salt.length)}`
  return {
    name: 'bcryptjs',
    lanes: 1,
    match: (checks, compare) =>
      checks.map(({ plan, password }) => {
        const setting = settingOf(plan)
        const text = textOf(password)
        const hash = hashSync(text ?? '', setting).slice(setting.length)
        const isAscii = password.every((byte) => byte < 0x80)
        if (text === undefined || (plan.variant === '2x' && !isAscii)) return 'unrecognised'
        return compare(readBcrypt64(hash), plan.want)
      }),
  }
}

/** One of each variant, by crypt() of libxcrypt: all have bytes over 127, the last is longer than 72 bytes. */
const KNOWN = {
  '$2a$04$KnownAnswerForA.......hdMWKmdGeO04.8f1QAlNsLUXka6JbAG': 'Grüße, Jürgen',
  '$2b$04$KnownAnswerForB.......zvU.f..7yCboBTHBYJ.pKlumDNqL5FC': 'пароль',
  '$2x$04$KnownAnswerForX........wCg3tCD1GgjrNWIsoZ/uCjQQRri0iO': 'motörhead',
  '$2y$04$KnownAnswerForY.......lu1Xu6k2iIuO4JKKgdsaTEm2UHrVxPi': '密码'.repeat(14),
}

export const bcryptCore: CoreRow<BcryptPlan> = {
  computes: 'bcrypt',
  trial: blankBcrypt(5),
  known: readKnown(bcrypt, KNOWN),
  create: createLanesCore,
  createFallback: createBcryptjsCore,
}
