/** A second hash family with its core: rounds of SHA-256, for tests that the design is not tied to bcrypt. */
import { createHash } from 'node:crypto'
import type { CoreRow, Family, Kind, Plan } from '../../src/passwords/family.ts'

/** The union of plans is closed: a real family adds its member, while this one uses casts. */
interface DigestPlan {
  readonly core: 'rounds-digest'
  readonly kind: Kind
  readonly rounds: number
  readonly salt: Uint8Array
  readonly want: Uint8Array
}

const NAME = 'rounds-digest'
const BYTES = 32

const digestOf = (password: string | Uint8Array, salt: Uint8Array, rounds: number): Buffer => {
  let digest = createHash('sha256').update(salt).update(password).digest()
  for (let i = 1; i < rounds; i++) digest = createHash('sha256').update(digest).digest()
  return digest
}

/** `$rounds$` number `$` salt `$` digest, in hexadecimal digits. */
export const encodeDigest = (password: string, rounds: number): string => {
  const salt = Buffer.from('salt')
  return [
    '',
    'rounds',
    rounds,
    salt.toString('hex'),
    digestOf(password, salt, rounds).toString('hex'),
  ].join('$')
}

const parse = (encoded: string): DigestPlan | { readonly flaw: 'malformed' | 'truncated' } => {
  const found = /^\$rounds\$([1-9]\d{0,5})\$((?:[\da-f]{2})+)\$([\da-f]*)$/.exec(encoded)
  const [, rounds = '', salt = '', want = ''] = found ?? []
  if (!found || want.length > 2 * BYTES) return { flaw: 'malformed' }
  if (want.length < 2 * BYTES) return { flaw: 'truncated' }
  return {
    core: NAME,
    kind: { name: NAME, cost: Math.round(4 * Math.log2(Number(rounds))) / 4 },
    rounds: Number(rounds),
    salt: Uint8Array.from(Buffer.from(salt, 'hex')),
    want: Uint8Array.from(Buffer.from(want, 'hex')),
  }
}

export const roundsDigest: Family = {
  identifier: NAME,
  claims: /^\$rounds\$/,
  parse: (encoded) => parse(encoded) as unknown as ReturnType<Family['parse']>,
}

const planFor = (password: string, rounds: number): Plan =>
  parse(encodeDigest(password, rounds)) as unknown as Plan

export const roundsDigestCore: CoreRow<Plan> = {
  computes: NAME,
  trial: planFor('a trial', 64),
  known: ['known', 'bekannt'].map((password) => ({ plan: planFor(password, 2), password })),
  create: () => ({
    name: 'node:crypto',
    lanes: 1,
    match: (checks, compare) =>
      checks.map(({ plan, password }) => {
        const { salt, rounds, want } = plan as unknown as DigestPlan
        return compare(digestOf(password, salt, rounds), want)
      }),
  }),
}
