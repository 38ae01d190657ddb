/** One contract for the legacy stores of every dialect, and the special cases of single dialects. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ALL_KINDS, describeEach, SERVERS, type Dialect } from '../support/databases.ts'
import type { TestDatabase } from '../support/databases.ts'
import { warningsOf } from '../support/legacy.ts'
import { contract, openStore, refusal } from './contract.ts'

await describeEach(ALL_KINDS, 'the contract', contract)

/** A function that writes, which a single SELECT may call. */
const WRITER: Partial<Record<Dialect, string>> = {
  postgres: `CREATE FUNCTION writes() RETURNS TEXT LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO people (email) VALUES ('made'); RETURN 'h'; END $$`,
  mysql: `CREATE FUNCTION writes() RETURNS VARCHAR(9) MODIFIES SQL DATA
    BEGIN INSERT INTO people (email) VALUES ('made'); RETURN 'h'; END`,
}

const usePeople = (create: () => Promise<TestDatabase>, columns: string): (() => TestDatabase) => {
  let db: TestDatabase
  beforeAll(async () => {
    db = await create()
    await db.exec(`CREATE TABLE people (${columns})`)
  })
  afterAll(() => db.drop())
  return () => db
}

await describeEach(SERVERS, 'a session', ({ dialect, create }) => {
  const db = usePeople(create, 'email VARCHAR(99), pw VARCHAR(99)')

  it('cannot write, whatever the statement calls', async () => {
    await db().exec(WRITER[dialect] ?? '')
    const early = `SELECT writes() AS password_hash, 'x' AS login FROM (SELECT 1 AS one) AS t WHERE :login <> 'y'`
    expect(await refusal(db().url, early)).toMatchObject({
      code: 'legacy_unusable',
      detail: expect.stringMatching(/read.only/i) as string,
    })
    // With an account the function is called: MariaDB refuses in advance, PostgreSQL during the call.
    await db().exec("INSERT INTO people VALUES ('ann', 'h')")
    const late =
      "SELECT 'h' AS password_hash, 'x' AS login FROM people WHERE :login = 'x' AND writes() = 'h'"
    const attempt = openStore(db().url, late).then((store) => store.find('x', 'x'))
    await expect(attempt).rejects.toMatchObject({
      code: expect.stringMatching(/^legacy_/) as string,
    })
    const all = "SELECT email AS password_hash, 'x' AS login FROM people WHERE :login = :login"
    expect(await (await openStore(db().url, all)).find('x', 'x')).toHaveLength(1)
  })

  it.each([
    ['another password', (url: URL) => (url.password = 'Q7ZqMarked7Qz')],
    ['another user', (url: URL) => (url.username = 'nobody-here')],
    ['another database', (url: URL) => (url.pathname = '/not_there')],
    ['TLS of a server that has none', (url: URL) => (url.search = '?sslmode=verify-full')],
  ])('that uses %s stops the start without revealing the password', async (what, change) => {
    const url = new URL(db().url)
    url.password ||= 'Q7ZqMarked7Qz'
    change(url)
    // A server that trusts everyone accepts any password.
    const sql = "SELECT 'h' AS password_hash, 'x' AS login WHERE :login = 'x'"
    const err = await refusal(url.href, sql)
    if (what === 'another password' && err === 'opened') return
    expect(err).toMatchObject({ code: 'legacy_unusable' })
    expect(JSON.stringify(err) + String(err)).not.toContain('Q7ZqMarked7Qz')
  })
})

const only = (dialect: Dialect) => SERVERS.filter((kind) => kind.dialect === dialect)

