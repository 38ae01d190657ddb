/** The tests that every legacy store passes, whatever its dialect. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { HashStore, StoreOptions } from '../../src/legacy/store.ts'
import type { Dialect, Kind, TestDatabase } from '../support/databases.ts'
import { openLegacy, warningsOf } from '../support/legacy.ts'

export const openStore = async (
  url: string,
  sql?: string,
  more: Partial<StoreOptions> = {},
): Promise<HashStore> => {
  const store = await openLegacy(url, { sql, ...more })
  onTestFinished(() => store.close())
  return store
}

/** Logins that would have an effect if they were ever more than a value; no account has one of them. */
export const HOSTILE = [
  "'",
  "''",
  '"',
  '`',
  "' OR '1'='1",
  "' OR 1=1 --",
  "\\' OR 1=1 -- ",
  "\\'; DROP TABLE accounts; --",
  "'; DROP TABLE accounts; --",
  '\\',
  '\\\\',
  'a\\',
  '%',
  '_nn',
  'ann%',
  'a\\nn',
  ';',
  '-- ',
  '#',
  '/*',
  '*/',
  '/*! OR 1=1 */',
  '$1',
  '$$',
  '$tag$',
  '?',
  '??',
  ':login',
  ':username',
  '::text',
  '{"$ne":null}',
  'ann\0',
  '\0ann',
  'ann\0\\',
  'ann\ud800',
  '\udc00ann',
  'ann\u0001',
  '\u2019',
  '\u{1f600}',
  'ann\n',
  'ann,bob',
]

/** An enabled flag of each type that a dialect has: the type, the value in SQL, and what it means. */
const FLAGS: Readonly<
  Record<Dialect, readonly (readonly [type: string, value: string, enabled: boolean])[]>
> = {
  sqlite: [
    ['INTEGER', '1', true],
    ['INTEGER', '0', false],
    ['INTEGER', 'NULL', true],
    ['TEXT', "'N'", false],
    ['TEXT', "'yes'", true],
    ['BLOB', "x'30'", false],
  ],
  postgres: [
    ['BOOLEAN', 'true', true],
    ['BOOLEAN', 'false', false],
    ['BOOLEAN', 'NULL', true],
    ['SMALLINT', '1', true],
    ['INTEGER', '0', false],
    ['BIGINT', '0', false],
    ['BIGINT', '1', true],
    ['NUMERIC(1)', '0', false],
    ['NUMERIC(1)', '1', true],
    ['BIT(1)', "B'0'", false],
    ['BIT(1)', "B'1'", true],
    ['CHAR(5)', "'False'", false],
    ['TEXT', "'t'", true],
    ['VARCHAR(9)', "'OFF'", false],
  ],
  mysql: [
    ['BOOLEAN', 'true', true],
    ['TINYINT(1)', '0', false],
    ['TINYINT(1)', 'NULL', true],
    ['INT', '1', true],
    ['BIGINT', '0', false],
    ['BIGINT', '1', true],
    ['DECIMAL(1)', '0', false],
    ['DECIMAL(1)', '1', true],
    ['BIT(1)', "b'0'", false],
    ['BIT(1)', "b'1'", true],
    ['BIT(1)', 'NULL', true],
    ["ENUM('Y','N')", "'N'", false],
    ['CHAR(5)', "'true'", true],
    ['VARCHAR(9)', "'no'", false],
    ['BINARY(1)', "'0'", false],
  ],
}

/** Types that a hash column may have, and how `hash` is written as one. */
const HASHES: Readonly<Record<Dialect, readonly (readonly [type: string, value: string])[]>> = {
  sqlite: [
    ['TEXT', "'hash'"],
    ['BLOB', "CAST('hash' AS BLOB)"],
  ],
  postgres: [
    ['TEXT', "'hash'"],
    ['VARCHAR(80)', "'hash'"],
    ['CHAR(80)', "'hash'"],
    ['BYTEA', String.raw`'\x68617368'`],
  ],
  mysql: [
    ['TEXT', "'hash'"],
    ['VARCHAR(80)', "'hash'"],
    ['CHAR(80)', "'hash'"],
    ['VARBINARY(80)', "'hash'"],
    ['BINARY(80)', "'hash'"],
    ['BLOB', "'hash'"],
    ['VARCHAR(80) CHARACTER SET latin1', "'hash'"],
  ],
}

/** Flags with an unclear meaning. */
const UNREADABLE: Readonly<Record<Dialect, readonly string[]>> = {
  sqlite: ["'active'", "''", '2', '-1', "x'00'"],
  postgres: ["'active'::text", "''::text", '2', "'\\x00'::bytea"],
  mysql: ["'active'", "''", '2', "x'00'"],
}

const BIG_ID = '9007199254740993'

