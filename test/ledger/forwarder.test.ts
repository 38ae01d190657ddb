/** The forwarder with databases that go away, fall silent, or can never be used. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openLedgerDatabase } from '../../src/ledger/database/database.ts'
import { REACH_TIMEOUT_MS } from '../../src/ledger/forwarder.ts'
import type { ForwarderStatus } from '../../src/ledger/protocol.ts'
import { newOutages } from '../../src/ledger/status-log.ts'
import { describeEach, freshDatabase, SERVERS } from '../support/databases.ts'
import { entry } from '../support/ledger-entry.ts'
import { makeForwarder } from '../support/forwarder.ts'
import { runSql } from '../support/ledger-sql.ts'
import { startProxy } from '../support/proxy.ts'
import { startRefusingPostgres } from '../support/refusing-postgres.ts'
import { tempDir } from '../support/temp.ts'

const sqliteIn = (dir: string): string => `sqlite:${join(dir, 'ledger.sqlite')}`

const eventsIn = async (url: string): Promise<unknown[]> =>
  (await runSql(url, 'SELECT event_id FROM ledger_decisions ORDER BY id')).map(
    (row) => row['event_id'],
  )

describe('an entry', () => {
  it('is on the disk at once, and only then reported as persisted', async () => {
    const dir = tempDir()
    const { forwarder, reported } = makeForwarder({ url: sqliteIn(dir), spillDir: dir })
    await forwarder.start()
    forwarder.enqueue([entry(), entry()])
    expect([forwarder.waiting, reported.persisted]).toEqual([2, 2])
    await forwarder.close()
  })

  it('leaves the spill when the database has it', async () => {
    const dir = tempDir()
    const url = sqliteIn(dir)
    const { forwarder, reported, pass } = makeForwarder({ url, spillDir: dir })
    await forwarder.start()
    const entries = Array.from({ length: 1_200 }, () => entry())
    forwarder.enqueue(entries)
    await pass(2_000)
    expect(forwarder.waiting).toBe(0)
    expect(await eventsIn(url)).toEqual(entries.map(({ eventId }) => eventId))
    expect(reported.statuses.at(-1)).toEqual({ database: 'ok', spill: 'ok', waiting: 0 })
    await forwarder.close()
  })

  it('that comes just before the end is written to the disk and forwarded', async () => {
    const dir = tempDir()
    const url = sqliteIn(dir)
    const { forwarder, reported } = makeForwarder({ url, spillDir: dir })
    await forwarder.start()
    const last = entry()
    forwarder.enqueue([last])
    await forwarder.close()
    expect(reported.persisted).toBe(1)
    expect(await eventsIn(url)).toEqual([last.eventId])
  })

  it('stays in memory while the spill is full, and is written when there is room', async () => {
    const dir = tempDir()
    const url = sqliteIn(dir)
    let away = true
    const { forwarder, reported, pass } = makeForwarder({
      url,
      spillDir: dir,
      maxSpillBytes: 512 * 1024,
      between: (database) => ({
        ...database,
        write: async (entries) => {
          if (away) throw new Error('away')
          await database.write(entries)
        },
      }),
    })
    await forwarder.start()
    const entries = Array.from({ length: 4_000 }, () => entry())
    for (let i = 0; i < entries.length; i += 100) {
      forwarder.enqueue(entries.slice(i, i + 100))
      await pass(50)
    }
    expect(reported.statuses.at(-1)).toMatchObject({ database: 'unreachable', spill: 'failing' })
    expect(reported.persisted).toBeLessThan(entries.length)
    away = false
    await pass(90_000)
    expect(reported.statuses.at(-1)).toEqual({ database: 'ok', spill: 'ok', waiting: 0 })
    expect(reported.persisted).toBe(entries.length)
    expect(await eventsIn(url)).toEqual(entries.map(({ eventId }) => eventId))
    await forwarder.close()
  })
})

describe('the start', () => {
  it('is refused by a ledger of a newer version', async () => {
    const dir = tempDir()
    const url = sqliteIn(dir)
    const database = openLedgerDatabase({ url })
    await database.migrate()
    await database.close()
    await runSql(url, 'INSERT INTO ledger_schema (version) VALUES (1000)')
    await expect(makeForwarder({ url, spillDir: dir }).forwarder.start()).rejects.toMatchObject({
      code: 'ledger_newer',
    })
  })

  it('is refused where the file of the ledger cannot be created', async () => {
    const dir = tempDir()
    const url = sqliteIn(join(dir, 'none'))
    await expect(makeForwarder({ url, spillDir: dir }).forwarder.start()).rejects.toMatchObject({
      code: 'ledger_unusable',
      detail: expect.stringContaining('ENOENT') as string,
    })
  })
})

describe('a ledger that keeps refusing', () => {
  it('gets one login at each attempt, and no table changes meanwhile', async () => {
    const { url, logins, refuse } = await startRefusingPostgres()
    refuse()
    const { forwarder, reported, pass } = makeForwarder({ url, spillDir: tempDir() })
    await expect(forwarder.start()).rejects.toMatchObject({ code: 'ledger_unusable' })
    // It tries again after 1, 2, 4 and 8 seconds.
    await pass(15_000)
    expect(logins()).toBe(5)
    expect(new Set(reported.statuses.map(({ database }) => database))).toEqual(new Set(['refused']))
    await forwarder.close()
  })

  it('after a change of its tables counts as one outage', () => {
    const course = ['ok', 'refused', 'migrating', 'refused', 'migrating', 'refused', 'ok'] as const
    const statuses = course.map((database): ForwarderStatus => ({
      database,
      spill: 'ok',
      waiting: 0,
    }))
    expect(statuses.flatMap((next, i) => newOutages(next, statuses[i - 1]))).toEqual(['database'])
  })
})

await describeEach(SERVERS, 'a forwarder', (kind) => {
  const behindProxy = async () => {
    const url = await freshDatabase(kind)
    const proxy = await startProxy(new URL(url), kind.defaultPort)
    return { url, proxy, ...makeForwarder({ url: proxy.url, spillDir: tempDir() }) }
  }

  it('waits out an outage, even at the start', async () => {
    const { url, proxy, forwarder, reported, pass } = await behindProxy()
    proxy.down()
    await forwarder.start()
    const entries = [entry(), entry(), entry()]
    forwarder.enqueue(entries.slice(0, 1))
    await pass(1_000)
    expect(forwarder.waiting).toBe(1)
    expect(reported.statuses.at(-1)).toMatchObject({ database: 'unreachable', waiting: 1 })
    await proxy.up()
    await pass(30_000)
    expect(reported.statuses.at(-1)).toEqual({ database: 'ok', spill: 'ok', waiting: 0 })
    proxy.down()
    forwarder.enqueue(entries.slice(1, 2))
    await pass(1_000)
    expect(forwarder.waiting).toBe(1)
    await proxy.up()
    forwarder.enqueue(entries.slice(2))
    await pass(30_000)
    expect(await eventsIn(url)).toEqual(entries.map(({ eventId }) => eventId))
    await forwarder.close()
  })

  it('disconnects from a database that falls silent, and opens a new connection', async () => {
    const { url, proxy, forwarder, clock, reported, pass } = await behindProxy()
    await forwarder.start()
    proxy.stall()
    const entries = [entry(), entry()]
    forwarder.enqueue(entries)
    clock.advance(500)
    await proxy.until(() => proxy.swallowed() > 0)
    clock.advance(REACH_TIMEOUT_MS)
    await forwarder.cycleEnd()
    expect(reported.persisted).toBe(2)
    expect(forwarder.waiting).toBe(2)
    expect(reported.statuses.at(-1)).toMatchObject({
      database: 'unreachable',
      cause: { type: 'AppError', code: 'ledger_unavailable' },
    })
    proxy.pass()
    await pass(30_000)
    expect(await eventsIn(url)).toEqual(entries.map(({ eventId }) => eventId))
    await forwarder.close()
  })

  it('is closed without delay where a database has fallen silent', async () => {
    const { proxy, forwarder, clock, reported } = await behindProxy()
    await forwarder.start()
    proxy.stall()
    forwarder.enqueue([entry()])
    const closed = forwarder.close()
    expect(reported.persisted).toBe(1)
    await proxy.until(() => proxy.swallowed() > 0)
    clock.advance(2_000)
    await closed
  })

  it('refuses a wrong database at the start with the message of the server, which contains no password', async () => {
    const url = new URL(await freshDatabase(kind))
    url.pathname = '/no_such_database'
    url.username = url.username === 'root' ? 'nobody_knows' : url.username
    url.password = 'Q7ZqMarked7Qz'
    const err: unknown = await makeForwarder({ url: url.href, spillDir: tempDir() })
      .forwarder.start()
      .catch((err: unknown) => err)
    expect(err).toMatchObject({
      code: 'ledger_unusable',
      detail: expect.stringMatching(
        /^LEDGER_DB_URL: (3D000: database .+ does not exist|ER_ACCESS_DENIED_ERROR: Access denied .+)$/,
      ) as string,
    })
    expect(JSON.stringify(err)).not.toContain('Q7ZqMarked7Qz')
  })

  it('learns of wrong guesses at other replicas, once', async () => {
    const url = await freshDatabase(kind)
    const rules = { uncounted: ['too_many_guesses'], windowMs: 60_000 }
    const epochMs = (): number => Date.parse('2026-10-01T12:00:10.000Z')
    const make = (replica: string, more: { guessesUpTo?: number } = {}) =>
      makeForwarder({ url, spillDir: tempDir(), replica, guesses: rules, epochMs, ...more })
    const [one, other] = [make('replica-a'), make('replica-b')]
    await one.forwarder.start()
    await other.forwarder.start()
    const guess = entry({ account: 'guessed at' })
    one.forwarder.enqueue([guess, entry({ outcome: 'VERIFIED', reason: 'match' })])
    await one.pass(500)
    await other.pass(1_500)
    expect(other.reported.guesses).toEqual([
      { account: 'guessed at', person: 'person', reason: 'mismatch', ageMs: 10_000 },
    ])
    await one.pass(3_000)
    await other.pass(3_000)
    expect(other.reported.guesses).toHaveLength(1)
    expect(one.reported.guesses).toEqual([])
    const late = make('replica-c')
    await late.forwarder.start()
    await late.pass(1_500)
    expect(late.reported.guesses).toHaveLength(1)
    const { upTo } = late.reported
    const heir = make('replica-c', upTo === undefined ? {} : { guessesUpTo: upTo })
    await heir.forwarder.start()
    await heir.pass(1_500)
    expect(heir.reported.guesses).toEqual([])
    for (const { forwarder } of [one, other, late, heir]) await forwarder.close()
  })
})
