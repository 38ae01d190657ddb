/** The legacy store in SQLite: any schema, read-only, and the file that is there now. */
import Database from 'better-sqlite3'
import {
  copyFileSync,
  linkSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Worker } from 'node:worker_threads'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { HashStore, StoreOptions } from '../../src/legacy/store.ts'
import { ManualClock } from '../support/clock.ts'
import { SCHEMA } from '../support/hook.ts'
import { openLegacy, warningsOf } from '../support/legacy.ts'
import { tempDir } from '../support/temp.ts'

/** Makes a database of these statements; returns its path. */
const makeDb = (...statements: readonly string[]): string => {
  const path = join(tempDir(), 'legacy.sqlite')
  const db = new Database(path)
  for (const statement of statements) db.exec(statement)
  db.close()
  return path
}

const open = async (path: string, sql?: string, more: Partial<StoreOptions> = {}) => {
  const store = await openLegacy(`sqlite:${path}`, { sql, ...more })
  onTestFinished(() => store.close())
  return store
}

const refusal = (path: string, sql?: string): Promise<unknown> =>
  open(path, sql).then(
    () => 'opened',
    (err: unknown) => err,
  )

const USERS = 'CREATE TABLE users (email TEXT, pw TEXT, active INTEGER, uid TEXT)'

describe('a sample', () => {
  const rows = Array.from({ length: 2000 }, (_, i) => `('user${i}@example.com', 'h${i}')`)

  it('consists of stored hashes, drawn from the whole store', async () => {
    const insert = `INSERT INTO accounts (login, password_hash) VALUES ${rows.join()}`
    const { hashes } = await open(makeDb(SCHEMA, insert))
    expect(hashes).toHaveLength(500)
    expect(hashes.every((hash) => /^h\d+$/.test(hash))).toBe(true)
    const numbers = hashes.map((hash) => Number(hash.slice(1)))
    expect(Math.min(...numbers)).toBeLessThan(200)
    expect(Math.max(...numbers)).toBeGreaterThan(1800)
  })

  it('of an empty store is empty', async () => {
    expect((await open(makeDb(SCHEMA))).hashes).toEqual([])
  })

  it("is not taken where the statement is the operator's own, unless LEGACY_AUDIT_SQL says how", async () => {
    const sql = 'SELECT pw AS password_hash, email FROM users WHERE email = :login'
    const path = makeDb(USERS, "INSERT INTO users (email, pw) VALUES ('ann', 'h')")
    expect((await open(path, sql)).hashes).toEqual([])
    const auditSql = 'SELECT email AS Login, pw AS PASSWORD_HASH, active FROM users;'
    expect((await open(path, sql, { auditSql })).hashes).toEqual(['h'])
  })
})

describe('a statement of another schema', () => {
  it('may use the login as typed, and name its own columns', async () => {
    const path = makeDb(USERS, `INSERT INTO users VALUES ('Ann@X.example', 'hash', 1, 'u-7')`)
    const sql = 'SELECT pw AS password_hash, email, uid AS id FROM users WHERE email = :username'
    const store = await open(path, sql)
    expect(await store.find('ann@x.example', 'Ann@X.example')).toEqual([
      { key: 'id u-7', passwordHash: 'hash', enabled: true },
    ])
    expect(await store.find('ann@x.example', 'ann@x.example')).toEqual([])
  })

  it('is read no further than necessary', async () => {
    const endless = `WITH RECURSIVE n(i) AS (SELECT 'hash' UNION ALL SELECT i FROM n)
      SELECT i AS password_hash, 'a' AS login FROM n WHERE :login = :login`
    expect(await (await open(makeDb(USERS), endless)).find('a', 'a')).toHaveLength(2)
  })

  it.each([
    ['does not compile', 'SELEC pw = :login', /syntax error/],
    [
      'names a table that is not there',
      'SELECT 1 AS password_hash FROM nowhere WHERE :login',
      /no such table/,
    ],
    ['returns no hash', 'SELECT pw FROM users WHERE email = :login', /password_hash/],
    ['writes', 'DELETE FROM users WHERE email = :login', /syntax error/],
    [
      'writes and returns',
      'DELETE FROM users WHERE email = :login RETURNING pw AS password_hash',
      /syntax error/,
    ],
    [
      'is two',
      'SELECT pw AS password_hash, email FROM users WHERE :login; SELECT 1',
      /syntax error/,
    ],
    [
      'has another parameter',
      'SELECT pw AS password_hash, email FROM users WHERE email = :mail',
      /mail/,
    ],
    [
      'has a nameless parameter',
      'SELECT pw AS password_hash, email FROM users WHERE email = ?',
      /./,
    ],
    ['is empty', ' ', /:login/],
  ])('that %s stops the start', async (_, sql, message) => {
    expect(await refusal(makeDb(USERS), sql)).toMatchObject({
      code: 'legacy_unusable',
      detail: expect.stringMatching(message) as string,
    })
  })
})

