/** PostgreSQL behind a pooler in transaction mode: every lookup is bounded, and leaves nothing behind. */
import pg from 'pg'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import type { StoreOptions } from '../../src/legacy/store.ts'
import { ManualClock } from '../support/clock.ts'
import { describeEach, type TestDatabase } from '../support/databases.ts'
import { warningsOf } from '../support/legacy.ts'
import { POOLER, startPooler } from '../support/pgbouncer.ts'
import { openStore, refusal } from './contract.ts'

const FROM_ANN = `SELECT login, password_hash, CASE WHEN :login = 'ann' THEN %s END AS id FROM accounts WHERE login = :login`

/** A lookup that does this where it finds the one account. */
const doing = (expression: string): string => FROM_ANN.replace('%s', expression)

await describeEach([POOLER], 'a lookup', ({ schema, create }) => {
  let db: TestDatabase
  beforeAll(async () => {
    db = await create()
    await db.exec(
      ...schema,
      `INSERT INTO accounts (login, password_hash) VALUES ('ann', 'h')`,
      'CREATE TABLE written (text TEXT)',
      `CREATE FUNCTION writes() RETURNS TEXT LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO written VALUES ('x'); RETURN 'h'; END $$`,
    )
  })
  afterAll(() => db.drop())

  /** All settings in the one session that the pooler has with the server. */
  const sessionOf = async (url: string) => {
    const client = new pg.Client({ connectionString: url, application_name: 'okta-migrate' })
    await client.connect()
    onTestFinished(() => client.end())
    const { rows } = await client.query<{ pid: number; settings: string }>(
      `SELECT pg_backend_pid() AS pid, (SELECT json_agg(s ORDER BY name)::text
         FROM (SELECT name, setting, source FROM pg_settings) AS s) AS settings`,
    )
    return rows[0]
  }

  it('passes its check and is answered, with many calls at once', async () => {
    const store = await openStore(await startPooler(db.url))
    expect(store.state).toBe('ok')
    expect(warningsOf(store)).toEqual([])
    const found = await Promise.all(Array.from({ length: 40 }, () => store.find('ann', 'ann')))
    expect(found).toMatchObject(Array(40).fill([{ passwordHash: 'h' }]))
    expect(await store.find('bob', 'bob')).toEqual([])
  })

  it('that takes too long is ended by the server', async () => {
    const url = await startPooler(db.url)
    // The clock stands still, so it is not this side that gives up.
    const clock = new ManualClock()
    const store = await openStore(url, doing('pg_sleep(30)::text'), { lookupMs: 300, clock })
    await expect(store.find('ann', 'ann')).rejects.toMatchObject({
      code: 'legacy_unavailable',
      cause: { code: '57014' },
    })
    expect(await store.find('bob', 'bob')).toEqual([])
  })

  it.each(['writes()', "set_config('transaction_read_only', 'off', true) || writes()"])(
    'that writes by %s is refused',
    async (expression) => {
      const store = await openStore(await startPooler(db.url), doing(expression))
      await expect(store.find('ann', 'ann')).rejects.toMatchObject({
        code: 'legacy_unavailable',
        cause: { code: expect.stringMatching(/^25(?:006|001)$/) as string },
      })
      await db.exec(
        `DO $$ BEGIN ASSERT (SELECT count(*) FROM written) = 0, 'something was written'; END $$`,
      )
    },
  )

  it('leaves nothing in the session, whatever it sets there', async () => {
    const url = await startPooler(db.url)
    const before = await sessionOf(url)
    const sets = ['statement_timeout', 'default_transaction_read_only', 'search_path', 'my.own']
      .map((name, i) => `set_config('${name}', '${i}', false)`)
      .join(' || ')
    const store = await openStore(url, doing(sets))
    expect(await store.find('ann', 'ann')).toMatchObject([{ key: 'id 0on23' }])
    expect(await sessionOf(url)).toEqual(before)
  })

  it('has its strings read by the standard rules, whatever the setting of the server', async () => {
    const old = await create()
    try {
      const name = new URL(old.url).pathname.slice(1)
      await old.exec(`ALTER DATABASE ${name} SET standard_conforming_strings = off`)
      const sql = String.raw`SELECT '\' AS password_hash, 'a' AS login WHERE :login = 'a'`
      const store = await openStore(await startPooler(old.url), sql)
      expect(await store.find('a', 'a')).toMatchObject([{ passwordHash: '\\' }])
      await store.close()
    } finally {
      await old.drop()
    }
  })

  it("through a pooler that refuses transactions stops the start with the pooler's message", async () => {
    expect(await refusal(await startPooler(db.url, 'statement'))).toMatchObject({
      code: 'legacy_unusable',
      detail: expect.stringContaining('transaction blocks not allowed') as string,
    })
  })

  it('waits for the database behind the pooler, and reports its error', async () => {
    const url = new URL(await startPooler('postgres://postgres@127.0.0.1:1/away'))
    const failures: (string | undefined)[] = []
    const onCheck: StoreOptions['onCheck'] = (_, failure) => failures.push(failure?.detail)
    const store = await openStore(url.href, undefined, { onCheck })
    expect(store.state).toBe('unreachable')
    expect(failures).toEqual(['08P01: query_wait_timeout'])
  })
})
