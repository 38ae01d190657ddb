/** A server that is down, slow, hung or restarting: calls fail in time, and recover automatically. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HashStore, StoreOptions } from '../../src/legacy/store.ts'
import { ManualClock } from '../support/clock.ts'
import { describeEach, SERVERS, type Dialect, type TestDatabase } from '../support/databases.ts'
import { startProxy } from '../support/proxy.ts'
import { openStore } from './contract.ts'

const LOOKUP_MS = 5_000
const IDLE_TOO_LONG_MS = 60_000
const UNAVAILABLE = { code: 'legacy_unavailable' }
const IN_TIME = { code: 'legacy_unavailable', detail: 'no answer in time' }

/** A lookup that would take the server half a minute. */
const SLOW: Partial<Record<Dialect, string>> = {
  postgres:
    "SELECT 'h' AS password_hash, 'slow' AS login FROM (SELECT pg_sleep(CASE WHEN :login = 'slow' THEN 30 ELSE 0 END)) AS s",
  mysql: "SELECT 'h' AS password_hash, login FROM accounts WHERE :login = 'slow' AND SLEEP(30) = 0",
}

/** A database of Western European characters only. */
const NARROW: Partial<Record<Dialect, string>> = {
  postgres: "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0",
  mysql: 'CHARACTER SET latin1',
}

