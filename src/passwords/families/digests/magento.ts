/** The family of Magento 2: a hash, its salt, and the versions of all algorithms that it went through (Encryptor). */
import {
  bytes,
  concat,
  digest,
  DIGEST_BYTES,
  hex,
  PASSWORD,
  SALT,
  type Expression,
} from '../../expression.ts'
import { digestPlan, type Argon2Plan, type DigestPlan, type Family } from '../../family.ts'
import { HEX, readKey, textBytes, wholeNumber } from '../../notation.ts'
import { argon2PlanOf } from '../argon2.ts'

/** `bin/magento customer:hash:upgrade` hashes the hash that it finds. More upgrades than these nobody made. */
const GRAMMAR =
  /^(?<key>[\da-f]*):(?<salt>[^:]+):(?<earlier>(?:[01]:){0,7})(?<last>[012]|3_32_(?<passes>\d+)_(?<memory>\d+))$/

/** Argon2 takes all of a check: what hashes its result again has no core. */
const AFTER_ARGON2 = /:(?:2|3_32_\d+_\d+):[^:]/

const DIGESTS = { '0': 'md5', '1': 'sha256' } as const
type Simple = keyof typeof DIGESTS

const isSimple = (version: string): version is Simple => version in DIGESTS

/** Of libsodium, "interactive", and one lane. */
const ARGON2 = { passes: 2, memory: 64 * 1024 * 1024 }
const ARGON2_BYTES = 32
const ARGON2_SALT_BYTES = 16

/** A short salt is repeated, a long one cut (getArgonHash). */
const argon2Salt = (salt: Uint8Array): Uint8Array =>
  Uint8Array.from({ length: ARGON2_SALT_BYTES }, (_, i) => salt[i % salt.length] ?? 0)

type Made = ReturnType<Family<DigestPlan | Argon2Plan>['parse']>

const readSimple = (version: Simple, of: Expression, salt: string, key: string): Made => {
  const name = DIGESTS[version]
  const want = readKey(key, HEX, [DIGEST_BYTES[name]])
  return 'flaw' in want ? want : digestPlan(digest(name, of), textBytes(salt), want)
}

const readArgon2 = (
  of: Expression,
  salt: string,
  groups: Partial<Record<string, string>>,
): Made => {
  const want = readKey(groups['key'] ?? '', HEX, [ARGON2_BYTES])
  const passes = groups['passes'] === undefined ? ARGON2.passes : wholeNumber(groups['passes'])
  const memory = groups['memory'] === undefined ? ARGON2.memory : wholeNumber(groups['memory'])
  if ('flaw' in want) return want
  if (!passes || !memory) return { flaw: 'malformed' }
  const plan = argon2PlanOf({
    ...{ type: 'id', version: 19, passes, parallelism: 1, want },
    memoryKiB: Math.floor(memory / 1024),
    salt: argon2Salt(textBytes(salt)),
  })
  return 'flaw' in plan || of.op === 'password' ? plan : { ...plan, input: of }
}

export const magento: Family<DigestPlan | Argon2Plan> = {
  identifier: 'magento2',
  claims: /^(?:[\da-f]{32}|[\da-f]{64}):[^:]+:[0-3](?:$|[:_])/,

  parse(encoded) {
    const groups = GRAMMAR.exec(encoded)?.groups
    if (!groups) return { flaw: AFTER_ARGON2.test(encoded) ? 'unrecognised' : 'malformed' }
    const { key = '', salt = '', earlier = '', last = '' } = groups
    // Argon2 has a salt of its own.
    const salted = isSimple(last) ? SALT : bytes(salt)
    const of = earlier
      .split(':')
      .filter(isSimple)
      .reduce<Expression>(
        (inner, version) => hex(digest(DIGESTS[version], concat(salted, inner))),
        PASSWORD,
      )
    if (!isSimple(last)) return readArgon2(of, salt, groups)
    return readSimple(last, concat(SALT, of), salt, key)
  },
}
