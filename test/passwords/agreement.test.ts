/**
 * Agreement with bcryptjs on random passwords and salts, through every number of lanes and in every
 * lane. `npm run test:agreement` tries 20,000 of them; the suite tries enough to notice a regression.
 */
import { encodeBase64, hashSync } from 'bcryptjs'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  bcryptCoreOf,
  startEngine,
  verifyEncoded,
  type EncodedCheck,
} from '../support/passwords.ts'
import { fc, PROPERTY_SEED } from '../support/properties.ts'
import { batches } from '../support/vectors.ts'

const PAIRS = Number(process.env['AGREEMENT_PAIRS'] ?? 2000)
const MAX_BYTES = 100
const TIMEOUT_MS = 900_000

const character = fc
  .oneof(
    fc.integer({ min: 0, max: 0x7f }),
    fc.integer({ min: 0x80, max: 0x7ff }),
    // Includes lone surrogates, which JSON can hold.
    fc.integer({ min: 0x800, max: 0xffff }),
    fc.integer({ min: 0x10000, max: 0x10ffff }),
  )
  .map((point) => String.fromCodePoint(point))

/** Makes as many bytes of UTF-8 as requested. */
const fill = (length: number, characters: readonly string[]): string => {
  let filled = ''
  for (const next of characters) if (Buffer.byteLength(filled + next) <= length) filled += next
  return filled + 'x'.repeat(length - Buffer.byteLength(filled))
}

const password = fc
  .tuple(fc.nat(MAX_BYTES), fc.array(character, { minLength: MAX_BYTES, maxLength: MAX_BYTES }))
  .map(([length, characters]) => fill(length, characters))

/** A wrong password, as typed by mistake or by an attacker. Bytes after the 72nd change nothing. */
const nearMiss = fc.constantFrom<(password: string) => string>(
  (p) => p.slice(0, -1),
  (p) => `${p} `,
  (p) => `${p}\0`,
  (p) => ` ${p}`,
  (p) => p + p,
  (p) => p.toUpperCase(),
  (p) => p.normalize('NFD'),
  (p) => Array.from(p).reverse().join(''),
)

const pair: fc.Arbitrary<Pair> = fc.record({
  password,
  variant: fc.constantFrom('2a', '2b', '2y'),
  salt: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  kind: fc.constantFrom('right', 'right', 'near miss', 'other hash'),
  nearMiss,
  /** A digit of the hash in bcrypt's base 64, except for the last, whose bits are not all used. */
  digit: fc.integer({ min: 29, max: 58 }),
})

interface Pair {
  readonly password: string
  readonly variant: string
  readonly salt: Uint8Array
  readonly kind: 'right' | 'near miss' | 'other hash'
  readonly nearMiss: (password: string) => string
  readonly digit: number
}

type Expected = EncodedCheck & { readonly matches: boolean }

const expectation = ({ password, variant, salt, kind, nearMiss, digit }: Pair): Expected => {
  const setting = `$${variant}$04$${encodeBase64([...salt], 16)}`
  const encoded = hashSync(password, setting)
  if (kind === 'right') return { encoded, password, matches: true }
  if (kind === 'near miss') {
    const other = nearMiss(password)
    return { encoded, password: other, matches: hashSync(other, setting) === encoded }
  }
  const otherDigit = encoded[digit] === '.' ? '/' : '.'
  const otherHash = encoded.slice(0, digit) + otherDigit + encoded.slice(digit + 1)
  return { encoded: otherHash, password, matches: false }
}

describe(`agreement with bcryptjs on ${PAIRS} passwords and salts, seed ${PROPERTY_SEED}`, () => {
  const engine = startEngine()
  const { name, lanes } = bcryptCoreOf(engine)
  let pairs: Expected[] = []

  beforeAll(() => {
    pairs = fc.sample(pair, { numRuns: PAIRS }).map(expectation)
  }, TIMEOUT_MS)

  it('covers what it claims to cover', () => {
    const bytes = new Set(pairs.flatMap(({ password }) => [...Buffer.from(password)]))
    const lengths = new Set(pairs.map(({ password }) => Buffer.byteLength(password)))
    const matching = pairs.filter(({ matches }) => matches)
    // UTF-8 has no use for C0, C1, and F5 to FF.
    expect(bytes.size).toBe(256 - 13)
    expect(lengths.size).toBeGreaterThan(MAX_BYTES)
    expect(new Set(pairs.map(({ encoded, password }) => encoded + password)).size).toBe(PAIRS)
    expect(matching.length).toBeGreaterThan(0.4 * PAIRS)
    expect(matching.length).toBeLessThan(0.6 * PAIRS)
    expect(name).toBe('webassembly')
  })

  it.each(Array.from({ length: lanes }, (_, i) => i + 1))(
    'holds for all of them, %i together',
    { timeout: TIMEOUT_MS },
    (together) => {
      const wrong = batches(pairs, together).flatMap((batch) => {
        const outcomes = verifyEncoded(engine, batch)
        return batch.filter(({ matches }, i) => outcomes[i] !== (matches ? 'match' : 'mismatch'))
      })
      expect(wrong).toEqual([])
    },
  )
})