await describeEach(only('postgres'), 'special cases', ({ create }) => {
  const db = usePeople(create, 'no INTEGER, email TEXT, uid UUID, pw TEXT')

  it.each(['no', 'uid'])('a column %s that is not text is refused', async (column) => {
    const sql = `SELECT pw AS password_hash, email FROM people WHERE ${column} = :login`
    expect(await refusal(db().url, sql)).toMatchObject({ code: 'legacy_unusable' })
    const asText = sql.replace(column, `${column}::text`)
    expect(await (await openStore(db().url, asText)).find('1x', '1x')).toEqual([])
  })

  it('the advice for an expression names an index, and reading an index from end to end is a scan', async () => {
    const sql = 'SELECT pw AS password_hash, email FROM people WHERE lower(email) = :login'
    await db().exec('CREATE INDEX of_no_use ON people (email, pw)')
    const warnings = warningsOf(await openStore(db().url, sql))
    expect(warnings).toEqual([
      expect.stringContaining('CREATE INDEX ON public.people (lower(email));'),
    ])
    await db().exec(/CREATE INDEX [^;]+;/.exec(warnings[0] ?? '')?.[0] ?? '')
    expect(warningsOf(await openStore(db().url, sql))).toEqual([])
  })

  it('dollar quotes and casts are not parameters', async () => {
    const sql = `SELECT $a$ :login $1 $a$ AS password_hash, '7'::int AS id, $$a$$ AS login WHERE :login::text = $$a$$`
    expect(await (await openStore(db().url, sql)).find('a', 'a')).toEqual([
      { key: 'id 7', passwordHash: ' :login $1 ', enabled: true },
    ])
  })
})

await describeEach(only('mysql'), 'special cases', ({ create }) => {
  const db = usePeople(create, 'no INT, email VARCHAR(99), raw VARBINARY(99), pw TEXT, KEY (email)')

  it('a numeric column is refused, since 12x would find 12', async () => {
    const sql = 'SELECT pw AS password_hash FROM people p WHERE p.no = :login'
    expect(await refusal(db().url, sql, { unchecked: true })).toMatchObject({
      code: 'legacy_unusable',
      detail: expect.stringContaining('CAST(no AS CHAR)') as string,
    })
    await db().exec("INSERT INTO people (no, email, pw) VALUES (12, 'zoë', 'h')")
    const asText = sql.replace('p.no', 'CAST(p.no AS CHAR)')
    const named = sql.replace('SELECT', 'SELECT no AS login,')
    for (const store of [
      await openStore(db().url, asText, { unchecked: true }),
      await openStore(db().url, named),
    ]) {
      expect(await store.find('12x', '12x')).toEqual([])
      expect(await store.find('12', '12')).toHaveLength(1)
    }
  })

  it('a collation that equates letters finds the logins that Okta considers the same', async () => {
    await db().exec("INSERT INTO people (no, email, pw) VALUES (13, 'straße', 'h')")
    const sql = 'SELECT pw AS password_hash, email FROM people WHERE email = :login'
    const store = await openStore(db().url, sql)
    expect(await store.find('zoe', 'zoe')).toHaveLength(1)
    expect(await store.find('strase', 'strase')).toEqual([])
    expect(store.findings).toContainEqual({
      topic: 'collation',
      level: 'ok',
      text: expect.stringContaining('different letters') as string,
    })
    const open = await openStore(db().url, sql.replace(', email', ''), { unchecked: true })
    expect(await open.find('strase', 'strase')).toHaveLength(1)
    expect(warningsOf(open)).toContainEqual(expect.stringContaining('different letters'))
  })

  it('bytes are compared as they are, with no warning except about the index', async () => {
    const sql = 'SELECT pw AS password_hash, raw AS login FROM people WHERE raw = :login'
    expect(warningsOf(await openStore(db().url, sql))).toEqual([
      expect.stringContaining('CREATE INDEX `raw_login` ON people (`raw`);'),
    ])
  })

  it('a backslash before a quote does not end it', async () => {
    const sql = String.raw`SELECT '\':login' AS password_hash, "\"?" AS id, '\\' AS login FROM dual WHERE :login = '\\'`
    expect(await (await openStore(db().url, sql)).find('\\', '\\')).toEqual([
      { key: 'id "?', passwordHash: "':login", enabled: true },
    ])
  })
})

describe('a URL with an unknown scheme', () => {
  it('is refused without being quoted', async () => {
    const err = await refusal('toString:secret', 'SELECT 1')
    expect(err).toMatchObject({ code: 'legacy_unusable' })
    expect(JSON.stringify(err)).not.toContain('secret')
  })
})
