/** Failures of a query: which are transient, which a login causes, and what may be reported of them. */
import { describe, expect, it } from 'vitest'
import { isTransient, matchesPattern, sentenceOf, unreachable } from '../../src/sql/failures.ts'
import type { DatabaseKind } from '../../src/sql/kinds.ts'
import { AppError } from '../../src/errors/errors.ts'
import { unusable } from '../../src/legacy/check/failures.ts'
import { MYSQL } from '../../src/legacy/sql/mysql.ts'
import { POSTGRES } from '../../src/legacy/sql/postgres.ts'
import { SQLITE } from '../../src/legacy/sql/sqlite.ts'

const failed = (code: string | undefined, message = 'it failed'): Error =>
  Object.assign(new Error(message), code === undefined ? {} : { code })

describe('a failure', () => {
  it.each<[DatabaseKind, string]>([
    ['postgres', 'ECONNREFUSED'],
    ['postgres', 'ENOTFOUND'],
    ['postgres', '08006'],
    ['postgres', '40001'],
    ['postgres', '53300'],
    ['postgres', '55P03'],
    ['postgres', '57014'],
    ['mysql', 'ER_LOCK_WAIT_TIMEOUT'],
    ['mysql', 'ER_SERVER_SHUTDOWN'],
    ['sqlite', 'SQLITE_BUSY_SNAPSHOT'],
    ['sqlite', 'ESTALE'],
  ])('of %s, %s, is transient', (driver, code) => {
    expect(isTransient(failed(code), driver)).toBe(true)
  })

  it.each<[DatabaseKind, string]>([
    ['postgres', '42P01'],
    ['postgres', '42501'],
    ['postgres', '28P01'],
    ['mysql', 'ER_NO_SUCH_TABLE'],
    ['sqlite', 'SQLITE_NOTADB'],
    ['sqlite', 'ENOENT'],
  ])('of %s, %s, is permanent', (driver, code) => {
    expect(isTransient(failed(code), driver)).toBe(false)
  })

  it('without a code is transient where a session was cut off, and permanent where we refuse', () => {
    const cut = failed(undefined, 'Connection terminated unexpectedly')
    expect(isTransient(cut, 'postgres')).toBe(true)
    expect(isTransient(failed(undefined, 'timeout expired'), 'postgres')).toBe(true)
    expect(isTransient(new TypeError('it must have one'), 'postgres')).toBe(false)
    expect(isTransient(new AppError('legacy_unavailable'), 'postgres')).toBe(true)
    expect(isTransient(new AppError('legacy_unusable'), 'postgres')).toBe(false)
  })

  it.each([
    ['unsupported startup parameter: options', false],
    ['transaction blocks not allowed in statement pooling mode', false],
    ['bouncer config error', false],
    ['database "not_there" does not exist', false],
    ['query_wait_timeout', true],
    ['server login has been failing, try again later', true],
  ])('of PgBouncer, %s: transient %s', (sentence, passes) => {
    expect(isTransient(failed('08P01', sentence), 'postgres')).toBe(passes)
  })

  it('is reported with its code, and with the message of a server', () => {
    expect(unreachable(failed('ECONNREFUSED', 'connect ECONNREFUSED')).detail).toBe('ECONNREFUSED')
    const sentence = 'too many clients already'
    expect(unreachable(failed('53300', sentence)).detail).toBe(`53300: ${sentence}`)
  })

  it.each([
    [failed('DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate'), 'LEGACY_DB_CA_FILE'],
    [failed('HANDSHAKE_SSL_ERROR', 'unable to get local issuer certificate'), 'LEGACY_DB_CA_FILE'],
    [failed('42P01', 'relation "accounts" does not exist'), 'LEGACY_LOOKUP_SQL is not set'],
    [failed('ER_BAD_FIELD_ERROR', "Unknown column 'login'"), 'LEGACY_LOOKUP_SQL is not set'],
    [failed('SQLITE_ERROR', 'no such table: accounts'), 'LEGACY_LOOKUP_SQL is not set'],
    [failed('28P01', 'password authentication failed'), 'LEGACY_DB_URL, LEGACY_LOOKUP_SQL: pass'],
  ])('%s of the default statement is explained as %s', (err, what) => {
    expect(unusable(err, true).detail).toContain(what)
    expect(unusable(err, false).detail).not.toContain('is not set')
  })

  it('caused by a login that is a bad pattern means that no account has it', () => {
    expect(matchesPattern(POSTGRES.invalidLogin, failed('22025'))).toBe(true)
    expect(matchesPattern(MYSQL.invalidLogin, failed('ER_REGEXP_ERROR'))).toBe(true)
    const long = failed('SQLITE_ERROR', 'LIKE or GLOB pattern too complex')
    expect(matchesPattern(SQLITE.invalidLogin, long)).toBe(true)
    expect(matchesPattern(POSTGRES.invalidLogin, failed('22012'))).toBe(false)
  })

  it('about data is reported without the data', () => {
    const err = failed('22P02', 'invalid input syntax for type integer: "$2b$10$hash"')
    expect(sentenceOf(err)).toBe('invalid input syntax for type integer: "…"')
    const json = failed(
      '22P02',
      'invalid input syntax for type json: "{"hash":"secret","salt":"x"}"',
    )
    expect(sentenceOf(json)).not.toContain('secret')
    const french = failed('22P02', 'syntaxe en entrée invalide pour le type integer : « secret »')
    expect(sentenceOf(french)).not.toContain('secret')
    expect(sentenceOf(failed('42703', 'column "x" does not exist'))).toContain('"x"')
  })
})