await describeEach(SERVERS, 'faults', ({ dialect, defaultPort, schema, create }) => {
  let db: TestDatabase
  beforeAll(async () => {
    db = await create()
    await db.exec(...schema, `INSERT INTO accounts (login, password_hash) VALUES ('ann', 'h')`)
  })
  afterAll(() => db.drop())

  const start = async (more: { poolSize?: number; sql?: string; lookupMs?: number } = {}) => {
    const { sql, ...limits } = more
    const proxy = await startProxy(new URL(db.url), defaultPort)
    const clock = new ManualClock()
    const store = await openStore(proxy.url, sql, { lookupMs: LOOKUP_MS, clock, ...limits })
    return { proxy, clock, store }
  }

  const findAnn = (store: HashStore, deadline?: number) => store.find('ann', 'ann', deadline)
  const ANN = [{ passwordHash: 'h' }]

  /** Settles once the promise does, so that a rejection never stays unhandled. */
  const outcomeOf = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => 'found',
      (err: unknown) => err,
    )

  it('a lookup in which the server hangs is given up at the limit, and so is the connection', async () => {
    const { proxy, clock, store } = await start()
    proxy.stall()
    const outcome = outcomeOf(findAnn(store))
    await proxy.until(() => proxy.swallowed() > 0)
    expect(clock.pending).toEqual([LOOKUP_MS])
    clock.advance(LOOKUP_MS)
    expect(await outcome).toMatchObject(IN_TIME)
    await proxy.until(() => proxy.connections() === 0)
    proxy.pass()
    expect(await findAnn(store)).toMatchObject(ANN)
    expect(clock.pending).toEqual([])
  })

  it('a connection that hangs while it is opened is given up at the limit', async () => {
    const { proxy, clock, store } = await start({ poolSize: 1 })
    clock.advance(IDLE_TOO_LONG_MS)
    proxy.stall()
    const outcome = outcomeOf(findAnn(store))
    await proxy.until(() => proxy.peak() === 2)
    clock.advance(LOOKUP_MS)
    expect(await outcome).toMatchObject(IN_TIME)
    await proxy.until(() => proxy.connections() === 0)
    proxy.pass()
    expect(await findAnn(store)).toMatchObject(ANN)
  })

  it('a call waits for no longer than its own deadline, even when it waits behind one that hangs', async () => {
    const { proxy, clock, store } = await start({ poolSize: 1 })
    proxy.stall()
    const first = outcomeOf(findAnn(store))
    await proxy.until(() => proxy.swallowed() > 0)
    const second = outcomeOf(findAnn(store, clock.now() + 300))
    const third = outcomeOf(findAnn(store))
    expect(clock.pending).toEqual([300, LOOKUP_MS, LOOKUP_MS])
    clock.advance(300)
    expect(await second).toMatchObject(IN_TIME)
    clock.advance(LOOKUP_MS - 300)
    expect(await Promise.all([first, third])).toMatchObject([IN_TIME, IN_TIME])
    proxy.pass()
    expect(await findAnn(store)).toMatchObject(ANN)
  })

  it('a lookup that takes too long is ended by the server', async () => {
    const { store, proxy } = await start({ sql: SLOW[dialect] ?? '', lookupMs: 700 })
    // No time passes on the clock here, so it is not this side that gives up.
    await expect(store.find('slow', 'slow')).rejects.toMatchObject({
      ...UNAVAILABLE,
      detail: undefined,
    })
    expect(proxy.peak()).toBe(1)
  })

  it('a connection that is cut during a lookup fails it at once, and the next one is answered', async () => {
    const { proxy, store } = await start()
    proxy.stall()
    const outcome = outcomeOf(findAnn(store))
    await proxy.until(() => proxy.swallowed() > 0)
    proxy.cut()
    expect(await outcome).toMatchObject(UNAVAILABLE)
    proxy.pass()
    expect(await findAnn(store)).toMatchObject(ANN)
  })

  it('rows of a statement whose transaction did not start are not used', async () => {
    const { proxy, store } = await start()
    proxy.rewrite('BEGIN READ ONLY', 'BEGIN READ ONCE')
    const found = await outcomeOf(findAnn(store))
    if (dialect === 'postgres')
      expect(found).toMatchObject({ ...UNAVAILABLE, cause: { code: '42601' } })
    else expect(found).toBe('found')
  })

  it('a server that restarts between lookups is found again', async () => {
    const { proxy, store } = await start()
    proxy.down()
    await proxy.until(() => proxy.connections() === 0)
    await expect(findAnn(store)).rejects.toMatchObject(UNAVAILABLE)
    await expect(store.ping()).rejects.toMatchObject(UNAVAILABLE)
    await proxy.up()
    expect(await findAnn(store)).toMatchObject(ANN)
    await expect(store.ping()).resolves.toBeUndefined()
  })

  it('a server that is down at the start causes a warning, and is used when it is up', async () => {
    const proxy = await startProxy(new URL(db.url), defaultPort)
    proxy.down()
    const failures: (string | undefined)[] = []
    const clock = new ManualClock()
    const onCheck: StoreOptions['onCheck'] = (_, failure) => failures.push(failure?.detail)
    const store = await openStore(proxy.url, undefined, { clock, onCheck })
    expect(store.state).toBe('unreachable')
    await expect(findAnn(store)).rejects.toMatchObject(UNAVAILABLE)
    await proxy.up()
    clock.advance(1_000)
    expect(await findAnn(store)).toMatchObject(ANN)
    expect(failures).toEqual(['ECONNREFUSED', undefined])
  })

  it('a server that is down at the start is not used with a statement that does not pass', async () => {
    const proxy = await startProxy(new URL(db.url), defaultPort)
    proxy.down()
    const clock = new ManualClock()
    const sql = 'SELECT password_hash FROM accounts WHERE login = :login'
    const store = await openStore(proxy.url, sql, { clock })
    await proxy.up()
    clock.advance(1_000)
    await expect(findAnn(store)).rejects.toMatchObject(UNAVAILABLE)
    await expect(store.ping()).rejects.toMatchObject(UNAVAILABLE)
    expect(store.state).toBe('refused')
  })

  it('many calls that find the statement unchecked cause one check', async () => {
    const proxy = await startProxy(new URL(db.url), defaultPort)
    proxy.down()
    const clock = new ManualClock()
    const store = await openStore(proxy.url, undefined, { clock })
    const peak = proxy.peak()
    await Promise.allSettled(Array.from({ length: 50 }, () => findAnn(store)))
    expect(proxy.peak()).toBe(peak)
    await proxy.up()
    clock.advance(1_000)
    const found = await Promise.all(Array.from({ length: 50 }, () => findAnn(store)))
    expect(found).toMatchObject(Array(50).fill(ANN))
  })

  it('many calls share the connections of the pool', async () => {
    const { proxy, store } = await start({ poolSize: 3 })
    const found = await Promise.all(Array.from({ length: 50 }, () => findAnn(store)))
    expect(found).toMatchObject(Array(50).fill(ANN))
    expect(proxy.peak()).toBe(3)
  })

  it('a connection that was idle for long is not trusted', async () => {
    const { proxy, clock, store } = await start()
    clock.advance(IDLE_TOO_LONG_MS - 1)
    await findAnn(store)
    expect(proxy.peak()).toBe(1)
    clock.advance(IDLE_TOO_LONG_MS)
    await findAnn(store)
    await proxy.until(() => proxy.peak() === 2)
  })

  describe('a login that the server has no characters for', () => {
    it('finds no account, and is no outage', async () => {
      const narrow = await create(NARROW[dialect])
      try {
        await narrow.exec(
          'CREATE TABLE people (email VARCHAR(99) PRIMARY KEY, pw VARCHAR(99))',
          `INSERT INTO people VALUES ('ann', 'h')`,
        )
        const sql = 'SELECT pw AS password_hash, email FROM people WHERE email = :login'
        const store = await openStore(narrow.url, sql)
        expect(await store.find('☕', '☕')).toEqual([])
        expect(await findAnn(store)).toMatchObject(ANN)
        await store.close()
      } finally {
        await narrow.drop()
      }
    })
  })
})