describe('the file', () => {
  it('is never written', async () => {
    const path = makeDb(SCHEMA)
    const before = statSync(path).mtimeMs
    await (await open(path)).find('a', 'a')
    expect(statSync(path).mtimeMs).toBe(before)
  })

  it('that is missing, a directory or not a database stops the start', async () => {
    const dir = tempDir()
    writeFileSync(join(dir, 'text'), 'this is no database, though it is long enough for a header')
    for (const name of ['missing.sqlite', 'text', '.']) {
      expect(await refusal(join(dir, name))).toMatchObject({ code: 'legacy_unusable' })
    }
  })
})

/** A store of one account, which may be disabled. */
const accountsDb = (enabled: 0 | 1, more = ''): string =>
  makeDb(
    SCHEMA,
    `INSERT INTO accounts (login, password_hash, enabled) VALUES ('ann', 'h', ${enabled})`,
    more,
  )

const isEnabled = async (store: HashStore): Promise<boolean | undefined> =>
  (await store.find('ann', 'ann'))[0]?.enabled

const UNAVAILABLE = { code: 'legacy_unavailable' }

describe('a file that is replaced', () => {
  it('with mv is used from the next call on', async () => {
    const path = accountsDb(1)
    const store = await open(path)
    expect(await isEnabled(store)).toBe(true)
    renameSync(accountsDb(0), path)
    expect(await isEnabled(store)).toBe(false)
    expect(store.state).toBe('ok')
  })

  it('behind a symbolic link is used too', async () => {
    const [old, next] = [accountsDb(1), accountsDb(0)]
    const [path, swap] = [join(tempDir(), 'current'), join(tempDir(), 'swap')]
    symlinkSync(old, path)
    const store = await open(path)
    expect(await isEnabled(store)).toBe(true)
    symlinkSync(next, swap)
    renameSync(swap, path)
    expect(await isEnabled(store)).toBe(false)
  })

  it('in place with cp is used, though header and size are the same', async () => {
    const path = accountsDb(1)
    const store = await open(path)
    expect(await isEnabled(store)).toBe(true)
    const next = accountsDb(0)
    expect(statSync(next).size).toBe(statSync(path).size)
    copyFileSync(next, path)
    expect(await isEnabled(store)).toBe(false)
  })

  it('by a commit of another process is read with its new content', async () => {
    const path = accountsDb(1)
    const store = await open(path)
    expect(await isEnabled(store)).toBe(true)
    const writer = new Database(path)
    writer.exec('UPDATE accounts SET enabled = 0')
    expect(await isEnabled(store)).toBe(false)
    writer.exec('UPDATE accounts SET enabled = 1')
    writer.close()
    expect(await isEnabled(store)).toBe(true)
  })

  it('and missing is an outage until it is back', async () => {
    const path = accountsDb(1)
    const clock = new ManualClock()
    const failures: (string | undefined)[] = []
    const onCheck: StoreOptions['onCheck'] = (_, failure) => failures.push(failure?.detail)
    const store = await open(path, undefined, { clock, onCheck })
    const kept = join(tempDir(), 'kept')
    linkSync(path, kept)
    unlinkSync(path)
    clock.advance(1_000)
    await expect(store.find('ann', 'ann')).rejects.toMatchObject(UNAVAILABLE)
    await expect(store.ping()).rejects.toMatchObject(UNAVAILABLE)
    await expect.poll(() => store.state).toBe('refused')
    renameSync(kept, path)
    await expect(store.find('ann', 'ann')).rejects.toMatchObject(UNAVAILABLE)
    clock.advance(1_000)
    expect(await isEnabled(store)).toBe(true)
    expect(store.state).toBe('ok')
    expect(failures).toEqual([undefined, expect.stringContaining('there is no file at'), undefined])
  })

  it.each([
    ['another schema', () => makeDb('CREATE TABLE accounts (login TEXT, password_hash TEXT)')],
    ['a flag that is a date', () => makeDb(SCHEMA.replace(/enabled .+/, 'enabled DATETIME'))],
    ['no database', () => makeText()],
    ['no table', () => makeDb(USERS)],
  ])('by one of %s is refused', async (_, make) => {
    const path = accountsDb(1)
    const clock = new ManualClock()
    const store = await open(path, undefined, { clock })
    renameSync(make(), path)
    clock.advance(1_000)
    await expect(store.find('ann', 'ann')).rejects.toMatchObject(UNAVAILABLE)
    await expect(store.ping()).rejects.toMatchObject(UNAVAILABLE)
    await expect.poll(() => store.state).toBe('refused')
    renameSync(accountsDb(1), path)
    clock.advance(1_000)
    expect(await isEnabled(store)).toBe(true)
  })

  it('in place by something that is not a database is an outage, and is read again when it is one', async () => {
    const path = accountsDb(1)
    const clock = new ManualClock()
    const store = await open(path, undefined, { clock })
    copyFileSync(makeText(), path)
    clock.advance(1_000)
    await expect(store.find('ann', 'ann')).rejects.toMatchObject(UNAVAILABLE)
    copyFileSync(accountsDb(0), path)
    clock.advance(1_000)
    expect(await isEnabled(store)).toBe(false)
  })
})

