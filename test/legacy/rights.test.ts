/** What the store's user may write, asked of the database itself. */
import { randomBytes } from 'node:crypto'
import { expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { findWritable } from '../../src/legacy/open.ts'
import { describeEach, MYSQL, POSTGRES, type Kind } from '../support/databases.ts'

const LIMITS = { ca: undefined, lookupMs: 20_000, clock: systemClock }

/** Statements that make a user who may only read, and remove it. */
const READER: Readonly<Record<string, (name: string, database: string) => readonly string[][]>> = {
  postgres: (name) => [
    [
      `CREATE ROLE ${name} LOGIN PASSWORD 'reads'`,
      `GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${name}`,
    ],
    [`DROP OWNED BY ${name}`, `DROP ROLE ${name}`],
  ],
  mysql: (name, database) => [
    [
      `CREATE USER '${name}'@'%' IDENTIFIED BY 'reads'`,
      `CREATE USER '${name}'@'localhost' IDENTIFIED BY 'reads'`,
      `GRANT SELECT ON ${database}.* TO '${name}'@'%'`,
      `GRANT SELECT ON ${database}.* TO '${name}'@'localhost'`,
    ],
    [`DROP USER '${name}'@'%'`, `DROP USER '${name}'@'localhost'`],
  ],
}

const withReader = async ({ create, schema, dialect }: Kind) => {
  const database = await create()
  await database.exec(...schema)
  const name = `reader_${randomBytes(4).toString('hex')}`
  const url = new URL(database.url)
  const [made = [], removed = []] = READER[dialect]?.(name, url.pathname.slice(1)) ?? []
  await database.exec(...made)
  onTestFinished(async () => {
    await database.exec(...removed)
    await database.drop()
  })
  url.username = name
  url.password = 'reads'
  return { all: database.url, reader: url.href }
}

await describeEach([POSTGRES, MYSQL], 'the rights', (kind) => {
  it('of a user who may write are found, and one who may only read has none', async () => {
    const { all, reader } = await withReader(kind)
    expect(await findWritable(all, LIMITS)).toMatch(/^(accounts|INSERT|UPDATE|DELETE|DROP|ALTER)$/)
    expect(await findWritable(reader, LIMITS)).toBeUndefined()
  })
})

it('of a file are those of its session, which only reads', async () => {
  expect(await findWritable('sqlite:/nowhere/users.sqlite', LIMITS)).toBeUndefined()
})
