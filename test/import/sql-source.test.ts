/** Users straight from the legacy database: one contract for every kind. */
import { afterEach, describe, expect, it } from 'vitest'
import { asAppError } from '../../src/errors/errors.ts'
import { openSqlSource } from '../../src/import/sources/sql/sql-source.ts'
import type { Source, SourceRow } from '../../src/import/sources/source.ts'
import { ALL_KINDS, describeEach, freshDatabase, SERVERS, type Kind } from '../support/databases.ts'
import { runSql } from '../support/ledger-sql.ts'
import { startProxy } from '../support/proxy.ts'

const opened: Source[] = []

const open = async (url: string, sql: string): Promise<Source> => {
  const source = await openSqlSource({ url, ca: undefined }, sql)
  opened.push(source)
  return source
}

afterEach(() => {
  for (const source of opened.splice(0)) source.close()
})

const drain = async ({ rows }: Source): Promise<SourceRow[]> => {
  const all: SourceRow[] = []
  for (let next = await rows.next(); !next.done; next = await rows.next()) all.push(next.value)
  return all
}

const fieldsOf = (row: SourceRow): Record<string, unknown> =>
  Object.fromEntries('fields' in row ? row.fields : [])

const BYTES = { sqlite: 'BLOB', postgres: 'BYTEA', mysql: 'BLOB' } as const

/** Two users, and the digits of which rows without end can be made. */
const makeUsers = async (kind: Kind): Promise<string> => {
  const url = await freshDatabase(kind)
  const hash = kind.dialect === 'sqlite' ? "CAST('hash' AS BLOB)" : "'hash'"
  const statements = [
    `CREATE TABLE users (id INTEGER PRIMARY KEY, mail VARCHAR(100), nr BIGINT, pw ${BYTES[kind.dialect]})`,
    `INSERT INTO users VALUES (1, 'a@x.example', 9007199254740993, ${hash}), (2, 'b@x.example', 7, NULL)`,
    'CREATE TABLE digits (d INTEGER)',
    `INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)`,
  ]
  for (const statement of statements) await runSql(url, statement)
  return url
}

const SQL =
  'SELECT mail AS email, nr AS "employeeNumber", pw AS password_hash FROM users ORDER BY id;'

/** 10 to the power of so many rows. */
const many = (power: number): string => {
  const names = ['a', 'b', 'c', 'd', 'e'].slice(0, power)
  const sum = names.map((name) => `${name}.d`).join(' * 10 + ')
  const nested = names.length > 1 ? sum.replace(/ \* 10 \+ /g, ') * 10 + ') : sum
  const number = '('.repeat(names.length - 1) + nested
  const from = names.map((name) => `digits ${name}`).join(', ')
  return `SELECT ${number} AS nr, '${'x'.repeat(200)}' AS pad FROM ${from} ORDER BY ${names.map((name) => `${name}.d`).join(', ')}`
}