const makeText = (): string => {
  const path = join(tempDir(), 'text')
  writeFileSync(path, 'this is no database, though it is long enough for a header'.repeat(200))
  return path
}

describe('a statement that returns every column', () => {
  const sql = 'SELECT * FROM accounts WHERE login = :login'
  const PLAIN = `CREATE TABLE accounts (login TEXT PRIMARY KEY, password_hash TEXT, enabled INTEGER)`

  it('is used without a new column, and refused without the flag', async () => {
    const path = makeDb(PLAIN, "INSERT INTO accounts VALUES ('ann', 'h', 0)")
    const store = await open(path, sql)
    const writer = new Database(path)
    writer.exec('ALTER TABLE accounts ADD COLUMN note TEXT')
    expect(await isEnabled(store)).toBe(false)
    writer.exec('ALTER TABLE accounts RENAME COLUMN enabled TO active')
    writer.close()
    await expect(store.find('ann', 'ann')).rejects.toMatchObject(UNAVAILABLE)
    await expect.poll(() => store.state).toBe('refused')
  })
})

/** Threads are numbered in the order in which they start. */
const nextThreadId = (): number => {
  const thread = new Worker('', { eval: true })
  onTestFinished(async () => {
    await thread.terminate()
  })
  return thread.threadId
}

describe('a row that cannot be read', () => {
  const sql =
    "SELECT email, pw AS password_hash, json_extract(uid, '$.on') AS enabled FROM users WHERE email = :login"
  const rows = `INSERT INTO users (email, pw, uid) VALUES ('ann', 'h', '{"on":1}'), ('bad', 'h', '{')`

  it('fails alone: the others are answered, and nothing is checked again', async () => {
    const checks: unknown[] = []
    const onCheck: StoreOptions['onCheck'] = () => checks.push(1)
    const store = await open(makeDb(USERS, rows), sql, { onCheck })
    const before = nextThreadId()
    const calls = Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? 'ann' : 'bad'))
    const ends = await Promise.allSettled(calls.map((login) => store.find(login, login)))
    expect(ends.map(({ status }) => status)).toEqual(
      calls.map((login) => (login === 'ann' ? 'fulfilled' : 'rejected')),
    )
    expect(await store.find('ann', 'ann')).toHaveLength(1)
    expect(store.state).toBe('ok')
    expect(checks).toHaveLength(1)
    // The second thread of the store, and the calling one.
    expect(nextThreadId() - before).toBeLessThanOrEqual(2)
  })
})

