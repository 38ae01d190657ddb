/** Digests that say what they are, those that a preset names, and plain text: no damaged row is compared. */
import { hashRawSync } from '@node-rs/argon2'
import { createHash, createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { HashSecrets } from '../../src/passwords/family.ts'
import { DEFAULT_HASHES, inspect } from '../../src/passwords/registry.ts'
import { compileTemplates, TemplateError } from '../../src/passwords/templates/templates.ts'
import { startEngine, verifyEncoded } from '../support/passwords.ts'

const engine = startEngine()

const hash = (name: string, text: string | Buffer, form: 'hex' | 'base64' = 'hex'): string =>
  createHash(name).update(text).digest(form)

const settings = (format = '', secrets: HashSecrets = {}) => ({
  ...DEFAULT_HASHES,
  ...secrets,
  templates: compileTemplates(format, { bounds: DEFAULT_HASHES }),
})

const outcomeOf = (encoded: string, password = 'password', using = settings()) =>
  verifyEncoded(engine, [{ encoded, password }], using)[0]

const SHA1 = hash('sha1', 'saltpassword')
const MD5 = hash('md5', 'saltpassword')
const MYSQL = '*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19'
const MSSQL = '0x0100C3D8FB1F46E8175C96F22376C8D716ECA49FCA3B98EEE6B3'
const MSSQL_2012 =
  '0x020085BA3BE032622EA57B5205B895EC86A47EF5EB410C62D32E92DD5DDEBF2957C66E7B13A4CF68C0D25D7488BC91BB425C72195BE1747321A5FC9F11AED08CE55E6A6BDE42'
const DRUPAL = '$S$6lgVZ5RQGglvJx5qYHYWzY.vwTEQhSZxGiSVAIGN8J4UoUQkMqLL'
const SHIRO =
  '$shiro1$SHA-256$1000$bJU/9XTxgYHAy68u2Sb0yA==$+GNG6Dc67pM2DFA9Su1OrWDz9G7IoRtkSpzdidZVohU='
const SPRING =
  '{sha256}97cde38028ad898ebc02e690819fa220e88c62e0699403e94fff291cfffaf8410849f27605abcbc0'
const SPRING_SALTED = `{MD5}{salt}${hash('md5', 'password{salt}')}`
const SALT = 'SyCAQwCucgBeFqh31vY1hhxJgDCu0jlH'
const MAGENTO = `${hash('sha256', `${SALT}password`)}:${SALT}:1`

describe('a digest that says what it is', () => {
  it.each([
    [`sha1$salt$${SHA1}`, 'match'],
    [`md5$salt$${MD5}`, 'match'],
    [`sha1$$${hash('sha1', 'password')}`, 'match'],
    [`md5$$${hash('md5', 'password')}`, 'match'],
    [`sha1$salt$${SHA1.toUpperCase()}`, 'malformed'],
    [`sha1$salt$${SHA1.slice(1)}`, 'truncated'],
    [`sha1$salt$`, 'truncated'],
    [`sha1$salt$${SHA1}00`, 'malformed'],
    [`sha1$salt$${MD5}`, 'truncated'],
    [`md5$salt$${SHA1}`, 'malformed'],
    [`md5$sa$lt$${MD5}`, 'malformed'],
    [`md5$salt$${MD5} `, 'padded'],
    [`sha256$salt$${hash('sha256', 'saltpassword')}`, 'unrecognised'],
    [`:A:${hash('md5', 'password')}`, 'match'],
    [':A:', 'truncated'],
    [`:B:1f:${hash('md5', `1f-${hash('md5', 'password')}`)}`, 'match'],
    [`:B:1f:${MD5.slice(2)}`, 'truncated'],
    [`:B:1f:${MD5}:${MD5}`, 'malformed'],
    [`:C:${MD5}`, 'unrecognised'],
    [MYSQL, 'match'],
    [MYSQL.toLowerCase(), 'match'],
    [MYSQL.slice(0, -1), 'truncated'],
    [`${MYSQL}00`, 'malformed'],
    ['*', 'unrecognised'],
    [MSSQL, 'match'],
    [MSSQL.slice(0, -2), 'truncated'],
    // SQL Server 2000: the hash of the password in upper case is behind it.
    [MSSQL + '0'.repeat(40), 'match'],
    [MSSQL + '0'.repeat(38), 'truncated'],
    [MSSQL + '0'.repeat(42), 'malformed'],
    [MSSQL_2012, 'match'],
    [MSSQL_2012.slice(0, -2), 'truncated'],
    [`${MSSQL_2012}00`, 'malformed'],
    [`0x0100${MSSQL_2012.slice(6)}`, 'malformed'],
    [`0x0200${MSSQL.slice(6)}`, 'truncated'],
    [DRUPAL, 'match'],
    [DRUPAL.slice(0, -1), 'truncated'],
    [`${DRUPAL}.`, 'malformed'],
    ['$S$', 'truncated'],
    // The highest bits of the last digit are those of byte 33, of which Drupal stores two.
    [DRUPAL.replace(/.$/, 'b'), 'mismatch'],
    [DRUPAL.replace('$S$', '$P$'), 'malformed'],
    [SPRING, 'match'],
    [SPRING.slice(0, -1), 'malformed'],
    [`${SPRING}00`, 'malformed'],
    [SPRING_SALTED, 'match'],
    [SPRING_SALTED.slice(0, -1), 'truncated'],
    [`{MD5}{}${hash('md5', 'password{}')}`, 'match'],
    [`{MD5}{salt${hash('md5', 'password{salt}')}`, 'malformed'],
    [`{SHA-1}${hash('sha1', 'password')}`, 'match'],
    [`{SHA-1}{s}t}${hash('sha1', 'password{s}')}`, 'malformed'],
    [`{SHA-512}${hash('sha512', 'password')}`, 'unrecognised'],
    [`{ldap}{SHA}${hash('sha1', 'password', 'base64')}`, 'match'],
    [`{ldap}{ssha}W6ph5Mm5Pz8GgiULbPgzG37mj9g=`, 'malformed'],
    // Spring's encoder takes this for plain text.
    ['{ldap}password', 'unrecognised'],
    ['{ldap}{noop}password', 'unrecognised'],
    [SHIRO, 'match'],
    [SHIRO.replace('1000', '1001'), 'mismatch'],
    [SHIRO.replace('1000', '0'), 'malformed'],
    [SHIRO.replace('1000', '1000000000'), 'out_of_bounds'],
    [SHIRO.replace('SHA-256', 'SHA-224'), 'malformed'],
    [SHIRO.replace('SHA-256', 'MD5'), 'malformed'],
    [SHIRO.slice(0, -4), 'truncated'],
    [SHIRO.slice(0, -1), 'malformed'],
    [`${SHIRO}$`, 'malformed'],
  ])('%s is a %s', (encoded, expected) => {
    expect(outcomeOf(encoded)).toBe(expected)
  })
})

/** Version 1.3, by the numbers of the package. */
const ARGON2ID = { algorithm: 2, version: 1 } as const

describe('Magento', () => {
  const argon2 = (of: string, salt = SALT.slice(0, 16)) =>
    hashRawSync(of, {
      ...{ salt: Buffer.from(salt), outputLen: 32, memoryCost: 64, timeCost: 1, parallelism: 1 },
      ...ARGON2ID,
    }).toString('hex')
  const md5 = hash('md5', `${SALT}password`)
  const sha256 = hash('sha256', `${SALT}${md5}`)

  it.each([
    [MAGENTO, 'match'],
    [MAGENTO.toUpperCase(), 'unrecognised'],
    [`${md5}:${SALT}:0`, 'match'],
    [`${sha256}:${SALT}:0:1`, 'match'],
    [`${sha256}:${SALT}:1:0`, 'malformed'],
    [`${md5}:${SALT}:1`, 'truncated'],
    [`${argon2('password')}:${SALT}:3_32_1_65536`, 'match'],
    [`${argon2(md5)}:${SALT}:0:3_32_1_65536`, 'match'],
    [`${argon2(sha256)}:${SALT}:0:1:3_32_1_65536`, 'match'],
    [`${argon2('password', 'Ab3Ab3Ab3Ab3Ab3A')}:Ab3:3_32_1_65536`, 'match'],
    [`${argon2('password')}:${SALT}:3_32_1_65536:1`, 'unrecognised'],
    [`${argon2('password')}:${SALT}:2:3_32_1_65536`, 'unrecognised'],
    [`${argon2('password')}:${SALT}:3_16_1_65536`, 'malformed'],
    [`${argon2('password')}:${SALT}:3_32_0_65536`, 'malformed'],
    [`${argon2('password')}:${SALT}:3_32_1_1024`, 'malformed'],
    [`${argon2('password')}:${SALT}:3_32_1`, 'malformed'],
    [`${argon2('password')}:${SALT}:3_32_1_1073741824`, 'out_of_bounds'],
    [`${MAGENTO}:`, 'malformed'],
    [MAGENTO.replace(SALT, ''), 'unrecognised'],
    [MAGENTO.replace(`${SALT}:1`, `${SALT}:4`), 'unrecognised'],
    [MAGENTO + ':1'.repeat(20), 'malformed'],
  ])('%s is a %s', (encoded, expected) => {
    expect(outcomeOf(encoded)).toBe(expected)
  })
})

describe('a preset', () => {
  const membership = (salt: string, of = 'password', name = 'sha256', keyBytes = 64): string => {
    const repeated = Buffer.alloc(keyBytes, Buffer.from(salt))
    const key = createHmac(name, repeated).update(of, 'utf16le').digest('base64')
    return `${Buffer.from(salt).toString('base64')}:${key}`
  }

  const symfony = (iterations: number): string => {
    let last = Buffer.alloc(0)
    for (let i = 0; i < iterations; i++) {
      last = createHash('sha256').update(last).update('password{salt}').digest()
    }
    return `${last.toString('base64')}:salt`
  }

  it.each([
    ['aspnet-membership-hmacsha256', membership('0123456789abcdef'), 'match'],
    ['aspnet-membership-hmacsha256', membership('x'.repeat(80)), 'match'],
    [
      'aspnet-membership-hmacsha512',
      membership('0123456789abcdef', 'password', 'sha512', 128),
      'match',
    ],
    [
      'aspnet-membership-hmacsha512',
      membership('0123456789abcdef', 'password', 'sha512', 64),
      'mismatch',
    ],
    ['aspnet-membership-hmacsha1', membership('0123456789abcdef', 'password', 'sha1'), 'match'],
    ['aspnet-membership-hmacsha1', membership('0123456789abcdef'), 'unrecognised'],
    ['aspnet-membership-hmacsha256', membership('0123456789abcdef').slice(0, -2), 'unrecognised'],
    ['symfony-sha256-1', symfony(1), 'match'],
    ['symfony-sha256-7', symfony(7), 'match'],
    ['symfony-sha256-8', symfony(7), 'mismatch'],
    ['symfony-sha256-7', symfony(7).replace(':salt', ':'), 'unrecognised'],
    ['symfony-sha256-7', `${symfony(7)}}`, 'unrecognised'],
    ['spring-standard', SPRING.replace('{sha256}', ''), 'match'],
    ['spring-standard', SPRING.replace('{sha256}', '').slice(2), 'unrecognised'],
    ['jasypt-basic', 'lGbhIHJzTH99ljlGxB4NPj4Hh9A2FuZA', 'match'],
    ['jasypt-basic', 'lGbhIHJzTH99ljlGxB4NPj4Hh9A2FuZ', 'unrecognised'],
  ])('%s: %s is a %s', (name, encoded, expected) => {
    expect(outcomeOf(encoded, 'password', settings(name))).toBe(expected)
  })

  it.each([
    ['symfony-sha512-0', 'there is no format of this name; did you mean symfony-sha512-5000?'],
    ['symfony-sha224-10', 'there is no format of this name; did you mean symfony-sha512-5000?'],
    ['jasypt-stong', 'there is no format of this name; did you mean jasypt-strong?'],
    ['symfony-sha512-999999999', 'this takes more time than a check may'],
  ])('%s is refused', (name, problem) => {
    expect(() => settings(name)).toThrow(TemplateError)
    expect(() => settings(name)).toThrow(`line 1, column 1: ${problem}`)
  })
})

describe('plain text', () => {
  const plain = { plain: true }
  const both = ['{noop}', '{PLAIN}', '{plain}', '{CLEAR}', '{CLEARTEXT}', '{cleartext}'] as const

  it.each(both)('behind %s is checked by a server that is told so, and by no other', (id) => {
    expect(outcomeOf(`${id}password`, 'password', settings('', plain))).toBe('match')
    expect(outcomeOf(`${id}password`, 'Password', settings('', plain))).toBe('mismatch')
    expect(outcomeOf(`${id}password`)).toBe('unrecognised')
  })

  it.each([
    ['{noop}', '', 'malformed'],
    ['{noop}password ', 'password ', 'match'],
    ['{noop}password ', 'password', 'mismatch'],
    ['{noop}password\0', 'password', 'mismatch'],
    [' {noop}password', 'password', 'padded'],
    ['{NOOP}password', 'password', 'unrecognised'],
    ['password', 'password', 'unrecognised'],
    ['{noop}\ud800', '\ud800', 'match'],
    ['{noop}\ud800', '\ud801', 'mismatch'],
    ['{noop}\ud800', '\ufffd', 'mismatch'],
    ['{noop}$2b$04$abc', '$2b$04$abc', 'match'],
  ])('%j for %j is a %s', (encoded, password, expected) => {
    expect(outcomeOf(encoded, password, settings('', plain))).toBe(expected)
  })

  it('is compared by its characters, whatever encodings are tried', () => {
    const using = { ...settings('', plain), encodings: ['latin1', 'nfc', 'utf-16le'] as const }
    expect(outcomeOf('{noop}é', 'é', using)).toBe('match')
    expect(outcomeOf('{noop}é', 'Ã©', using)).toBe('mismatch')
  })

  it('is in no plan', () => {
    const plan = inspect('{noop}open sesame', settings('', plain))
    expect(plan).toMatchObject({ core: 'digest', want: { length: 32 } })
    expect(JSON.stringify(plan)).not.toContain('open sesame')
  })
})
