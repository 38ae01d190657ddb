/** `okta-migrate check`: the messages and the exit code of a start, without serving. */
import Database from 'better-sqlite3'
import { hashSync } from 'bcryptjs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkCommand } from '../../src/commands/doctor/doctor.ts'
import type { DoctorRow } from '../support/doctor.ts'
import { makeLegacyDb } from '../support/hook.ts'
import { runInProcess } from '../support/in-process.ts'
import { tempDir } from '../support/temp.ts'

const SECRET = 'a secret of more than thirty-two characters'

const check = (env: Record<string, string>, ...args: string[]) =>
  runInProcess(checkCommand, args, { HOOK_SECRET: SECRET, ...env })

const store = (): string =>
  `sqlite:${makeLegacyDb(tempDir(), [{ login: 'ann@example.com', hash: 'h' }])}`

/** The lookups from `field/` that let in other people, or disabled ones. */
const FIELD: readonly (readonly [sql: string, message: string])[] = [
  ['SELECT pw AS password_hash FROM users LIMIT 1', 'neither :login nor :username'],
  [
    "SELECT pw AS password_hash FROM users WHERE email = 'u0@example.com'",
    'neither :login nor :username',
  ],
  ['SELECT pw AS password_hash FROM users WHERE email LIKE :login', 'whose row it is'],
  ['SELECT pw AS password_hash, Enabled FROM users WHERE email = :login', 'whose row it is'],
  [
    'SELECT pw AS password_hash, enabled AS active FROM users WHERE email = :login',
    'returns active, which this program does not read',
  ],
  [
    'SELECT user_pass AS password_hash FROM wp_users WHERE lower(user_login) = :login OR lower(user_email) = :login',
    'whose row it is',
  ],
]

const usersDb = (): string => {
  const path = join(tempDir(), 'users.sqlite')
  const db = new Database(path)
  db.exec(`
    CREATE TABLE users (email TEXT, pw TEXT, enabled INTEGER);
    INSERT INTO users VALUES ('ann@example.com', 'h', 0);
    CREATE TABLE wp_users (user_login TEXT, user_email TEXT, user_pass TEXT);
    INSERT INTO wp_users VALUES ('ann', 'ann@example.com', 'h'), ('mary', 'mary@example.com', 'h2');`)
  db.close()
  return `sqlite:${path}`
}

describe('check', () => {
  it('ends with 0 where a server would start', async () => {
    const { code, stdout } = await check({ LEGACY_DB_URL: store() })
    expect(stdout).toMatch(
      /^ok +columns +It returns id, login, short_name, password_hash, enabled/m,
    )
    expect(stdout).toMatch(/^ok +accounts +The lookup finds 1 of them by their own login/m)
    expect(stdout).toMatch(/^ok +store/m)
    expect(code).toBe(0)
  })

  it('reports it in JSON', async () => {
    const { code, stdout } = await check({ LEGACY_DB_URL: store() }, '--json')
    expect(JSON.parse(stdout)).toContainEqual({
      topic: 'store',
      level: 'ok',
      text: 'It can be used, and its sessions only read.',
    })
    expect(code).toBe(0)
  })

  it.each(FIELD)('ends with 2 for %s', async (sql, message) => {
    const { code, stdout } = await check({ LEGACY_DB_URL: usersDb(), LEGACY_LOOKUP_SQL: sql })
    expect(stdout).toMatch(/^failed +lookup/m)
    expect(stdout).toContain(message)
    expect(code).toBe(2)
  })

  it('prints the warnings of a start, and names an index for each column that is compared', async () => {
    const sql = `SELECT user_login AS login, user_email AS email, user_pass AS password_hash FROM wp_users
      WHERE lower(user_login) = :login OR lower(user_email) = :login`
    const { code, stdout } = await check({ LEGACY_DB_URL: usersDb(), LEGACY_LOOKUP_SQL: sql })
    expect(stdout).toContain('CREATE INDEX "wp_users_login_1" ON "wp_users" (lower("user_login"));')
    expect(stdout).toContain('CREATE INDEX "wp_users_login_2" ON "wp_users" (lower("user_email"));')
    expect(code).toBe(0)
  })

  it.each([
    ['email AS login, pw AS password_hash', ['warning']],
    ['email AS login, pw AS password_hash, 1 AS enabled', []],
  ])('warns where nobody is disabled, unless it is said: %s', async (columns, levels) => {
    const sql = `SELECT ${columns} FROM users WHERE email = :login`
    const env = { LEGACY_DB_URL: usersDb(), LEGACY_LOOKUP_SQL: sql, PORT: '0' }
    const { code, stdout } = await check(env, '--json')
    const rows = JSON.parse(stdout) as DoctorRow[]
    const flags = rows.filter(({ topic }) => topic === 'flags')
    expect(flags.map(({ level }) => level)).toEqual(levels)
    for (const { text } of flags) expect(text).toContain('everybody in this table may sign in')
    expect(code).toBe(0)
  })

  it('ends with 2 for a wrong configuration, and where nothing is configured', async () => {
    const wrong = await check({ LEGACY_DB_URL: 'oracle://x' })
    expect(wrong.stderr).toContain('LEGACY_DB_URL')
    expect(wrong.code).toBe(2)
    const none = await runInProcess(checkCommand, [], {})
    expect(none.stderr).toContain('Nothing is configured')
    expect(none.code).toBe(2)
  })

  it('ends with 3 where the store cannot be reached', async () => {
    const url = 'postgres://reader:marked-secret@127.0.0.1:1/users'
    const { code, stdout } = await check({ LEGACY_DB_URL: url })
    expect(stdout).toMatch(/^failed +store +It cannot be reached right now \(ECONNREFUSED\)/m)
    expect(stdout).not.toContain('marked-secret')
    expect(code).toBe(3)
  })
})