describe('a writer that locks the file', () => {
  it('is waited for, and does not block the server', async () => {
    const path = accountsDb(1)
    const store = await open(path, undefined, { lookupMs: 20_000 })
    const writer = new Database(path)
    writer.exec('BEGIN EXCLUSIVE')
    let isFound = false
    const found = isEnabled(store).finally(() => (isFound = true))
    // The event loop runs while the thread waits.
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve))
    expect(isFound).toBe(false)
    writer.exec('ROLLBACK')
    writer.close()
    expect(await found).toBe(true)
  })

  it('for longer than a lookup may take causes an outage', async () => {
    const path = accountsDb(1)
    // The clock stands still: it is SQLite that gives up.
    const store = await open(path, undefined, { lookupMs: 100, clock: new ManualClock() })
    const writer = new Database(path)
    writer.exec('BEGIN EXCLUSIVE')
    await expect(store.find('ann', 'ann')).rejects.toMatchObject(UNAVAILABLE)
    writer.close()
    expect(await isEnabled(store)).toBe(true)
  })
})

describe('75 callers at a locked file', () => {
  const lock = (path: string) => {
    const writer = new Database(path)
    writer.exec('BEGIN EXCLUSIVE')
    return writer
  }
  const askAll = (store: HashStore) => Array.from({ length: 75 }, () => isEnabled(store))

  it("are refused at the end of a lookup's share of the time, and the event loop runs meanwhile", async () => {
    const path = accountsDb(1)
    const clock = new ManualClock()
    const store = await open(path, undefined, { lookupMs: 10_000, clock })
    const writer = lock(path)
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    const outcomes = Promise.allSettled(askAll(store))
    for (let i = 0; i < 100; i++) await new Promise((resolve) => setTimeout(resolve, 1))
    delay.disable()
    // The median: on a busy machine some turns are late, and in a blocked loop all of them are.
    expect(delay.percentile(50) / 1e6).toBeLessThan(50)
    clock.advance(10_000)
    const reasons = (await outcomes).map((one) =>
      one.status === 'rejected' ? (one.reason as unknown) : one,
    )
    expect(reasons).toMatchObject(Array(75).fill(UNAVAILABLE))
    writer.close()
  })

  it('are answered when the lock ends in time', async () => {
    const path = accountsDb(1)
    const store = await open(path, undefined, { lookupMs: 20_000 })
    const writer = lock(path)
    const found = Promise.all(askAll(store))
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
    writer.close()
    expect(await found).toEqual(Array(75).fill(true))
  })
})

describe('a statement that scans', () => {
  /** Schema, statement, and how many indexes the advice should name. */
  const CASES: readonly (readonly [schema: string, sql: string])[] = [
    [USERS, 'SELECT pw AS password_hash, email FROM users WHERE email = :login'],
    [USERS, 'SELECT pw AS password_hash, email FROM users WHERE lower(email) = :login'],
    [USERS, 'SELECT u.pw AS password_hash, u.email FROM users AS u WHERE lower(u.email) = :login'],
    [
      USERS,
      'SELECT u.pw AS password_hash, u.email FROM users u WHERE :login = u.email COLLATE NOCASE',
    ],
    [USERS, 'SELECT pw AS password_hash, email FROM users WHERE email = :login OR uid = :username'],
    [
      `${USERS}; CREATE TABLE secrets (user_id TEXT PRIMARY KEY, hash TEXT)`,
      'SELECT s.hash AS password_hash, u.email FROM users u JOIN secrets s ON s.user_id = u.uid WHERE u.email = :login',
    ],
  ]

  it.each(CASES)(
    '%s: %s gets advice on the index to create, and that index helps',
    async (schema, sql) => {
      const warnings = warningsOf(await open(makeDb(schema), sql))
      expect(warnings).toHaveLength(1)
      const advised = warnings.join(' ').match(/CREATE INDEX [^;]+;/g) ?? []
      expect(advised.length).toBeGreaterThan(0)
      expect(warningsOf(await open(makeDb(schema, ...advised), sql))).toEqual([])
    },
  )

  it('gets a warning even where no index can be named', async () => {
    const sql = "SELECT pw AS password_hash, email FROM users WHERE email LIKE '%' || :login"
    expect(warningsOf(await open(makeDb(USERS), sql))).toEqual([
      expect.stringContaining('reads the whole of users'),
    ])
  })
})