await describeEach(ALL_KINDS, 'users', (kind) => {
  it('are read row by row, as they are', async () => {
    const source = await open(await makeUsers(kind), SQL)
    expect(source.columns).toEqual(['email', 'employeeNumber', 'password_hash'])
    const rows = await drain(source)
    expect(rows.map(fieldsOf)).toEqual([
      { email: 'a@x.example', employeeNumber: '9007199254740993', password_hash: 'hash' },
      { email: 'b@x.example', employeeNumber: 7 },
    ])
    expect(rows.map(({ number, fractionRead }) => [number, fractionRead])).toEqual([
      [1, 0.5],
      [2, 1],
    ])
  })

  it('have values of every type that a user can have, and never an object as text', async () => {
    const { dialect } = kind
    const url = await freshDatabase(kind)
    if (dialect === 'sqlite') return
    const one = dialect === 'postgres' ? "B'1'" : "b'1'"
    await runSql(
      url,
      'CREATE TABLE typed (id INTEGER, flag BIT(1), code CHAR(10), tags JSON, size DECIMAL(9,2), nr DECIMAL(9,0), born DATE)',
    )
    await runSql(
      url,
      `INSERT INTO typed VALUES (1, ${one}, 'ab', '["a","b"]', 1.5, 7, '2001-02-03'), (2, ${one}, 'c', '{"a":{"b":1}}', 1, 1, NULL)`,
    )
    const rows = await drain(
      await open(url, 'SELECT flag, code, tags, size, nr, born FROM typed ORDER BY id'),
    )
    const [first = {}] = rows.map(fieldsOf)
    const isText = typeof first['tags'] === 'string'
    expect(first).toEqual({
      flag: 1,
      code: 'ab',
      // MariaDB has JSON as text (MariaDB, "JSON Data Type").
      tags: isText ? '["a","b"]' : ['a', 'b'],
      size: '1.50',
      nr: 7,
      born: '2001-02-03',
    })
    if (!isText) expect(rows[1]).toMatchObject({ flaw: expect.stringContaining('tags') as string })
    expect(JSON.stringify(rows.map(fieldsOf))).not.toMatch(/object Object|\\u0001/)
  })

  it('have lists of every type of item, and a list with a gap is refused', async () => {
    if (kind.dialect !== 'postgres') return
    const columns = {
      texts: `ARRAY['a', 'b,c']`,
      codes: `ARRAY['ab']::char(4)[]`,
      numbers: 'ARRAY[1, 2]',
      large: 'ARRAY[9007199254740993]::bigint[]',
      prices: 'ARRAY[1.50]::numeric(9,2)[]',
      flags: 'ARRAY[true, false]',
      days: `ARRAY['2001-02-03']::date[]`,
      ids: `ARRAY['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11']::uuid[]`,
    }
    const list = Object.entries(columns).map(([name, sql]) => `${sql} AS ${name}`)
    const url = await makeUsers(kind)
    const rows = await drain(await open(url, `SELECT ${list.join(', ')} ORDER BY 1`))
    expect(rows.map(fieldsOf)[0]).toEqual({
      texts: ['a', 'b,c'],
      codes: ['ab'],
      numbers: ['1', '2'],
      large: ['9007199254740993'],
      prices: ['1.50'],
      flags: ['t', 'f'],
      days: ['2001-02-03'],
      ids: ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
    })
    const [gap] = await drain(await open(url, 'SELECT ARRAY[1, NULL] AS gaps ORDER BY 1'))
    expect(gap).toMatchObject({ flaw: expect.stringContaining('gaps') as string })
  })

  it('with a column of a type that a user cannot have are refused by its name before the first row', async () => {
    if (kind.dialect === 'sqlite') return
    const url = await freshDatabase(kind)
    await runSql(url, 'CREATE TABLE places (id INTEGER, place POINT)')
    await expect(
      openSqlSource({ url, ca: undefined }, 'SELECT id, place FROM places ORDER BY id'),
    ).rejects.toMatchObject({
      code: 'legacy_unusable',
      detail: expect.stringContaining('place') as string,
    })
  })

  it('are all read, in their order, where there are many', async () => {
    const rows = await drain(await open(await makeUsers(kind), many(4)))
    const numbers = rows.map((row) => Number(fieldsOf(row)['nr']))
    expect(numbers).toEqual(Array.from({ length: 10_000 }, (_, i) => i))
  })

  it('may be none', async () => {
    const source = await open(await makeUsers(kind), SQL.replace('ORDER', 'WHERE id > 2 ORDER'))
    expect(source.columns).toHaveLength(3)
    expect(await drain(source)).toEqual([])
  })

  it('are read no further once the source is closed', async () => {
    const source = await open(await makeUsers(kind), SQL)
    await source.rows.next()
    source.close()
    expect((await source.rows.next()).done).toBe(true)
  })

  it.each([
    ['no order', 'SELECT mail FROM users', /ORDER BY/],
    ['no SELECT', 'DELETE FROM users -- ORDER BY', /./],
    ['two statements', 'SELECT mail FROM users ORDER BY id; DELETE FROM users', /./],
    ['a column that is not there', 'SELECT absent FROM users ORDER BY 1', /absent/],
  ])('are not read by a statement with %s, which changes nothing', async (_, sql, message) => {
    const url = await makeUsers(kind)
    await expect(openSqlSource({ url, ca: undefined }, sql)).rejects.toMatchObject({
      code: 'legacy_unusable',
      detail: expect.stringMatching(message) as string,
    })
    expect(await runSql(url, 'SELECT id FROM users')).toHaveLength(2)
  })
})

describe('a database that is away', () => {
  const SCHEMES = [
    ['postgres', 5432],
    ['mysql', 3306],
  ] as const

  it.each(SCHEMES)('is distinguished from one that refuses: %s', async (scheme, port) => {
    const proxy = await startProxy(new URL(`${scheme}://reader:pw@127.0.0.1/x`), port)
    proxy.down()
    const refusal = await openSqlSource({ url: proxy.url, ca: undefined }, SQL).catch(asAppError)
    expect(refusal).toMatchObject({
      code: 'legacy_unavailable',
      detail: expect.stringMatching(/^The database at 127\.0\.0\.1:\d+: ECONNREFUSED\. /) as string,
    })
    expect(refusal).toHaveProperty('row.exit', 3)
  })

  it.each(SCHEMES)('is one whose name cannot be resolved: %s', async (scheme) => {
    const url = `${scheme}://reader:pw@nowhere.invalid/x`
    const refusal = await openSqlSource({ url, ca: undefined }, SQL).catch(asAppError)
    expect(refusal).toMatchObject({ code: 'legacy_unavailable' })
  })
})

await describeEach(SERVERS, 'a database', (kind) => {
  const behindProxy = async () => {
    const proxy = await startProxy(new URL(await makeUsers(kind)), kind.defaultPort)
    const source = await open(proxy.url, many(5))
    await source.rows.next()
    return { proxy, source }
  }

  it('that is lost during the read ends it with the number of the last row', async () => {
    const { proxy, source } = await behindProxy()
    proxy.cut()
    await expect(drain(source)).rejects.toMatchObject({
      code: 'legacy_unavailable',
      detail: expect.stringMatching(/after row \d+ \(\w+\)/) as string,
    })
  })

  it('that does not exist on its server is refused', async () => {
    const url = new URL(await freshDatabase(kind))
    url.pathname += '_absent'
    await expect(openSqlSource({ url: url.href, ca: undefined }, SQL)).rejects.toMatchObject({
      code: 'legacy_unusable',
    })
  })

  it('that is silent is waited for until the source is closed', async () => {
    const { proxy, source } = await behindProxy()
    proxy.stall()
    const ended = drain(source).then(
      () => 'ended',
      () => 'ended',
    )
    await proxy.until(() => proxy.swallowed() > 0)
    source.close()
    expect(await ended).toBe('ended')
  })
})
