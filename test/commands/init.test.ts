/** `okta-migrate init`: what it makes of odd schemas, what it asks, and that a check takes what it has written. */
import Database from 'better-sqlite3'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { parseEnv } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readText } from '../../src/commands/context.ts'
import { importCommand } from '../../src/commands/import/import.ts'
import { envLine } from '../../src/commands/init/env-text.ts'
import { initCommand } from '../../src/commands/init/init.ts'
import { performInit } from '../../src/commands/init/perform.ts'
import { quoteName } from '../../src/commands/init/statements.ts'
import { openSqlSource } from '../../src/import/sources/sql/sql-source.ts'
import { checkCommand } from '../../src/commands/doctor/doctor.ts'
import { withEnvFile } from '../../src/config/env-file.ts'
import { createHost, runInProcess } from '../support/in-process.ts'
import { HASH, init } from '../support/init.ts'
import { ALL_KINDS, describeEach, POSTGRES, SERVERS } from '../support/databases.ts'
import { fc } from '../support/properties.ts'
import { tempDir } from '../support/temp.ts'

const sqlite = (...statements: string[]): string => {
  const path = join(tempDir(), 'legacy.sqlite')
  const db = new Database(path)
  statements.forEach((statement) => db.exec(statement.replaceAll('HASH', HASH)))
  db.close()
  return path
}

const checkWith = (out: string) =>
  runInProcess(checkCommand, [], withEnvFile({}, out, readText) as Record<string, string>)

const USERS = `CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, password_hash TEXT, active INTEGER,
  first_name TEXT, last_name TEXT, last_login_at TEXT)`
const ROWS = `INSERT INTO users (email, password_hash, active, first_name, last_name)
  VALUES ('Ann@Example.com', 'HASH', 1, 'Ann', 'Lee'), ('bob@example.com', 'HASH', 0, 'Bob', 'Ray')`

