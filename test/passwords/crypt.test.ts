/** crypt(3) by MD5 and SHA: its grammar, the schemes before it, and the passwords that no C string holds. */
import { describe, expect, it } from 'vitest'
import { DEFAULT_HASHES, inspect } from '../../src/passwords/registry.ts'
import { planOf, startEngine, verifyEncoded } from '../support/passwords.ts'

const engine = startEngine()

const read = (encoded: string) => {
  const found = inspect(encoded, DEFAULT_HASHES)
  return 'flaw' in found ? found.flaw : `${found.kind.name} ${found.kind.cost}`
}

/** All of them by crypt() of libxcrypt 4.4, of `password`. */
const MD5 = '$1$KnownAns$EKHqvcx88AJxVYrMvKWEf.'
const SHA256 = '$5$rounds=1000$KnownAnswer$MgbrMASiZ0GmIKhFVKhHdTPfJyckyqY35Kc3pI/gm50'
const SHA512 =
  '$6$rounds=1000$KnownAnswer$SWdOJ2qpaxyNoY.H4r6LxmKyY6TLoyvLsDiQDMcL7ziSdKzIf2HaA2bCqy9nKD4PYclqpZW4L9QouLxRkiNKr1'
const ODD_SALT =
  '$6$rounds=1000$a+b=c@#$G0xbCLnLH4fVA.QJ/qGsOiJwYRveDaOG59BvbShOeUGHqke9sPsDa4l7q2WRM6XS.Zf9LJWh02/td3P7LB.tI/'
const NO_SALT =
  '$6$rounds=1000$$6TFP.7u1vZP5A9fccvmUPteI8f29BLhgfqL1XEQqcrvqTSKKw5SBa2qw1sOwLEQ41Dhl1u/Jbi2hRHRYCdxuv0'

const withRounds = (rounds: string): string => SHA512.replace('1000', rounds)
const withSalt = (salt: string): string => SHA512.replace('KnownAnswer', salt)

describe('crypt(3)', () => {
  it.each([
    [MD5, 'md5crypt 10'],
    [MD5.replace('$1$', '$apr1$'), 'md5crypt 10'],
    [SHA256, 'sha256crypt 10'],
    [SHA512, 'sha512crypt 10'],
    [SHA512.replace('rounds=1000$', ''), 'sha512crypt 12.25'],
    // Rounds: libxcrypt refuses what glibc would have moved into its range, and written so.
    [withRounds('656000'), 'sha512crypt 19.25'],
    [withRounds('999'), 'malformed'],
    [withRounds('01000'), 'malformed'],
    [withRounds('1e3'), 'malformed'],
    [withRounds('+1000'), 'malformed'],
    [withRounds(''), 'malformed'],
    [withRounds('999999999'), 'out_of_bounds'],
    [withRounds('1000000000'), 'malformed'],
    [withRounds('1000$rounds=1000'), 'malformed'],
    [MD5.replace('$1$', '$1$rounds=1000$'), 'malformed'],
    // Salts.
    [withSalt(''), 'sha512crypt 10'],
    [withSalt('a+b=c@#'), 'sha512crypt 10'],
    [withSalt('0123456789abcdef'), 'sha512crypt 10'],
    [withSalt('0123456789abcdefg'), 'malformed'],
    [MD5.replace('KnownAns', 'KnownAnsw'), 'malformed'],
    ...Array.from(' :;*!\\\n\té\x7f', (character) => [withSalt(`a${character}b`), 'malformed']),
    // Cut off, at every place and by one character.
    ...[3, 8, 14, 15, 20, 26, 27, 60, SHA512.length - 1].map((length) => [
      SHA512.slice(0, length),
      'truncated',
    ]),
    [SHA256.slice(0, -1), 'truncated'],
    [MD5.slice(0, -1), 'truncated'],
    [`${MD5}.`, 'malformed'],
    // Bits left over in the last digit, and characters that are no digits.
    [MD5.replace(/.$/, 'z'), 'malformed'],
    [SHA256.replace(/.$/, 'z'), 'malformed'],
    [SHA512.replace(/.$/, 'z'), 'malformed'],
    [SHA512.replace(/.{8}$/, '+AAAAAA.'), 'malformed'],
    [`${SHA512} `, 'padded'],
    // Schemes.
    [`{CRYPT}${SHA512}`, 'sha512crypt 10'],
    [`{Crypt}${MD5}`, 'md5crypt 10'],
    [`{MD5-CRYPT}${MD5}`, 'md5crypt 10'],
    [`{sha256-crypt}${SHA256}`, 'sha256crypt 10'],
    [`{SHA512-CRYPT}${SHA512}`, 'sha512crypt 10'],
    [`{SHA512-CRYPT}${SHA256}`, 'malformed'],
    [`{MD5-CRYPT}${MD5.replace('$1$', '$apr1$')}`, 'malformed'],
    [`{SHA512-CRYPT}{CRYPT}${SHA512}`, 'malformed'],
    [`{SHA512-CRYPT}`, 'malformed'],
    ['{CRYPT}$9$', 'unrecognised'],
    ['$apr2$', 'unrecognised'],
  ])('%j is %s', (encoded, expected) => {
    expect(read(encoded)).toBe(expected)
  })

  it.each([MD5, SHA256, SHA512, ODD_SALT, NO_SALT])('%s is checked', (encoded) => {
    expect(verifyEncoded(engine, [{ encoded, password: 'password' }])).toEqual(['match'])
    expect(verifyEncoded(engine, [{ encoded, password: 'Password' }])).toEqual(['mismatch'])
  })
})

describe('a password that no C string of crypt(3) holds', () => {
  it.each([
    '$1$abc$hxl8RJP8RAHwHu/wjmWiZ0',
    '$5$rounds=1000$abc$pZrXY9WAlNS1xsMeUl/rnluo.H.nJG0NjysKIR7Gbc2',
    '$6$rounds=1000$abc$Vj3d/5d9oCHFt5rubeJgZLpJ0NN8VU.EBFskYA14K8KvKaBuSHIkMY6HFOppSVcX0hQNLF1/Rxycsq3N5f40N1',
  ])('%s is of 511 bytes, and matches no longer one', (encoded) => {
    const outcomeOf = (length: number) =>
      verifyEncoded(engine, [{ encoded, password: 'x'.repeat(length) }])
    expect(outcomeOf(511)).toEqual(['match'])
    expect(outcomeOf(512)).toEqual(['mismatch'])
    expect(outcomeOf(510)).toEqual(['mismatch'])
  })

  it.each([MD5, SHA256, SHA512])('%s matches no password with a NUL', (encoded) => {
    for (const password of ['password\0', 'password\0more', '\0password', '\0']) {
      expect(verifyEncoded(engine, [{ encoded, password }])).toEqual(['mismatch'])
    }
  })

  it('takes no longer than the longest, whatever was typed', () => {
    const plan = planOf(withRounds('5000'))
    const times = [511, 4_000_000].map((length) => {
      const startedAt = performance.now()
      engine.verify([{ plan, password: 'x'.repeat(length) }])
      return performance.now() - startedAt
    })
    expect(times[1]).toBeLessThan(20 * (times[0] ?? 0))
  })
})
