/** The rules for a lookup: whose row it finds, which columns and flags it returns, and what the start reports. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ManualClock } from '../support/clock.ts'
import { ALL_KINDS, describeEach, type Dialect, type TestDatabase } from '../support/databases.ts'
import { warningsOf } from '../support/legacy.ts'
import { openStore, refusal } from './contract.ts'

/** Comparisons that find rows of other people too. */
const LOOSE: Readonly<Record<Dialect, readonly string[]>> = {
  sqlite: [
    'email LIKE :login',
    'email GLOB :login',
    "email LIKE :login || '%'",
    'substr(email, 1, 4) = substr(:login, 1, 4)',
    ':login = :login',
  ],
  postgres: [
    'email ILIKE :login',
    'email LIKE :login',
    'email ~ :login',
    'left(email, 4) = left(:login, 4)',
    ':login = :login',
  ],
  mysql: [
    'email LIKE :login',
    'email REGEXP :login',
    'soundex(email) = soundex(:login)',
    'left(email, 4) = left(:login, 4)',
    ':login = :login',
  ],
}

/** The local parts alone, compared by a pattern. */
const LOCAL: Readonly<Record<Dialect, string>> = {
  sqlite: "substr(email, 1, instr(email, '@') - 1) LIKE substr(:login, 1, instr(:login, '@') - 1)",
  postgres: "split_part(email, '@', 1) LIKE split_part(:login, '@', 1)",
  mysql: "substring_index(email, '@', 1) LIKE substring_index(:login, '@', 1)",
}

const ACCOUNTS: readonly (readonly [email: string, status: string])[] = [
  ['mary.lou@example.com', 'active'],
  ['mary_lou@example.com', 'active'],
  ['bob@example.com', 'left'],
  ['zoë@example.com', 'active'],
  ['anna', 'active'],
]

const INSERTS = ACCOUNTS.map(
  ([email, status], i) =>
    `INSERT INTO people (email, pw, status, seen, yes) VALUES ('${email}', 'h${i}', '${status}', '2026-01-01 00:00:00', 'Y')`,
)

const UNUSABLE = (detail: string | RegExp) => ({
  code: 'legacy_unusable',
  detail: expect.stringMatching(detail) as string,
})

const AUDIT = 'SELECT email AS login, pw AS password_hash FROM people'

