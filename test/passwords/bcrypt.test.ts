/** bcrypt's grammar: no damaged hash passes it. */
import { decodeBase64, encodeBase64, hashSync } from 'bcryptjs'
import { describe, expect, it } from 'vitest'
import { readBcrypt64 } from '../../src/passwords/notation.ts'
import { DEFAULT_HASHES, FAMILIES, inspect } from '../../src/passwords/registry.ts'
import { fc } from '../support/properties.ts'
import { VECTORS } from '../support/vectors.ts'

const BOUNDS = { ...DEFAULT_HASHES, bcryptCost: 14 }
const SOUND = '$2b$04$SeventyTwoBytesAreAll.o.4P3flD/Y.zmFP9t903r17N.wYlRFu'
const ALPHABET = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'.split('')

/** The sound plan of a cost. */
const read = (encoded: string) => {
  const found = inspect(encoded, BOUNDS)
  return 'flaw' in found ? found : { cost: found.kind.cost }
}

describe('inspect', () => {
  it.each([
    [SOUND, { cost: 4 }],
    [SOUND.replace('$04$', '$14$'), { cost: 14 }],
    [SOUND.replace('$2b$', '$2a$'), { cost: 4 }],
    [SOUND.replace('$2b$', '$2x$'), { cost: 4 }],
    [SOUND.replace('$2b$', '$2y$'), { cost: 4 }],
    [SOUND.replace('$04$', '$15$'), { flaw: 'out_of_bounds' }],
    [SOUND.replace('$04$', '$31$'), { flaw: 'out_of_bounds' }],
    [SOUND.replace('$04$', '$03$'), { flaw: 'malformed' }],
    [SOUND.replace('$04$', '$32$'), { flaw: 'malformed' }],
    [SOUND.replace('$04$', '$XX$'), { flaw: 'malformed' }],
    [SOUND.replace('$04$', '$4$'), { flaw: 'malformed' }],
    [`${SOUND}u`, { flaw: 'malformed' }],
    [SOUND.replace('.o.', '.o!'), { flaw: 'malformed' }],
    // Bits left over in the last character of the salt, and of the hash.
    [SOUND.replace('All.', 'All/'), { flaw: 'malformed' }],
    [`${SOUND.slice(0, -1)}v`, { flaw: 'malformed' }],
    [SOUND.slice(0, 59), { flaw: 'truncated' }],
    [SOUND.slice(0, 28), { flaw: 'truncated' }],
    ['$2b$04', { flaw: 'truncated' }],
    ['$2b$', { flaw: 'truncated' }],
    [`${SOUND} `, { flaw: 'padded' }],
    [`\t${SOUND}`, { flaw: 'padded' }],
    [`${SOUND}\r\n`, { flaw: 'padded' }],
    [`${SOUND}\0\0`, { flaw: 'padded' }],
    [`${SOUND.slice(0, 59)} `, { flaw: 'truncated' }],
    [SOUND.replace('$2b$', '$2$'), { flaw: 'unrecognised' }],
    [SOUND.replace('$2b$', '$2z$'), { flaw: 'unrecognised' }],
    [SOUND.slice(1), { flaw: 'unrecognised' }],
    ['', { flaw: 'unrecognised' }],
    ['5f4dcc3b5aa765d61d8327deb882cf99', { flaw: 'unrecognised' }],
    [`{bcrypt}${SOUND}`, { cost: 4 }],
    [SOUND.padEnd(2_000_000, ' '), { flaw: 'unrecognised' }],
  ])('%s', (encoded, expected) => {
    expect(read(encoded)).toEqual(expected)
  })

  it('accepts what bcryptjs makes', () => {
    expect(read(hashSync('anything', 4))).toEqual({ cost: 4 })
  })

  it('makes a plan of plain data, with salt and hash in separate buffers', () => {
    const plan = inspect(SOUND, BOUNDS)
    expect(plan).toEqual({
      core: 'bcrypt',
      kind: { name: 'bcrypt', cost: 4 },
      variant: '2b',
      cost: 4,
      salt: Uint8Array.from(decodeBase64(SOUND.slice(7, 29), 16)),
      want: Uint8Array.from(decodeBase64(SOUND.slice(29), 23)),
    })
    expect(structuredClone(plan)).toEqual(plan)
    if ('flaw' in plan) throw new TypeError(plan.flaw)
    expect([plan.salt, plan.want].map(({ buffer }) => buffer.byteLength)).toEqual([16, 23])
  })

  it('never throws, and accepts nothing that a second implementation of the grammar rejects', () => {
    const part = (length: number, lastBits: number) =>
      new RegExp(`^.{${length - 1}}[${ALPHABET.filter((_, i) => i % lastBits === 0).join('')}]$`)
    const isSound = (encoded: string): boolean => {
      const [empty, version, cost, rest, more] = encoded.split('$')
      return (
        empty === '' &&
        more === undefined &&
        ['2a', '2b', '2x', '2y'].includes(version ?? '') &&
        /^\d\d$/.test(cost ?? '') &&
        Number(cost) >= 4 &&
        Number(cost) <= BOUNDS.bcryptCost &&
        rest?.length === 53 &&
        rest.split('').every((c) => ALPHABET.includes(c)) &&
        part(22, 16).test(rest.slice(0, 22)) &&
        part(31, 4).test(rest.slice(22))
      )
    }
    const damaged = fc
      .tuple(fc.nat(60), fc.nat(3), fc.string({ maxLength: 3, unit: 'binary' }))
      .map(([at, cut, put]) => SOUND.slice(0, at) + put + SOUND.slice(at + cut))
    const alike = fc.string({ minLength: 53, maxLength: 53, unit: fc.constantFrom(...ALPHABET) })
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      damaged,
      fc
        .tuple(fc.constantFrom('2', '2a', '2b', '2x', '2y', '2z'), fc.nat(40), alike)
        .map(([version, cost, rest]) => `$${version}$${String(cost).padStart(2, '0')}$${rest}`),
    )
    fc.assert(
      fc.property(anything, (encoded) => {
        expect('kind' in inspect(encoded, BOUNDS)).toBe(isSound(encoded))
      }),
      { numRuns: 5000 },
    )
  })

  it('lets at most one family claim a string', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.constantFrom(...VECTORS.map(({ hash }) => hash))),
        (s) => {
          expect(FAMILIES.filter((family) => family.claims.test(s)).length).toBeLessThanOrEqual(1)
        },
      ),
    )
  })
})

it('bytes in its base 64 are read as bcryptjs writes them', () => {
  const bytes = fc.oneof(
    ...[16, 23].map((size) => fc.uint8Array({ minLength: size, maxLength: size })),
  )
  fc.assert(
    fc.property(bytes, (given) => {
      expect(readBcrypt64(encodeBase64([...given], given.length))).toEqual(given)
    }),
  )
})
