/** Advice on indexes: it runs as it is written and ends the scan, or it is not given. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ALL_KINDS, describeEach, type Dialect, type TestDatabase } from '../support/databases.ts'
import { warningsOf } from '../support/legacy.ts'
import { openStore } from './contract.ts'

/** How a dialect quotes a name. */
const QUOTES: Readonly<Record<Dialect, string>> = { sqlite: '"', postgres: '"', mysql: '`' }

/** The schema that a test's tables are in; MySQL's is its database. */
const SCHEMAS: Readonly<Record<Dialect, string>> = {
  sqlite: 'main.',
  postgres: 'public.',
  mysql: '',
}

interface Case {
  readonly what: string
  readonly sql: string
  /** Whether advice is given; it is not where the catalogue cannot confirm it. */
  readonly given: boolean
}

const casesFor = (dialect: Dialect): readonly Case[] => {
  const q = (name: string): string => QUOTES[dialect] + name + QUOTES[dialect]
  const hasExpressions = dialect !== 'mysql'
  const select = (from: string, where: string): string =>
    `SELECT ${q('E-mail')} AS email, pw AS password_hash FROM ${from} WHERE ${where}`
  return [
    { what: 'quoted names', sql: select(q('App Users'), `${q('E-mail')} = :login`), given: true },
    {
      what: 'an alias',
      sql: `SELECT u.${q('E-mail')} AS email, u.pw AS password_hash FROM ${q('App Users')} u WHERE u.${q('E-mail')} = :login`,
      given: true,
    },
    {
      what: 'the parameter first',
      sql: select(q('App Users'), `:login = ${q('E-mail')}`),
      given: true,
    },
    {
      what: 'a schema',
      sql: `SELECT mail AS email, pw AS password_hash FROM ${SCHEMAS[dialect]}plain WHERE mail = :login`,
      given: true,
    },
    {
      what: 'lower()',
      sql: 'SELECT mail AS email, pw AS password_hash FROM plain WHERE lower(mail) = :login',
      given: hasExpressions,
    },
    {
      what: 'two columns',
      sql: 'SELECT mail AS email, name AS login, pw AS password_hash FROM plain WHERE mail = :login OR name = :login',
      given: true,
    },
    {
      what: 'a join',
      sql: `SELECT p.mail AS email, s.hash AS password_hash FROM plain p JOIN secrets s ON s.mail = p.mail WHERE p.name = :login`,
      given: true,
    },
    {
      what: 'a view',
      sql: 'SELECT address AS email, pw AS password_hash FROM shown WHERE address = :login',
      given: false,
    },
    {
      what: 'a part of a longer expression',
      sql: "SELECT mail AS email, pw AS password_hash FROM plain WHERE 'x' || mail = :login",
      given: false,
    },
    {
      what: 'a key in the expression',
      sql: "SELECT mail AS email, pw AS password_hash FROM plain WHERE concat('secret-key', mail) = :login",
      given: false,
    },
    {
      what: 'a pattern next to a column',
      sql: "SELECT mail AS email, pw AS password_hash FROM plain WHERE mail = :login OR name LIKE '%' || :login",
      given: false,
    },
  ]
}

await describeEach(ALL_KINDS, 'advice on indexes', ({ dialect, create }) => {
  let db: TestDatabase
  const q = QUOTES[dialect]
  beforeAll(async () => {
    db = await create()
  })
  afterAll(() => db.drop())

  const makeTables = async (): Promise<void> => {
    await db.exec(
      'DROP VIEW IF EXISTS shown',
      ...[`${q}App Users${q}`, 'plain', 'secrets'].map((table) => `DROP TABLE IF EXISTS ${table}`),
      `CREATE TABLE ${q}App Users${q} (${q}E-mail${q} VARCHAR(99), pw VARCHAR(99))`,
      'CREATE TABLE plain (mail VARCHAR(99), name VARCHAR(99), pw VARCHAR(99))',
      'CREATE TABLE secrets (mail VARCHAR(99) PRIMARY KEY, hash VARCHAR(99))',
      'CREATE VIEW shown AS SELECT mail AS address, pw FROM plain',
    )
  }

  it.each(casesFor(dialect).map((one) => [one.what, one] as const))(
    'on %s',
    async (_, { sql, given }) => {
      await makeTables()
      const before = warningsOf(await openStore(db.url, sql)).filter((text) =>
        text.includes('reads the whole'),
      )
      expect(before).toHaveLength(1)
      const advised = before[0]?.match(/CREATE INDEX [^;]+;/g) ?? []
      expect(advised.length > 0).toBe(given)
      expect(before[0]).not.toContain('secret-key')
      await db.exec(...advised)
      if (!given) return
      // The table has rows, since a planner looks at sizes.
      const rows = Array.from({ length: 200 }, (__, i) => `('m${i}', 'n${i}', 'h')`).join()
      await db.exec(`INSERT INTO plain VALUES ${rows}`)
      expect(warningsOf(await openStore(db.url, sql))).toEqual([])
    },
  )
})
