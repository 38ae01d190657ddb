/** A proxy in front of MySQL that accepts a SET and does not pass it on: its session is refused. */
import { createConnection, type Connection } from 'mysql2/promise'
import { expect, it, onTestFinished } from 'vitest'
import { prepareSession } from '../../src/legacy/sql/mysql-session.ts'
import { describeEach, freshDatabase, MYSQL } from '../support/databases.ts'

const LIMIT_MS = 1_234

await describeEach([MYSQL], 'a session', (kind) => {
  const connect = async (): Promise<Connection> => {
    const client = await createConnection({ uri: await freshDatabase(kind), charset: 'utf8mb4' })
    onTestFinished(() => client.end())
    return client
  }

  it('that has the settings is used', async () => {
    await expect(prepareSession(await connect(), LIMIT_MS)).resolves.toBeUndefined()
  })

  it.each([
    [/READ ONLY/, undefined, 'read-only transactions'],
    [/statement_time/, undefined, 'a time limit for statements'],
    [/sql_mode/, "SET sql_mode = 'NO_BACKSLASH_ESCAPES'", 'sql_mode without NO_BACKSLASH_ESCAPES'],
    [/nothing/, 'SET NAMES latin1', 'the character set utf8mb4'],
  ])('that did not get %s is refused', async (lost, before, what) => {
    const client = await connect()
    if (before !== undefined) await client.query(before)
    const query = ((sql: string) =>
      lost.test(sql) && sql.startsWith('SET')
        ? undefined
        : client.query(sql)) as Connection['query']
    await expect(prepareSession({ query }, LIMIT_MS)).rejects.toMatchObject({
      code: 'legacy_unusable',
      detail: expect.stringContaining(what) as string,
    })
  })
})