export const refusal = (
  url: string,
  sql?: string,
  more: Partial<StoreOptions> = {},
): Promise<unknown> =>
  openStore(url, sql, more).then(
    () => 'opened',
    (err: unknown) => err,
  )

export const contract = ({ dialect, schema, create }: Kind): void => {
  let db: TestDatabase
  beforeAll(async () => {
    db = await create()
    await db.exec(
      ...schema,
      `INSERT INTO accounts (login, password_hash) VALUES
         ('isaac.brock@example.com', 'h1'), ('zoë@example.com', 'h2'), ('sam@example.com', 'h3'),
         ('sam@example.org', 'h4'), ('plain', 'h5'), ('@odd', 'h6'), ('ann', 'h7'), ('bob', 'h8')`,
    )
  })
  beforeAll(async () => {
    const list = (kept: readonly (readonly [string, string, ...unknown[]])[], letter: string) => ({
      columns: kept.map(([type], i) => `${letter}${i} ${type}`),
      values: kept.map(([, value]) => value),
    })
    const [flags, hashes] = [list(FLAGS[dialect], 'f'), list(HASHES[dialect], 'h')]
    await db.exec(
      `CREATE TABLE kept (email VARCHAR(100), ${[...flags.columns, ...hashes.columns].join(', ')})`,
      `INSERT INTO kept VALUES ('ann', ${[...flags.values, ...hashes.values].join(', ')})`,
    )
  })
  afterAll(() => db.drop())

  const hashesFor = async (store: HashStore, login: string, username = login) =>
    (await store.find(login, username)).map(({ passwordHash }) => passwordHash).sort()

  /** A table of these columns with these values in its one row. */
  const tableOf = async (columns: string, values: string): Promise<string> => {
    const name = `t_${Math.random().toString(36).slice(2)}`
    await db.exec(
      `CREATE TABLE ${name} (email VARCHAR(100), ${columns})`,
      `INSERT INTO ${name} VALUES ('ann', ${values})`,
    )
    return name
  }

  describe('the default statement', () => {
    it.each([
      ['isaac.brock@example.com', ['h1']],
      ['isaac.brock', ['h1']],
      ['zoë@example.com', ['h2']],
      ['zoe@example.com', []],
      ['sam', ['h3', 'h4']],
      ['sam@example.org', ['h4']],
      ['plain', ['h5']],
      ['@odd', ['h6']],
      ['example.com', []],
      ['', []],
      ['nobody', []],
    ])('finds for "%s" %j', async (login, hashes) => {
      expect(await hashesFor(await openStore(db.url), login)).toEqual(hashes)
    })

    it('causes no warning', async () => {
      expect(warningsOf(await openStore(db.url))).toEqual([])
    })

    it('can be tried without an account', async () => {
      await expect((await openStore(db.url)).ping()).resolves.toBeUndefined()
    })

    it('fits a schema that keeps logins unique regardless of case', async () => {
      const insert = `INSERT INTO accounts (login, password_hash) VALUES ('Ann', 'h')`
      await expect(db.exec(insert)).rejects.toThrow(/unique|check|constraint/i)
    })

    it('takes every login as a value, and as nothing more', async () => {
      const store = await openStore(db.url)
      for (const login of HOSTILE) {
        expect([login, await hashesFor(store, login)]).toEqual([login, []])
        if (login.trim() === 'ann') continue
        // The row that it finds does not belong to the typed login.
        expect([login, await hashesFor(store, 'ann', login)]).toEqual([login, []])
      }
      expect(await hashesFor(store, 'ann')).toEqual(['h7'])
    })

    it('answers many calls at once', async () => {
      const store = await openStore(db.url, undefined, { poolSize: 2 })
      const logins = Array.from({ length: 40 }, (_, i) => ['ann', 'bob', 'nobody'][i % 3] ?? '')
      const found = await Promise.all(logins.map((login) => hashesFor(store, login)))
      const expected: Record<string, string[]> = { ann: ['h7'], bob: ['h8'], nobody: [] }
      expect(found).toEqual(logins.map((login) => expected[login]))
    })
  })

  describe('a statement of another schema', () => {
    it('may use both parameters, more than once, next to text that only looks like one', async () => {
      const sql = `
        SELECT password_hash, login, ':login' AS id /* :login's "comment" */ FROM accounts -- :username'
         WHERE login = :login AND :username = :username AND :login <> ':login' AND login = :login;
      `
      const store = await openStore(db.url, sql)
      expect(await store.find('ann', 'ANN')).toEqual([
        { key: 'id :login', passwordHash: 'h7', enabled: true },
      ])
      expect(await store.find(':login', 'ann')).toEqual([])
    })

    it('may use the login as typed alone', async () => {
      const sql = 'SELECT login, password_hash FROM accounts WHERE login = :username'
      const store = await openStore(db.url, sql)
      expect(await hashesFor(store, 'nobody', 'ann')).toEqual(['h7'])
      expect(await hashesFor(store, 'ann', 'nobody')).toEqual([])
    })

    it('treats every hostile login as a value, compared as typed', async () => {
      const sql = "SELECT 'h' AS password_hash, login FROM accounts WHERE :username = login"
      const store = await openStore(db.url, sql)
      for (const login of HOSTILE) {
        expect([login, await hashesFor(store, 'ann', login)]).toEqual([login, []])
      }
    })

    it.each(FLAGS[dialect].map((flag, i) => [...flag, i] as const))(
      'reads enabled %s %s as %s',
      async (_type, _value, enabled, i) => {
        const sql = `SELECT 'h' AS password_hash, email, f${i} AS enabled FROM kept WHERE email = :login`
        expect(await (await openStore(db.url, sql)).find('ann', 'ann')).toMatchObject([{ enabled }])
      },
    )

    it.each(UNREADABLE[dialect])('does not guess at enabled %s', async (value) => {
      const sql = `SELECT login, password_hash, ${value} AS enabled FROM accounts WHERE login = :login`
      const store = await openStore(db.url, sql)
      expect(await store.find('ann', 'ann')).toMatchObject([{ enabled: undefined }])
      expect(await store.find('nobody', 'nobody')).toEqual([])
    })

    it.each(HASHES[dialect].map(([type], i) => [type, i] as const))(
      'reads a hash kept as %s',
      async (_, i) => {
        const sql = `SELECT h${i} AS password_hash, email FROM kept WHERE email = :login`
        expect(await hashesFor(await openStore(db.url, sql), 'ann')).toEqual(['hash'])
      },
    )

    it('gives an account without a hash an empty one', async () => {
      const sql = 'SELECT NULL AS password_hash, email FROM kept WHERE email = :login'
      expect(await hashesFor(await openStore(db.url, sql), 'ann')).toEqual([''])
    })

    it('may have ids beyond 2^53, texts as ids, or none', async () => {
      const table = await tableOf('uid BIGINT, name VARCHAR(9)', `${BIG_ID}, 'u-7'`)
      for (const [id, read] of [
        ['uid', `id ${BIG_ID}`],
        ['name', 'id u-7'],
        ['NULL', 'login ann'],
        ["''", 'login ann'],
      ]) {
        const sql = `SELECT 'h' AS password_hash, email, ${id ?? ''} AS id FROM ${table} WHERE email = :login`
        expect((await (await openStore(db.url, sql)).find('ann', 'ann'))[0]?.key).toBe(read)
      }
    })

    it('is read only until a login is known to be ambiguous', async () => {
      const sql = "SELECT 'h' AS password_hash, 'all' AS login FROM accounts WHERE :login = 'all'"
      expect(await (await openStore(db.url, sql)).find('all', 'all')).toHaveLength(2)
    })
  })

  it.each([
    ['does not compile', 'SELEC login'],
    ['names a table that is not there', 'SELECT 1 AS password_hash FROM nowhere'],
    ['returns no hash', 'SELECT login FROM accounts WHERE login = :login'],
    ['has no parameter', 'SELECT login, password_hash FROM accounts LIMIT 1'],
    ['writes', 'DELETE FROM accounts WHERE login = :login'],
    ['is two', 'SELECT password_hash FROM accounts; SELECT 1 AS password_hash'],
    ['hides a second', 'SELECT password_hash FROM accounts) AS a; DELETE FROM accounts; --'],
    ['has another parameter', 'SELECT password_hash FROM accounts WHERE login = :mail'],
    ['has a nameless parameter', 'SELECT password_hash FROM accounts WHERE login = ?'],
    ['opens a comment', 'SELECT password_hash FROM accounts /* WHERE login = :login'],
    ['opens a quote', "SELECT password_hash FROM accounts WHERE login = ':login"],
    ['is empty', ' '],
  ])('a statement that %s stops the start', async (_, sql) => {
    expect(await refusal(db.url, sql)).toMatchObject({ code: 'legacy_unusable' })
    expect(await hashesFor(await openStore(db.url), 'ann')).toEqual(['h7'])
  })

  it('for a statement that scans, the warning names an index, and that index helps', async () => {
    const table = await tableOf('pw VARCHAR(80)', "'hash'")
    const sql = `SELECT u.pw AS password_hash, u.email FROM ${table} AS u WHERE u.email = :login`
    const scans = (store: HashStore): string[] =>
      warningsOf(store).filter((warning) => warning.includes('reads the whole of'))
    const warnings = scans(await openStore(db.url, sql))
    expect(warnings).toEqual([expect.stringContaining('CREATE INDEX')])
    await db.exec(/CREATE INDEX [^;]+;/.exec(warnings.join(' '))?.[0] ?? '')
    expect(scans(await openStore(db.url, sql))).toEqual([])
  })
}