describe('a line of the file', () => {
  it('gives back its value, whatever quotes and signs are in it', () => {
    const value = fc.string({ unit: fc.constantFrom(...Array.from(' \'"`#$\\\n=nx%é')) })
    fc.assert(
      fc.property(value, (text) => {
        try {
          expect(parseEnv(`A=1\n${envLine('X', text)} # c\nB=2\n`)).toEqual({
            A: '1',
            X: text,
            B: '2',
          })
        } catch (err) {
          expect(err).toMatchObject({ code: 'usage_invalid' })
          expect(text).toMatch(/'/)
          expect(text).toMatch(/`/)
        }
      }),
    )
  })
})

describe('init', () => {
  it('writes a file that only its owner can read, and that a check takes', async () => {
    const path = sqlite(USERS, ROWS)
    const before = readFileSync(path)
    const { code, stdout, out, map, env } = await init(`sqlite:${path}`)
    expect(code).toBe(0)
    expect(statSync(out).mode & 0o777).toBe(0o600)
    expect(env).toMatchObject({
      LEGACY_LOOKUP_SQL:
        'SELECT email AS login, password_hash, CASE WHEN active = 1 THEN 1 ELSE 0 END AS enabled, id FROM users WHERE lower(email) = :login',
    })
    expect(env['LEGACY_USERS_SQL']).toMatch(/ AS "firstName".* ORDER BY id$/)
    expect(env['HOOK_SECRET']).toMatch(/^[\w-]{43}$/)
    expect(env['FINGERPRINT_KEY']).not.toBe(env['HOOK_SECRET'])
    // What is left to say is there, and is not said yet.
    expect(Object.keys(env).filter((name) => /^(?:LEDGER|OKTA)_/.test(name))).toEqual([])
    for (const name of ['LEDGER_DB_URL', 'LEDGER_DB_CA_FILE', 'LEDGER_SPILL_DIR', 'OKTA_ORG_URL'])
      expect(readText(out, 65_536)).toMatch(new RegExp(`^#${name}=`, 'm'))
    expect(JSON.parse(readText(map, 1000))).toEqual({
      ...{ email: 'email', firstName: 'first_name', lastName: 'last_name' },
    })
    expect(stdout).toContain('Create: CREATE INDEX')
    expect(stdout).toContain('2 bcrypt cost 4')
    expect(stdout).toContain(`okta-migrate check --env-file ${out}`)
    expect(stdout + readText(out, 65_536)).not.toMatch(/ann@|Lee|\$2/i)
    const checked = await checkWith(out)
    expect(checked.stdout).toContain('The lookup finds 2 of them')
    expect(checked.code).toBe(0)
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  it('writes a map and a statement that an import takes', async () => {
    const { env, map } = await init(`sqlite:${sqlite(USERS, ROWS)}`)
    const csv = join(tempDir(), 'users.csv')
    writeFileSync(csv, 'email,first_name,last_name\nann@example.com,Ann,Lee\n')
    const file = await runInProcess(importCommand, [csv, '--map', map, '--dry-run', '--json'], {})
    expect(file.code, file.stderr).toBe(0)
    const { LEGACY_DB_URL = '', LEGACY_USERS_SQL = '' } = env
    const [dir, more] = [tempDir(), ['--dry-run', '--json', '--rejects']]
    const args = [
      ...more,
      join(dir, 'r.csv'),
      '--journal',
      join(dir, 'j'),
      '--existing',
      join(dir, 'e'),
    ]
    const rows = await runInProcess(importCommand, args, { LEGACY_DB_URL, LEGACY_USERS_SQL })
    expect(rows.code, rows.stderr).toBe(0)
    expect(rows.stdout).toMatch(/"event":"summary".*"skipped":1/)
  })

  it('puts names into quotes that need them, and takes all columns that say who may sign in', async () => {
    const path = sqlite(
      `CREATE TABLE "Order" ("E-Mail" TEXT, "Pass""word" TEXT, passwd TEXT, status TEXT, deleted_at TEXT,
        is_banned BOOLEAN, "user" INTEGER)`,
      `INSERT INTO "Order" VALUES ('a@example.com', 'y', 'HASH', 'active', NULL, NULL, 1),
        ('b@example.com', 'y', 'HASH', 'gone', NULL, 0, 2), ('c@example.com', 'y', 'HASH', 'active', '2020', 0, 3)`,
    )
    const args = ['--login-column', 'e-mail', '--id-column', 'user', '--table', 'order']
    const ambiguous = await init(`sqlite:${path}`, ...args)
    expect(ambiguous.stderr).toContain('Give --hash-column with one of: Pass"word, passwd.')
    const { env, out } = await init(`sqlite:${path}`, ...args, '--hash-column', 'passwd')
    expect(env['LEGACY_LOOKUP_SQL']).toContain(
      'CASE WHEN status IN (\'active\') AND deleted_at IS NULL AND COALESCE(is_banned, 0) = 0 THEN 1 ELSE 0 END AS enabled, "user" AS id FROM "Order" WHERE lower("E-Mail") = :login',
    )
    expect((await checkWith(out)).code).toBe(0)
    const db = new Database(path)
    onTestFinished(() => void db.close())
    const rows = db.prepare(env['LEGACY_AUDIT_SQL'] ?? '').all() as { enabled: number }[]
    expect(rows.map(({ enabled }) => enabled)).toEqual([1, 0, 0])
  })

  it.each([
    [
      ['CREATE TABLE auth_user (id INTEGER, username TEXT, email TEXT, password TEXT)'],
      'The column of the login can be several. Give --login-column with one of: username, email.',
    ],
    [
      [USERS, 'CREATE TABLE customers (email TEXT, password TEXT)'],
      'The table of the accounts can be several. Give --table with one of: customers, users.',
    ],
    [
      ['CREATE TABLE t (a TEXT, b TEXT)'],
      'The table of the accounts is not clear from the names. Give --table with one of: t.',
    ],
  ])('refuses where it is not clear, and lists what to give: %j', async (statements, detail) => {
    const { code, stderr } = await init(`sqlite:${sqlite(...statements)}`)
    expect(stderr).toContain(detail)
    expect(code).toBe(2)
  })

  it('asks at a terminal, unless --no-input forbids it', async () => {
    const url = `sqlite:${sqlite('CREATE TABLE wp_users (ID INTEGER, user_login TEXT, user_email TEXT, user_pass TEXT, user_status INTEGER)')}`
    const run = async (noInput: boolean) => {
      const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => stdin })
      const { host, written } = createHost([], { LEGACY_DB_URL: url })
      stdin.write('user_email\r')
      const files = { out: join(tempDir(), 'a.env'), mapOut: join(tempDir(), 'm') }
      const code = await performInit(files)({ ...host, stdin, noInput })
      return { code, ...written }
    }
    const { code, stdout, stderr } = await run(false)
    expect(code).toBe(0)
    expect(stderr).toContain('The column of the login: user_login, user_email?')
    expect(stdout).toMatch(/login +user_email/)
    expect(stdout).toContain('Everybody in this table may sign in')
    expect(stdout).toContain('may say who may sign in: user_status')
    await expect(run(true)).rejects.toMatchObject({ code: 'option_missing' })
  })

  it('finds a login with capital letters that SQLite does not lower, as it is stored', async () => {
    const row = `INSERT INTO users (email, password_hash, active) VALUES ('Ädam@Example.com', 'HASH', 1)`
    const { env, out, stdout, text } = await init(`sqlite:${sqlite(USERS, ROWS, row)}`)
    expect(env['LEGACY_LOOKUP_SQL']).toMatch(
      /WHERE lower\(email\) = :login OR lower\(email\) = lower\(:username\)$/,
    )
    expect(stdout).toMatch(/^warning {2}.* letters such as Ä, which are in 1 of the logins/m)
    expect(text).toMatch(/^# .* letters such as Ä, which are in 1 of the logins/m)
    const checked = await checkWith(out)
    expect(checked.stdout).toContain('The lookup finds 3 of them')
    expect(checked.stdout + text).not.toContain('dam@')
    const LEGACY_LOOKUP_SQL =
      'SELECT email AS login, password_hash FROM users WHERE lower(email) = :login'
    const { LEGACY_DB_URL = '', LEGACY_AUDIT_SQL = '', HOOK_SECRET = '' } = env
    const plain = { LEGACY_DB_URL, LEGACY_AUDIT_SQL, HOOK_SECRET, LEGACY_LOOKUP_SQL }
    const { stdout: advice } = await runInProcess(checkCommand, [], plain)
    expect(advice).toContain("SQLite's lower() changes only A to Z")
  })

  it('takes a table whose name is a word of SQL', async () => {
    const statements = [USERS, ROWS].map((each) => each.replace(/users/, '"union"'))
    const { code, stderr, env } = await init(`sqlite:${sqlite(...statements)}`)
    expect([code, stderr]).toEqual([0, ''])
    expect(env['LEGACY_LOOKUP_SQL']).toContain(' FROM "union" WHERE')
  })

  it.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('ends as interrupted by %s in each of its questions', async (_, key) => {
    const url = `sqlite:${sqlite('CREATE TABLE t (a TEXT, b TEXT)')}`
    for (const env of [{}, { LEGACY_DB_URL: url }]) {
      const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => stdin })
      stdin.write(key)
      const files = { out: join(tempDir(), 'a.env'), mapOut: join(tempDir(), 'm') }
      const work = performInit(files)({ ...createHost([], env).host, stdin })
      await expect(work).rejects.toMatchObject({ code: 'interrupted', row: { exit: 130 } })
    }
  })

  it('asks again after an empty answer, and after one that is not there', async () => {
    const url = `sqlite:${sqlite(USERS.replace('email', 'user_login TEXT, email'), ROWS)}`
    const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => stdin })
    const { host, written } = createHost([], {})
    const answers = ['\r', `${url}\r`, '\r', 'mail\r', 'EMAIL\r']
    const stderr = new Writable({
      write: (chunk: Buffer, _, done) => {
        written.stderr += chunk.toString()
        if (chunk.toString().includes('? ') || chunk.toString().includes('…): '))
          setImmediate(() => stdin.write(answers.shift() ?? '\u0003'))
        done()
      },
    })
    const files = { out: join(tempDir(), 'a.env'), mapOut: join(tempDir(), 'm') }
    expect(await performInit(files)({ ...host, stdin, stderr })).toBe(0)
    expect(written.stderr).toContain('mail is not there. There are: id, user_login, email,')
    expect(written.stderr).not.toContain('--')
    expect(answers).toEqual([])
  })

  it('names the host of a database that is away, and what to look at', async () => {
    const { code, stderr } = await init('postgres://user:secret@127.0.0.1:1/db')
    expect(code).toBe(3)
    expect(stderr).toContain('The database at 127.0.0.1:1: ECONNREFUSED. Check that it runs there')
    expect(stderr).not.toContain('secret')
  })

  it('prints commands that a shell takes, whatever the path', async () => {
    const out = join(tempDir(), 'my env')
    const args = ['--legacy-url', `sqlite:${sqlite(USERS, ROWS)}`, '--out', out]
    const { stdout } = await runInProcess(initCommand, [...args, '--map-out', `${out}.json`], {})
    expect(stdout).toContain(`okta-migrate check --env-file '${out}'`)
    const text = readText(out, 65_536)
    expect(text).toContain('# Variables of okta-migrate: okta-migrate COMMAND --env-file')
    expect(text).toMatch(/^# .*source.* would run$/m)
  })

  it('overwrites nothing, and writes nothing where the check refuses', async () => {
    const url = `sqlite:${sqlite(USERS, ROWS)}`
    const taken = join(tempDir(), 'b.env')
    writeFileSync(taken, 'A=1')
    const { code, stderr } = await init(url, '--out', taken)
    expect([code, readText(taken, 10)]).toEqual([2, 'A=1'])
    expect(stderr).toContain('A file that would be written is there already.')
    expect(stderr).toContain('is there already, and is not overwritten')
    const same = await init(url, '--out', taken + '2', '--map-out', taken + '2')
    expect(same.stderr).toContain('--out and --map-out name the same file')
    const nowhere = await init(url, '--map-out', join(tempDir(), 'no', 'map.json'))
    expect([nowhere.code, nowhere.stdout]).toEqual([1, ''])
    expect(() => statSync(nowhere.out)).toThrow()
    const refused = await init(url, '--enabled', "'perhaps'")
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('enabled must be')
    expect(() => statSync(refused.out)).toThrow()
  })

  it('names an option for a column that is not there, and the variable for a missing database', async () => {
    const { stderr } = await init(`sqlite:${sqlite(USERS)}`, '--login-column', 'mail')
    expect(stderr).toContain('--login-column mail is not there. There are: id, email,')
    const missing = await runInProcess(initCommand, ['--out', join(tempDir(), 'a.env')], {})
    expect(missing.stderr).toContain('LEGACY_DB_URL is missing, and so is --legacy-url')
  })
})

await describeEach(ALL_KINDS, 'init', ({ create, dialect, schema }) => {
  it('takes the schema of legacy-db/ as it is', async () => {
    const database = await create()
    onTestFinished(() => database.drop())
    await database.exec(...schema)
    await database.exec(
      `INSERT INTO accounts (login, password_hash, enabled) VALUES ('ann@example.com', '${HASH}', 1)`,
    )
    const { code, out, stdout, stderr } = await init(database.url)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain('The lookup finds 1 of them')
    expect((await checkWith(out)).code).toBe(0)
    expect(stdout.includes('CREATE INDEX')).toBe(dialect !== 'mysql')
  })
})

await describeEach(SERVERS, 'a name', ({ create, dialect }) => {
  it('that is a word of the server stays a name', async () => {
    const database = await create()
    onTestFinished(() => database.drop())
    const words = dialect === 'mysql' ? 'information_schema.keywords' : 'pg_get_keywords()'
    const target = { url: database.url, ca: undefined }
    const source = await openSqlSource(target, `SELECT word AS name FROM ${words} ORDER BY 1`)
    const names: string[] = []
    for await (const row of source.rows)
      if ('fields' in row) names.push(String(row.fields.get('name')).toLowerCase())
    expect(names.length).toBeGreaterThan(300)
    const [kind, quote] =
      dialect === 'mysql' ? (['mysql', '`'] as const) : (['postgres', '"'] as const)
    const statements = names.map((name) => {
      const [exact, written] = [`${quote}${name}${quote}`, quoteName(name, kind)]
      return `WITH ${exact} AS (SELECT 7 AS ${exact}) SELECT ${written} AS login, ${written} FROM ${written}
        WHERE COALESCE(${written}, 0) = 7 ORDER BY ${written}`
    })
    await database.exec(...statements)
  })
})

await describeEach([POSTGRES], 'init', ({ create }) => {
  it.each([
    ['CITEXT', 'email = :login', false],
    ['VARCHAR(100)', 'lower(email) = :login', true],
  ])('compares a login that is %s by %s', async (type, condition, needsIndex) => {
    const database = await create()
    onTestFinished(() => database.drop())
    await database.exec(
      'CREATE EXTENSION citext',
      `CREATE TABLE users (id INTEGER, email ${type} UNIQUE, password VARCHAR(100), active BOOLEAN)`,
      `INSERT INTO users VALUES (1, 'Ann@Example.com', '${HASH}', TRUE)`,
    )
    const { code, out, stdout, stderr, env } = await init(database.url)
    expect([code, stderr]).toEqual([0, ''])
    expect(env['LEGACY_LOOKUP_SQL']).toContain(` WHERE ${condition}`)
    expect(stdout).toContain('The lookup finds 1 of them by their own login')
    expect(stdout.includes('CREATE INDEX')).toBe(needsIndex)
    expect((await checkWith(out)).code).toBe(0)
  })
})

await describeEach(SERVERS, 'init', ({ create, dialect }) => {
  it('takes names with capital letters, and the flags of the server', async () => {
    const database = await create()
    onTestFinished(() => database.drop())
    const quote = dialect === 'mysql' ? '`' : '"'
    const flag = dialect === 'mysql' ? "BIT(1) DEFAULT b'1'" : 'BOOLEAN DEFAULT TRUE'
    await database.exec(
      `CREATE TABLE 'Customer' ('userId' INTEGER, 'Email' VARCHAR(100), password VARCHAR(100), 'isActive' ${flag},
        deleted_at TIMESTAMP NULL, 'order' INTEGER)`.replaceAll(
        /'(\w+)'(?= )/g,
        `${quote}$1${quote}`,
      ),
      `INSERT INTO ${quote}Customer${quote} (${quote}userId${quote}, ${quote}Email${quote}, password)
        VALUES (7, 'Ann@Example.com', '${HASH}')`,
    )
    const { code, out, stdout, stderr, env } = await init(database.url)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain('The lookup finds 1 of them')
    expect(env['LEGACY_USERS_SQL']).toContain(`ORDER BY ${quote}userId${quote}`)
    expect((await checkWith(out)).code).toBe(0)
  })

  it('takes the words of a status, of a fixed width and of an enum, and leaves out bits that it cannot compare', async () => {
    const database = await create()
    onTestFinished(() => database.drop())
    const isMysql = dialect === 'mysql'
    const words = "ENUM ('active', 'gone')"
    await database.exec(
      ...(isMysql ? [] : [`CREATE TYPE words AS ${words}`]),
      `CREATE TABLE users (id INTEGER, email VARCHAR(100), password VARCHAR(100), state CHAR(10),
        status ${isMysql ? words : 'words'}, active BIT(1))`,
      `INSERT INTO users VALUES (1, 'ann@example.com', '${HASH}', 'active', 'active', b'1'),
        (2, 'bob@example.com', '${HASH}', 'left', 'active', b'1')`,
    )
    const { code, out, stdout, stderr, env } = await init(database.url)
    expect([code, stderr]).toEqual([0, ''])
    expect(env['LEGACY_LOOKUP_SQL']).toMatch(/ state IN \('active *'\) AND status IN \('active'\)/)
    expect(stdout.includes('may say who may sign in: active')).toBe(!isMysql)
    const checked = await checkWith(out)
    expect([checked.code, checked.stderr]).toEqual([0, ''])
  })
})
