/** The legacy store in SQLite: any schema, read-only, checked at start. */
import Database from 'better-sqlite3'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openSqliteStore } from '../../src/legacy/sqlite.ts'
import { normaliseLogin } from '../../src/legacy/store.ts'
import { SCHEMA } from '../support/hook.ts'
import { tempDir } from '../support/temp.ts'
import fc from 'fast-check'

/** Makes a database of these statements; returns its path. */
const makeDb = (...statements: readonly string[]): string => {
  const path = join(tempDir(), 'legacy.sqlite')
  const db = new Database(path)
  for (const statement of statements) db.exec(statement)
  db.close()
  return path
}

const open = (path: string, sql?: string) => {
  const store = openSqliteStore(path, sql)
  onTestFinished(() => store.close())
  return store
}

const refusal = (path: string, sql?: string): unknown => {
  try {
    open(path, sql)
    return 'opened'
  } catch (err) {
    return err
  }
}

const USERS = 'CREATE TABLE users (email TEXT, pw TEXT, active INTEGER, uid TEXT)'

describe('a sample', () => {
  const rows = Array.from({ length: 50 }, (_, i) => `('user${i}@example.com', 'h${i}')`)

  it('is of stored hashes, drawn from the whole store', async () => {
    const insert = `INSERT INTO accounts (login, password_hash) VALUES ${rows.join()}`
    const sample = (await open(makeDb(SCHEMA, insert)).sample?.(500)) ?? []
    expect(sample).toHaveLength(500)
    expect(sample.every((hash) => /^h\d+$/.test(hash))).toBe(true)
    expect(new Set(sample).size).toBeGreaterThan(40)
  })

  it('of an empty store is empty', async () => {
    expect(await open(makeDb(SCHEMA)).sample?.(500)).toEqual([])
  })

  it("is not taken where the statement is the operator's own", () => {
    const sql = 'SELECT pw AS password_hash FROM users WHERE email = :login'
    expect(open(makeDb(USERS), sql)).not.toHaveProperty('sample')
  })
})

describe('a statement of another schema', () => {
  it('may use the login as typed, and name its own columns', async () => {
    const path = makeDb(USERS, `INSERT INTO users VALUES ('Ann@X.example', 'hash', 1, 'u-7')`)
    const sql = 'SELECT pw AS password_hash, uid AS id FROM users WHERE email = :username'
    const store = open(path, sql)
    expect(await store.find('ann@x.example', 'Ann@X.example')).toEqual([
      { id: 'u-7', passwordHash: 'hash', enabled: true },
    ])
    expect(await store.find('ann@x.example', 'ann@x.example')).toEqual([])
  })

  it('is read no further than its second row', async () => {
    const endless = `WITH RECURSIVE n(i) AS (SELECT 'hash' UNION ALL SELECT i FROM n)
      SELECT i AS password_hash FROM n WHERE :login = :login`
    const store = open(makeDb(USERS), endless)
    expect(await store.find('a', 'a')).toHaveLength(2)
  })

  it.each([
    ['does not compile', 'SELEC pw', /syntax error/],
    ['names a table that is not there', 'SELECT 1 AS password_hash FROM nowhere', /no such table/],
    ['returns no hash', 'SELECT pw FROM users WHERE email = :login', /password_hash/],
    ['writes', 'DELETE FROM users WHERE email = :login', /one SELECT/],
    ['writes and returns', 'DELETE FROM users RETURNING pw AS password_hash', /one SELECT/],
    ['is two', 'SELECT pw AS password_hash FROM users; SELECT 1', /more than one statement/],
    ['has another parameter', 'SELECT pw AS password_hash FROM users WHERE email = :mail', /mail/],
    ['has a nameless parameter', 'SELECT pw AS password_hash FROM users WHERE email = ?', /./],
    ['is empty', ' ', /./],
  ])('that %s stops the start', (_, sql, message) => {
    expect(refusal(makeDb(USERS), sql)).toMatchObject({
      code: 'legacy_unusable',
      detail: expect.stringMatching(message) as string,
    })
  })
})

describe('the file', () => {
  it('is never written', async () => {
    const path = makeDb(SCHEMA)
    const before = statSync(path).mtimeMs
    await open(path).find('a', 'a')
    expect(statSync(path).mtimeMs).toBe(before)
    expect(
      refusal(path, 'INSERT INTO accounts DEFAULT VALUES RETURNING password_hash'),
    ).toMatchObject({ code: 'legacy_unusable' })
  })

  it('that is missing, a directory or no database stops the start', () => {
    const dir = tempDir()
    writeFileSync(join(dir, 'text'), 'this is no database, though it is long enough for a header')
    for (const name of ['missing.sqlite', 'text', '.']) {
      expect(refusal(join(dir, name))).toMatchObject({ code: 'legacy_unusable' })
    }
  })
})

describe('a statement that scans', () => {
  /** Schema, statement, and how many indexes it should be told to create. */
  const CASES: readonly (readonly [schema: string, sql: string])[] = [
    [USERS, 'SELECT pw AS password_hash FROM users WHERE email = :login'],
    [USERS, 'SELECT pw AS password_hash FROM users WHERE lower(email) = :login'],
    [USERS, 'SELECT u.pw AS password_hash FROM users AS u WHERE lower(u.email) = :login'],
    [USERS, 'SELECT u.pw AS password_hash FROM users u WHERE :login = u.email COLLATE NOCASE'],
    [USERS, 'SELECT pw AS password_hash FROM users WHERE email = :login OR uid = :username'],
    [
      `${USERS}; CREATE TABLE secrets (user_id TEXT PRIMARY KEY, hash TEXT)`,
      'SELECT s.hash AS password_hash FROM users u JOIN secrets s ON s.user_id = u.uid WHERE u.email = :login',
    ],
  ]

  it.each(CASES)('%s: %s is told the index to create, and that index helps', (schema, sql) => {
    const warnings = open(makeDb(schema), sql).warnings
    expect(warnings).toHaveLength(1)
    const advised = warnings.join(' ').match(/CREATE INDEX [^;]+;/g) ?? []
    expect(advised.length).toBeGreaterThan(0)
    expect(open(makeDb(schema, ...advised), sql).warnings).toEqual([])
  })

  it('is told so even where no index can be named', () => {
    const sql = "SELECT pw AS password_hash FROM users WHERE email LIKE '%' || :login"
    expect(open(makeDb(USERS), sql).warnings).toEqual([
      expect.stringContaining('reads the whole table users'),
    ])
  })
})

describe('normaliseLogin', () => {
  it.each([
    ['  Isaac.Brock@Example.COM\n', 'isaac.brock@example.com'],
    ['ZOE\u0308@x.example', 'zoë@x.example'],
  ])('%j becomes %s', (typed, login) => {
    expect(normaliseLogin(typed)).toBe(login)
  })

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (typed) => {
        expect(normaliseLogin(normaliseLogin(typed))).toBe(normaliseLogin(typed))
      }),
      { numRuns: 2000 },
    )
  })
})
