/** bcrypt behind a prefix: no damaged hash passes, and what is hashed in place of the password is exact. */
import { describe, expect, it } from 'vitest'
import { evaluate, PASSWORD, trim } from '../../src/passwords/expression.ts'
import { DEFAULT_HASHES, inspect } from '../../src/passwords/registry.ts'

const BCRYPT = '$2b$04$SeventyTwoBytesAreAll.o.4P3flD/Y.zmFP9t903r17N.wYlRFu'
const [SALT, HASH] = [BCRYPT.slice(7, 29), BCRYPT.slice(29)]
const V2 = `$bcrypt-sha256$v=2,t=2b,r=4$${SALT}$${HASH}`

const read = (encoded: string) => {
  const found = inspect(encoded, DEFAULT_HASHES)
  return 'flaw' in found ? found.flaw : found.kind
}

describe('a prefix', () => {
  it.each([
    'bcrypt$',
    '{bcrypt}',
    '{CRYPT}',
    '{crypt}',
    '{BLF-CRYPT}',
    'bcrypt_sha256$',
    '$wp',
    '1|',
    'Bcrypt:',
    'bcrypt:',
    '#jbcrypt:',
  ])('%s before a hash keeps it of one kind with the bare one', (prefix) => {
    expect(read(prefix + BCRYPT)).toEqual({ name: 'bcrypt', cost: 4 })
    expect(read(prefix + BCRYPT.slice(0, -1))).toBe('truncated')
    expect(read(`${prefix}${BCRYPT}u`)).toBe('malformed')
    expect(read(prefix + BCRYPT.replace('$04$', '$15$'))).toBe('out_of_bounds')
    expect(read(` ${prefix}${BCRYPT}`)).toBe('padded')
  })

  it.each([
    ['{bcrypt}', 'malformed'],
    ['bcrypt$', 'malformed'],
    [`{bcrypt}{bcrypt}${BCRYPT}`, 'malformed'],
    [`{bcrypt} ${BCRYPT}`, 'malformed'],
    [`BCRYPT$${BCRYPT}`, 'unrecognised'],
    [`{CRYPT}{CRYPT}${BCRYPT}`, 'unrecognised'],
    ['{CRYPT}$y$j9T$saltsalt$abc', 'unrecognised'],
    ['{CRYPT}FFQCPKOip3sXU', 'unrecognised'],
    [`$WP${BCRYPT}`, 'unrecognised'],
    ['1|7c4a8d09ca3762af61e59520943dc26494f8941b', 'unrecognised'],
    [`2|${BCRYPT}`, 'unrecognised'],
  ])('%s is %s', (encoded, flaw) => {
    expect(read(encoded)).toBe(flaw)
  })
})

describe("passlib's bcrypt_sha256", () => {
  it.each([
    [V2, { name: 'bcrypt', cost: 4 }],
    [V2.replace('r=4', 'r=14'), { name: 'bcrypt', cost: 14 }],
    [V2.replace('r=4', 'r=15'), 'out_of_bounds'],
    [V2.replace('r=4', 'r=3'), 'malformed'],
    [V2.replace('r=4', 'r=04'), 'malformed'],
    [V2.replace('r=4', 'r=004').slice(0, -1), 'malformed'],
    [V2.replace('r=4', 'r=4e0'), 'malformed'],
    [V2.replace('r=4', 'r=0x4'), 'malformed'],
    [V2.replace('r=4', 'r='), 'malformed'],
    [V2.replace('r=4', 'r= 4'), 'malformed'],
    [V2.replace('v=2', 'v=3'), 'malformed'],
    [V2.replace('t=2b', 't=2x'), 'malformed'],
    [V2.replace(SALT, SALT.slice(1)), 'malformed'],
    [V2.slice(0, -1), 'truncated'],
    [V2.slice(0, -HASH.length), 'truncated'],
    [`${V2}u`, 'malformed'],
    [`${V2.slice(0, -1)}v`, 'malformed'],
    [`$bcrypt-sha256$2y,4$${SALT}$${HASH}`, 'malformed'],
    [`$bcrypt-sha256$2a,4$${SALT}$${HASH}`, { name: 'bcrypt', cost: 4 }],
  ])('%s is %o', (encoded, expected) => {
    expect(read(encoded)).toEqual(expected)
  })
})

describe('what WordPress trims', () => {
  const trimmed = (text: string): string => {
    const password = new TextEncoder().encode(text)
    const found = evaluate(trim(PASSWORD), { password, typed: text, salt: new Uint8Array() })
    password.fill(0)
    return Buffer.from(found).toString()
  }

  it.each([
    [' \t\n\r\0\x0Ba b\x0B\0\r\n\t ', 'a b'],
    ['\fa\f', '\fa\f'],
    ['\u00a0a\u2003', '\u00a0a\u2003'],
    ['', ''],
  ])('of %j leaves %j, in memory of its own', (text, expected) => {
    expect(trimmed(text)).toBe(expected)
  })

  it('leaves of blanks alone what nobody can guess, and not the empty password', () => {
    const found = new Set([' ', ' \0 ', ' \0 '].map(trimmed))
    expect([found.size, found.has('')]).toEqual([3, false])
  })
})
