/** A ledger and a spill that are shared with replicas of the previous version, which does not know `person`. */
import Database from 'better-sqlite3'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openLedgerDatabase, type LedgerDatabase } from '../../src/ledger/database/database.ts'
import { openSpill } from '../../src/ledger/spill.ts'
import { VERSIONS } from '../../src/ledger/database/schema.ts'
import { ALL_KINDS, describeEach, freshDatabase } from '../support/databases.ts'
import { entry } from '../support/ledger-entry.ts'
import { makeForwarder } from '../support/forwarder.ts'
import { runSql } from '../support/ledger-sql.ts'
import { tempDir } from '../support/temp.ts'

const OLD_COLUMNS =
  'event_id, decided_at, account, outcome, reason, hash_family, hash_cost, wait_ms, run_ms, replica'

/** An entry in the spill of the previous version. */
const oldEntry = (event: string) => ({
  eventId: event,
  decidedAt: '2026-10-01T12:00:00.000Z',
  account: 'account',
  outcome: 'VERIFIED',
  reason: 'match',
  hashFamily: null,
  hashCost: null,
  waitMs: 0,
  runMs: 0,
  replica: 'old',
})

const oldSpill = (dir: string): Database.Database => {
  const db = new Database(join(dir, 'okta-migrate-spill.sqlite'))
  db.exec(
    'CREATE TABLE IF NOT EXISTS waiting (seq INTEGER PRIMARY KEY AUTOINCREMENT, entry TEXT NOT NULL)',
  )
  return db
}

it('an entry that waits in a spill of the previous version is forwarded once', async () => {
  const dir = tempDir()
  const url = `sqlite:${join(dir, 'ledger.sqlite')}`
  const old = oldSpill(dir)
  const add = old.prepare('INSERT INTO waiting (entry) VALUES (?)')
  // Twice: the process that wrote it to the database was killed before it deleted it from the spill.
  for (const event of ['one', 'two', 'one']) add.run(JSON.stringify(oldEntry(event)))
  old.close()
  const { forwarder, reported } = makeForwarder({ url, spillDir: dir })
  await forwarder.start()
  await forwarder.close()
  expect(reported.statuses.at(-1)).toMatchObject({ database: 'ok', waiting: 0 })
  expect(await runSql(url, 'SELECT event_id, person, caller_gone FROM ledger_decisions')).toEqual([
    { event_id: 'one', person: null, caller_gone: null },
    { event_id: 'two', person: null, caller_gone: null },
  ])
})

it('an entry that the previous version may forward has what that version writes, under the same key', () => {
  const dir = tempDir()
  const spill = openSpill(dir)
  const waiting = entry({ oktaEventId: null })
  spill.append([waiting])
  const db = oldSpill(dir)
  const [text = ''] = db.prepare<[], string>('SELECT entry FROM waiting').pluck().all()
  db.close()
  spill.close()
  expect(Object.keys(JSON.parse(text) as object)).toEqual(
    expect.arrayContaining(Object.keys(oldEntry(''))),
  )
  expect(JSON.parse(text)).toMatchObject({ eventId: waiting.eventId })
})

await describeEach(ALL_KINDS, 'a ledger of the previous version', (kind) => {
  /** As the previous version created it. */
  const makeOld = async (): Promise<string> => {
    const url = await freshDatabase(kind)
    const statements = VERSIONS[0]?.(kind.dialect) ?? []
    const schema = 'CREATE TABLE ledger_schema (version INTEGER NOT NULL PRIMARY KEY)'
    for (const statement of [schema, ...statements]) await runSql(url, statement)
    await runSql(url, 'INSERT INTO ledger_schema (version) VALUES (1)')
    return url
  }

  /** As the previous version writes it. */
  const writeOld = (url: string, event: string, outcome = 'VERIFIED') => {
    const values = `'${event}', '2026-10-01T12:00:00.000Z', 'account', '${outcome}', 'match', NULL, NULL, 0, 0, 'old'`
    const insert = `INSERT INTO ledger_decisions (${OLD_COLUMNS}) VALUES (${values})`
    const more = kind.dialect === 'mysql' ? 'DUPLICATE KEY UPDATE event_id = event_id' : ''
    return runSql(url, `${insert} ON ${more || 'CONFLICT (event_id) DO NOTHING'}`)
  }

  const upgrade = async (url: string): Promise<LedgerDatabase> => {
    const database = openLedgerDatabase({ url })
    onTestFinished(() => database.close())
    expect(await database.isMigrated()).toBe(false)
    await database.migrate()
    expect(await database.isMigrated()).toBe(true)
    return database
  }

  it('still accepts what that version writes, which can be started again', async () => {
    const url = await makeOld()
    await runSql(url, "INSERT INTO ledger_accounts (account) VALUES ('account')")
    await writeOld(url, 'before')
    const database = await upgrade(url)
    await writeOld(url, 'after')
    await writeOld(url, 'after')
    // A program refuses to start with a version that is greater than its own.
    expect(await runSql(url, 'SELECT max(version) AS version FROM ledger_schema')).toEqual([
      { version: 1 },
    ])
    const verified = { outcome: 'VERIFIED', reason: 'match' } as const
    await database.write([
      entry({ ...verified, oktaEventId: 'after' }),
      entry({ ...verified, oktaEventId: 'retried' }),
      entry({ ...verified, oktaEventId: 'retried' }),
      entry({ ...verified, callerGone: true }),
      entry({ ...verified, oktaEventId: null }),
    ])
    // Before, after, retried, and the one without an event of Okta's.
    expect(await database.account('account')).toMatchObject({ verifications: 4 })
    expect(await runSql(url, 'SELECT event_id FROM ledger_decisions')).toHaveLength(7)
  })

  it('returns guesses with their event, whichever version wrote them', async () => {
    const url = await makeOld()
    const database = await upgrade(url)
    await writeOld(url, 'of before', 'UNVERIFIED')
    const entries = [entry(), entry({ oktaEventId: null })]
    await database.write(entries)
    const rows = await database.guessesAfter(0, 10, 'here')
    expect(rows.map(({ event, person }) => [event, person])).toEqual([
      ['of before', null],
      [entries[0]?.oktaEventId, 'person'],
      [entries[1]?.eventId, 'person'],
    ])
  })

  it('is migrated completely from wherever that was interrupted', async () => {
    const url = await makeOld()
    await (await upgrade(url)).write([entry()])
    const undo = kind.dialect === 'mysql' ? ' ON ledger_decisions' : ''
    const steps = [
      'DELETE FROM ledger_additions',
      'ALTER TABLE ledger_decisions DROP COLUMN note',
      'ALTER TABLE ledger_decisions DROP COLUMN actor',
      `DROP INDEX ledger_decisions_event${undo}`,
      'DROP TABLE ledger_reports',
      `DROP INDEX ledger_decisions_person${undo}`,
      'ALTER TABLE ledger_decisions DROP COLUMN caller_gone',
      'DROP TABLE ledger_additions',
    ]
    for (const [i] of steps.entries()) {
      for (const step of steps.slice(0, i + 1)) await runSql(url, step)
      await (await upgrade(url)).write([entry()])
    }
    expect(await runSql(url, 'SELECT name FROM ledger_additions ORDER BY name')).toEqual([
      { name: 'events' },
      { name: 'person' },
      { name: 'unlock' },
    ])
    expect(await runSql(url, 'SELECT body FROM ledger_reports')).toEqual([])
  })
})
