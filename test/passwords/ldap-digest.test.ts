/** LDAP's digests: their lengths are exact, and what other systems write between braces is not theirs. */
import { describe, expect, it } from 'vitest'
import { ldapDigest } from '../../src/passwords/families/ldap-digest.ts'
import { DEFAULT_HASHES, inspect } from '../../src/passwords/registry.ts'
import { startEngine, verifyEncoded } from '../support/passwords.ts'

const base64 = (length: number): string => Buffer.alloc(length, 7).toString('base64')
const hex = (length: number): string => '07'.repeat(length)

const read = (encoded: string) => {
  const found = inspect(encoded, DEFAULT_HASHES)
  return 'flaw' in found ? found.flaw : [found.want.length, found.salt.length]
}

describe.each([
  ['MD5', 16],
  ['SHA', 20],
  ['SHA256', 32],
  ['SHA384', 48],
  ['SHA512', 64],
])('{%s}', (scheme, size) => {
  it.each([
    [`{${scheme}}${base64(size)}`, [size, 0]],
    [`{${scheme.toLowerCase()}}${base64(size)}`, [size, 0]],
    [`{${scheme}}${hex(size)}`, [size, 0]],
    [`{${scheme}}${hex(size).toUpperCase()}`, [size, 0]],
    [`{S${scheme}}${base64(size + 1)}`, [size, 1]],
    [`{S${scheme}}${base64(size + 16)}`, [size, 16]],
    [`{s${scheme.toLowerCase()}}${base64(size + 8)}`, [size, 8]],
    [`{${scheme}}${base64(size + 1)}`, 'malformed'],
    [
      `{${scheme}}${base64(size).replace(/=|.$/, '')}`,
      expect.stringMatching(/malformed|truncated/),
    ],
    [`{${scheme}}${base64(size)}AAAA`, 'malformed'],
    [`{${scheme}} ${base64(size)}`, 'malformed'],
    [`{${scheme}}${base64(size).replace('B', '*')}`, 'malformed'],
    [`{${scheme}}${base64(size).replace('B', '-')}`, 'malformed'],
    [`{${scheme}}${hex(size - 1)}0g`, 'malformed'],
    [`{${scheme}}`, 'truncated'],
    [`{${scheme}}${base64(3)}`, 'truncated'],
    [`{S${scheme}}`, 'truncated'],
    [`{S${scheme}}${base64(size)}`, 'malformed'],
    [`{S${scheme}}${base64(3)}`, 'truncated'],
    [`{SS${scheme}}${base64(size)}`, 'unrecognised'],
    [`{${scheme}${base64(size)}`, 'unrecognised'],
    // A damaged one of Spring, if it is MD5.
    [`{${scheme}}{${scheme}}${base64(size)}`, expect.stringMatching(/unrecognised|malformed/)],
    [`{${scheme}X}{salt}${hex(size)}`, 'unrecognised'],
    [`{${scheme}}${base64(size)}\n`, 'padded'],
  ])('%s is %j', (encoded, expected) => {
    expect(read(encoded)).toEqual(expected)
  })
})

it.each([
  // Spring's salt of 8 bytes and digest of many rounds, and its digests with the salt in braces.
  [`{sha256}${hex(40)}`],
  [`{SHA-256}${hex(32)}`],
  [`{MD5}{salt}${hex(16)}`],
  [`{SHA}{salt}${hex(20)}`],
  [`{SHA224}${base64(28)}`],
])('%s is no digest of LDAP', (encoded) => {
  expect(ldapDigest.claims.test(encoded)).toBe(false)
})

it('a salt is hashed behind the password, and not before it', () => {
  const encoded = '{SSHA}igvD9lOiTXm16dmOw0YWRb9OjK2ThZvdQku2EQ=='
  const checks = ['password', 'Password', ''].map((password) => ({ encoded, password }))
  const engine = startEngine()
  expect(checks.flatMap((check) => verifyEncoded(engine, [check]))).toEqual([
    'match',
    'mismatch',
    'mismatch',
  ])
})