await describeEach(ALL_KINDS, 'a lookup', ({ dialect, schema, create }) => {
  let db: TestDatabase
  beforeAll(async () => {
    db = await create()
    await db.exec(
      ...schema,
      'CREATE TABLE people (email VARCHAR(99), pw VARCHAR(99), status VARCHAR(9), seen TIMESTAMP NULL, yes CHAR(1))',
      ...INSERTS,
    )
  })
  afterAll(() => db.drop())

  const openFor = async (where: string) => {
    const sql = `SELECT pw AS password_hash, email FROM people WHERE ${where}`
    const store = await openStore(db.url, sql)
    const find = async (typed: string): Promise<string[]> =>
      (await store.find(typed.toLowerCase(), typed)).map(({ passwordHash }) => passwordHash)
    return { store, find }
  }

  describe('finds', () => {
    it.each(LOOSE[dialect])('by %s finds only the account whose login was typed', async (where) => {
      const { find } = await openFor(where)
      for (const typed of ['mary_lou@example.com', 'mary.lou@example.com']) {
        const hashes = await find(typed)
        expect(hashes.filter((hash) => hash !== (typed.includes('_') ? 'h1' : 'h0'))).toEqual([])
      }
      for (const typed of ['%', '%@example.com', '.*', '_ob@example.com', 'b%', 'bo', '*']) {
        expect([typed, await find(typed)]).toEqual([typed, []])
      }
    })

    it('by a loose comparison counts the rows of others', async () => {
      const { store, find } = await openFor(':login = :login')
      expect(await find('bob@example.com')).toEqual(['h2'])
      expect(store.foreignRows).toBe(ACCOUNTS.length - 1)
      await store.ping()
      expect(store.foreignRows).toBe(ACCOUNTS.length - 1)
      expect(warningsOf(store)).toContainEqual(
        expect.stringContaining('a login that no account has'),
      )
    })

    it('a row by its part before the @, and never a bare name by a full login', async () => {
      const { find } = await openFor(':login = :login')
      expect(await find('BOB')).toEqual(['h2'])
      expect(await find('anna')).toEqual(['h4'])
      expect(await find('anna@b.com')).toEqual([])
      expect(await find('zoe@example.com')).toEqual(['h3'])
      expect(await find('\u0301')).toEqual([])
    })

    it('finds no account where rows were cut off, one of which may be a second account', async () => {
      const numbers = Array.from({ length: 11 }, (_, i) => `SELECT ${i} AS n`).join(' UNION ALL ')
      const sql = `SELECT 'h' AS password_hash, CASE WHEN n >= 9 THEN 'bob' ELSE 'x' END AS login
        FROM (${numbers}) AS eleven WHERE :login = :login ORDER BY n`
      expect(await (await openStore(db.url, sql)).find('bob', 'bob')).toHaveLength(2)
    })
  })

  describe('is refused', () => {
    it.each([
      [
        'without a login column',
        'SELECT pw AS password_hash FROM people WHERE email = :login',
        /whose row/,
      ],
      [
        'with the typed login as its login column',
        'SELECT pw AS password_hash, :login login FROM people WHERE email LIKE :login',
        /a login that is a wildcard/,
      ],
      [
        'with a column that is never read',
        'SELECT pw AS password_hash, email, yes AS Active FROM people WHERE email = :login',
        /returns active.+LEGACY_LOOKUP_IGNORE=active/,
      ],
      [
        'with every column',
        'SELECT *, pw AS password_hash FROM people WHERE email = :login',
        /returns pw, status, seen, yes.+return only: email, password_hash/,
      ],
      [
        'with two columns of the same name',
        'SELECT pw AS password_hash, email, yes AS Enabled, status AS enabled FROM people WHERE email = :login',
        /enabled/i,
      ],
      [
        'with a date as a flag',
        'SELECT pw AS password_hash, email, seen AS enabled FROM people WHERE email = :login',
        /CASE WHEN seen IS NULL THEN 0 ELSE 1 END AS enabled/,
      ],
      [
        'with a number as a hash',
        'SELECT 1 + 1 AS password_hash, email FROM people WHERE email = :login AND :login = :login',
        dialect === 'sqlite' ? 'opened' : /must be text/,
      ],
    ])('%s', async (_, sql, detail) => {
      const result = await refusal(db.url, sql)
      expect(result).toEqual(
        detail === 'opened' ? detail : expect.objectContaining(UNUSABLE(detail)),
      )
    })

    it('with a flag whose words a sample shows, and the advice is an expression that runs', async () => {
      const sql =
        'SELECT p.pw AS password_hash, p.email, p.status AS enabled FROM people p WHERE p.email = :login'
      const err = await refusal(db.url, sql, { auditSql: AUDIT })
      expect(err).toMatchObject(UNUSABLE(/holds 'active', 'left'.+ Write: /))
      const [, advice = ''] =
        /Write: (.+ AS enabled)/.exec((err as { detail: string }).detail) ?? []
      const store = await openStore(db.url, sql.replace('p.status AS enabled', advice), {
        auditSql: AUDIT,
      })
      const bob = await store.find('bob@example.com', 'bob@example.com')
      expect(bob).toMatchObject([{ enabled: false }])
      expect(await store.find('anna', 'anna')).toMatchObject([{ enabled: true }])
    })

    it('without showing a value that is not a word', async () => {
      const sql =
        'SELECT email, pw AS password_hash, pw AS enabled FROM people WHERE email = :login'
      const long = sql.replace('pw AS enabled', "'a value of thirty characters..' AS enabled")
      for (const text of [sql.replace('pw AS enabled', 'email AS enabled'), long]) {
        const err = (await refusal(db.url, text, { auditSql: AUDIT })) as { detail: string }
        expect(err).toMatchObject(UNUSABLE(/has other values\.$/))
      }
    })
  })

  it('may return unread columns that are listed', async () => {
    const sql =
      'SELECT email, pw AS password_hash, status, yes AS Note FROM people WHERE email = :login'
    const store = await openStore(db.url, sql, { ignored: ['STATUS', 'note'] })
    expect(await store.find('anna', 'anna')).toHaveLength(1)
  })

  it('may name its columns in any case', async () => {
    const flag = dialect === 'postgres' ? '"ENABLED"' : 'ENABLED'
    const sql = `SELECT email AS EMAIL, pw AS Password_Hash, 'n' AS ${flag} FROM people WHERE email = :login`
    expect(await (await openStore(db.url, sql)).find('anna', 'anna')).toMatchObject([
      { passwordHash: 'h4', enabled: false },
    ])
  })

  describe('without a login column, where that is requested', () => {
    const unchecked = { unchecked: true, auditSql: AUDIT }
    const bare = (where: string): string => `SELECT pw AS password_hash FROM people WHERE ${where}`

    it('is used with a warning', async () => {
      const store = await openStore(db.url, bare('email = :login'), unchecked)
      expect(await store.find('anna', 'anna')).toHaveLength(1)
      expect(warningsOf(store)).toContainEqual(expect.stringContaining('LEGACY_LOOKUP_UNCHECKED'))
    })

    it.each(LOOSE[dialect])('is refused by %s', async (where) => {
      expect(await refusal(db.url, bare(where), unchecked)).toMatchObject({
        code: 'legacy_unusable',
      })
    })

    it('is refused without samples where a wildcard or any login finds an account', async () => {
      const bySql = (where: string) => refusal(db.url, bare(where), { unchecked: true })
      expect(await bySql(LOCAL[dialect])).toMatchObject(UNUSABLE(/a login that is a wildcard/))
      expect(await bySql(':login = :login')).toMatchObject(UNUSABLE(/a login that no account has/))
    })

    it('is accepted if an account has the same login as the wildcard', async () => {
      const audit = `SELECT email AS login, pw AS password_hash FROM people WHERE email LIKE 'mary%'`
      const store = await openStore(db.url, bare('email = :login'), {
        ...unchecked,
        auditSql: audit,
      })
      expect(store.state).toBe('ok')
    })

    it('is refused where a probe fails', async () => {
      const fails: Record<Dialect, string> = {
        sqlite: `email = CASE WHEN substr(:login, 1, 1) = '%' THEN json(:login) ELSE 'x' END`,
        postgres: `email = CASE WHEN left(:login, 1) = '%' THEN (1 / (length(:login) - length(:login)))::text ELSE 'x' END`,
        mysql: `email = IF(left(:login, 1) = '%', (SELECT email FROM people), 'x')`,
      }
      const result = await refusal(db.url, bare(fails[dialect]), { unchecked: true })
      expect(result).toMatchObject(UNUSABLE(/a probe failed: .+/))
    })
  })

  describe('with samples', () => {
    it('causes a warning about accounts that it does not find', async () => {
      const sql =
        "SELECT email, pw AS password_hash FROM people WHERE email = :login AND status <> 'left'"
      const warnings = warningsOf(await openStore(db.url, sql, { auditSql: AUDIT }))
      expect(warnings).toContainEqual(
        expect.stringContaining('does not find 1 of 5 sampled accounts'),
      )
    })

    it.each([
      ['does not run', 'SELECT nothing FROM nowhere', /./],
      ['has a parameter', `${AUDIT} WHERE email = :login`, /no parameter/],
      ['has no hash', 'SELECT email AS login FROM people', /password_hash/],
    ])(
      'that cannot be read, since the statement %s, is used without them',
      async (_, auditSql, why) => {
        const sql = 'SELECT email, pw AS password_hash FROM people WHERE email = :login'
        const store = await openStore(db.url, sql, { auditSql })
        expect(store.hashes).toEqual([])
        expect(warningsOf(store)).toContainEqual(expect.stringMatching(why))
        expect(await store.find('anna', 'anna')).toHaveLength(1)
      },
    )

    it('reads no more than 500', async () => {
      const auditSql = `SELECT a.email AS login, a.pw AS password_hash FROM people a, people b, people c, people d`
      const sql = 'SELECT email, pw AS password_hash FROM people WHERE email = :login'
      expect((await openStore(db.url, sql, { auditSql })).hashes).toHaveLength(500)
    })

    it('has samples by default in the schema of legacy-db/', async () => {
      await db.exec("INSERT INTO accounts (login, password_hash) VALUES ('eva', 'h')")
      expect((await openStore(db.url)).hashes).toEqual(['h'])
    })
  })

  describe('while the server runs', () => {
    const all = 'SELECT * FROM changing WHERE email = :login'
    const start = async () => {
      await db.exec(
        'DROP TABLE IF EXISTS changing',
        'CREATE TABLE changing (email VARCHAR(99), password_hash VARCHAR(99))',
        "INSERT INTO changing VALUES ('anna', 'h')",
      )
      const clock = new ManualClock()
      const store = await openStore(db.url, all, { clock })
      const enabled = async () => (await store.find('anna', 'anna'))[0]?.enabled
      return { store, clock, enabled }
    }

    it('reads a flag that is added to the table', async () => {
      const { enabled } = await start()
      expect(await enabled()).toBe(true)
      await db.exec('ALTER TABLE changing ADD COLUMN enabled INTEGER DEFAULT 0 NOT NULL')
      expect(await enabled()).toBe(false)
    })

    it('still works after a column that is not read is dropped', async () => {
      const { enabled, store } = await start()
      await db.exec('ALTER TABLE changing ADD COLUMN note VARCHAR(9)')
      expect(await enabled()).toBe(true)
      expect(store.state).toBe('ok')
    })

    it('causes an outage while its flag is missing', async () => {
      await start()
      await db.exec('ALTER TABLE changing ADD COLUMN enabled INTEGER DEFAULT 0 NOT NULL')
      const clock = new ManualClock()
      const store = await openStore(db.url, all, { clock })
      await db.exec('ALTER TABLE changing DROP COLUMN enabled')
      await expect(store.find('anna', 'anna')).rejects.toMatchObject({ code: 'legacy_unavailable' })
      expect(store.state).toBe('refused')
      await db.exec('ALTER TABLE changing ADD COLUMN enabled INTEGER DEFAULT 0 NOT NULL')
      clock.advance(1_000)
      expect(await store.find('anna', 'anna')).toMatchObject([{ enabled: false }])
    })
  })

  describe('warns', () => {
    it('that a statement of one row hides a second account', async () => {
      const sql = 'SELECT email, pw AS password_hash FROM people WHERE email = :login LIMIT 1'
      expect(warningsOf(await openStore(db.url, sql))).toContainEqual(
        expect.stringContaining('returns only one row'),
      )
    })

    it('that a join makes accounts ambiguous', async () => {
      const sql = `SELECT a.email, a.pw AS password_hash FROM people a JOIN people b ON b.status = 'active'
        WHERE a.email = :login`
      expect(warningsOf(await openStore(db.url, sql, { auditSql: AUDIT }))).toContainEqual(
        expect.stringContaining('several rows for 5 of 5'),
      )
    })

    it('without quoting an expression that has no name, or values that are not a flag', async () => {
      const key =
        "SELECT email, pw AS password_hash, concat('a-key-of-32', status) FROM people WHERE email = :login"
      const pins =
        'SELECT email, pw AS password_hash, pw AS enabled FROM people WHERE email = :login'
      for (const sql of [key, pins]) {
        const err = (await refusal(db.url, sql, { auditSql: AUDIT })) as { detail: string }
        expect(err).toMatchObject({ code: 'legacy_unusable' })
        expect(err.detail).not.toMatch(/a-key-of-32|'h\d'/)
      }
    })
  })

  it('looks up no empty login of a sample', async () => {
    const auditSql = `${AUDIT} UNION ALL SELECT '', 'h' UNION ALL SELECT NULL, 'h'`
    const sql = 'SELECT email, pw AS password_hash FROM people WHERE email = :login'
    const store = await openStore(db.url, sql, { auditSql })
    expect(store.hashes).toHaveLength(ACCOUNTS.length)
    expect(warningsOf(store).filter((text) => text.includes('does not find'))).toEqual([])
  })

  it.each([';', ';;', ' ; -- legacy users', ';\n/* the; end */ ;\n'])(
    'may end with %j',
    async (end) => {
      const sql = `SELECT email, pw AS password_hash FROM people WHERE email = :login${end}`
      expect(await (await openStore(db.url, sql)).find('anna', 'anna')).toHaveLength(1)
    },
  )
})