describe('the hashes of the store', () => {
  const DES = 'TOZ4KO1osZKYw'
  const storeOf = (...hashes: readonly string[]): string => {
    const rows = hashes.map((hash, i) => ({ login: `person.${i}@example.com`, hash }))
    return `sqlite:${makeLegacyDb(tempDir(), rows)}`
  }
  const bcrypt = hashSync('open sesame', 4)
  const times = (count: number, hash: string): string[] => Array<string>(count).fill(hash)

  it('are counted, with what to do about those that cannot be checked', async () => {
    const url = storeOf(...times(20, bcrypt), ...times(2, DES), '')
    const { code, stdout } = await check({ LEGACY_DB_URL: url })
    expect(stdout).toContain(
      `Of 23 sampled accounts: 20 bcrypt cost 4; 2 DES crypt (cannot be checked); 1 without a hash.
                            Fix: DES crypt: This family is not supported: these people need a new password.\n`,
    )
    expect(stdout).toMatch(/^warning +hashes /m)
    expect(code).toBe(0)
  })

  it('of many kinds have a line each, and each that cannot be checked has its remedy', async () => {
    const others = ['0'.repeat(32), '0'.repeat(40), DES]
    const { stdout } = await check({ LEGACY_DB_URL: storeOf(bcrypt, ...others, '') })
    const indent = ' '.repeat(30)
    expect(stdout).toContain(`Of 5 sampled accounts:\n${indent}1 bcrypt cost 4\n${indent}1 `)
    expect(stdout).toContain(`\n${indent}1 40 hexadecimal digits (cannot be checked)\n`)
    expect(stdout).toMatch(/\n {28}Fix:\n {30}\S.*\n {30}\S.*\n {30}\S/)
    expect(stdout).toMatch(/\n {30}32 hexadecimal digits: LEGACY_HASH_FORMAT says how .*\)\n/)
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThan(180)
  })

  it('of which none can be checked end it with 2, as they keep a server from starting', async () => {
    const url = storeOf(...times(20, DES))
    const { code, stdout } = await check({ LEGACY_DB_URL: url })
    expect(stdout).toMatch(/^failed +hashes +None of 20 sampled hashes can be checked:$/m)
    expect(stdout).toMatch(/^ok +accounts /m)
    expect(stdout).not.toContain(DES)
    expect(code).toBe(2)
    const allowed = await check({ LEGACY_DB_URL: url, LEGACY_ALLOW_UNCHECKED: 'true' })
    expect(allowed.code).toBe(0)
  })
})
