/** One contract for every database that a ledger may live in. */
import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { afterEach, expect, it } from 'vitest'
import { AppError } from '../../src/errors/errors.ts'
import { openLedgerDatabase, type LedgerDatabase } from '../../src/ledger/database/database.ts'
import { MAX_ACCOUNT_LENGTH, toEntry } from '../../src/ledger/entry.ts'
import { ALL_KINDS, describeEach, freshDatabase } from '../support/databases.ts'
import { entry } from '../support/ledger-entry.ts'
import { runSql } from '../support/ledger-sql.ts'
import { fc } from '../support/properties.ts'

const opened: LedgerDatabase[] = []

const open = (url: string): LedgerDatabase => {
  const database = openLedgerDatabase({ url })
  opened.push(database)
  return database
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((database) => database.close()))
})

const MIGRATE = new URL('../support/migrate-ledger.mjs', import.meta.url)

/** Starts processes that are all ready before the first one migrates. */
const migrateInProcesses = async (url: string, count: number): Promise<unknown[]> => {
  const children = Array.from({ length: count }, () => fork(MIGRATE, [url]))
  await Promise.all(children.map((child) => once(child, 'message')))
  const results = children.map(async (child) => (await once(child, 'message'))[0] as unknown)
  for (const child of children) child.send('go')
  return Promise.all(results)
}

await describeEach(ALL_KINDS, 'a ledger', (kind) => {
  const ready = async (): Promise<{ url: string; database: LedgerDatabase }> => {
    const url = await freshDatabase(kind)
    const database = open(url)
    await database.migrate()
    return { url, database }
  }

  it('keeps a decision unchanged', async () => {
    const { url, database } = await ready()
    const decision = entry({ account: 'Größe 日本 👩‍💻', hashFamily: null, hashCost: null })
    await database.write([decision])
    const [row] = await runSql(url, 'SELECT * FROM ledger_decisions')
    expect({ ...row, id: Number(row?.['id']) }).toEqual({
      id: 1,
      event_id: decision.eventId,
      okta_event_id: decision.oktaEventId,
      person: decision.person,
      caller_gone: 0,
      decided_at: decision.decidedAt,
      account: decision.account,
      outcome: decision.outcome,
      reason: decision.reason,
      hash_family: null,
      hash_cost: null,
      wait_ms: decision.waitMs,
      run_ms: decision.runMs,
      replica: decision.replica,
      actor: null,
      note: null,
    })
  })

  it('keeps each decision once and in order, whichever replica writes it and however often', async () => {
    const { url, database } = await ready()
    const other = open(url)
    const [a, b, c] = [entry({ eventId: 'same' }), entry({ eventId: 'SAME' }), entry()]
    await database.write([a, b, a])
    const writing = other.write([b, a])
    // Two writers of one SQLite file in one thread would wait for each other.
    if (kind.dialect === 'sqlite') await writing
    await Promise.all([writing, database.write([a, c])])
    const rows = await runSql(url, 'SELECT event_id FROM ledger_decisions ORDER BY id')
    expect(rows.map((row) => row['event_id'])).toEqual(['same', 'SAME', c.eventId])
  })

  it('takes a batch completely or not at all', async () => {
    const { url, database } = await ready()
    const tooLong = entry({ reason: 'x'.repeat(65), hashCost: 'ten' as unknown as number })
    if (kind.dialect === 'sqlite') Object.assign(tooLong, { waitMs: null })
    await expect(database.write([entry(), tooLong])).rejects.toThrow()
    expect(await runSql(url, 'SELECT id FROM ledger_decisions')).toEqual([])
    expect(await database.accounts('', 100)).toEqual([])
  })

  it('accepts any text as a login', async () => {
    const { url, database } = await ready()
    const login = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((n) => String.fromCharCode(n)) }),
      fc.constant('\0\uD800🚀'.repeat(MAX_ACCOUNT_LENGTH)),
    )
    const decided = { eventId: undefined, outcome: 'VERIFIED', reason: 'match' } as const
    const decision = { ...decided, callerGone: false }
    const write = async (logins: readonly string[]): Promise<void> => {
      const more = { hash: undefined, waitMs: 0, runMs: 0 }
      await database.write(
        logins.map((account) =>
          toEntry(
            { ...decision, ...more, id: randomUUID(), account, person: account },
            0,
            'replica',
          ),
        ),
      )
      const seen = await runSql(url, 'SELECT id FROM ledger_decisions')
      expect(seen.length).toBeGreaterThanOrEqual(logins.length)
    }
    await fc.assert(fc.asyncProperty(fc.array(login, { minLength: 1, maxLength: 50 }), write), {
      numRuns: 10,
    })
  })

  it('shows for each account what was decided and confirmed', async () => {
    const { database } = await ready()
    const verified = { outcome: 'VERIFIED', reason: 'match' } as const
    const at = (minute: number): string => `2026-10-01T12:0${minute}:00.000Z`
    await database.write([
      entry({ account: 'a never right' }),
      entry({ account: 'b once', ...verified, decidedAt: at(1) }),
      entry({ account: 'b once' }),
      entry({ account: 'c twice', ...verified, decidedAt: at(1) }),
      entry({ account: 'c twice', ...verified, decidedAt: at(2) }),
      entry({ account: 'd confirmed', ...verified, decidedAt: at(1) }),
      entry({ account: 'e taken back', ...verified, decidedAt: at(1) }),
    ])
    await database.confirm('d confirmed', at(2))
    await database.confirm('e taken back', at(2))
    await database.write([entry({ account: 'e taken back', ...verified, decidedAt: at(3) })])
    await database.confirm('f confirmed only', at(1))
    await database.confirm('f confirmed only', at(2))
    const first = await database.accounts('', 4)
    const rest = await database.accounts('d confirmed', 4)
    expect([...first, ...rest].map(({ account, state }) => [account, state])).toEqual([
      ['a never right', 'unverified'],
      ['b once', 'verified'],
      ['c twice', 'verified_again'],
      ['d confirmed', 'confirmed'],
      ['e taken back', 'verified_again'],
      ['f confirmed only', 'confirmed'],
    ])
    expect(await database.account('c twice')).toEqual({
      account: 'c twice',
      state: 'verified_again',
      verifications: 2,
      lastVerifiedAt: at(2),
      confirmedAt: undefined,
    })
    expect(await database.account('never seen')).toBeUndefined()
    expect(await database.account('C Twice')).toBeUndefined()
  })

  it('does not count a VERIFIED again when it is replayed', async () => {
    const { database } = await ready()
    const verified = entry({ outcome: 'VERIFIED', reason: 'match' })
    await database.write([verified])
    await database.confirm(verified.account, verified.decidedAt)
    const before = await database.account(verified.account)
    await database.write([verified])
    expect(await database.account(verified.account)).toEqual(before)
    expect(before).toMatchObject({ state: 'confirmed', verifications: 1 })
  })

  it('lets a process that starts later find its position by time', async () => {
    const { database } = await ready()
    expect(await database.idBefore('2026-10-01T12:00:00.000Z')).toBe(0)
    const at = (decidedAt: string) => entry({ decidedAt })
    await database.write([at('2026-10-01T11:00:00.000Z'), at('2026-10-01T12:00:00.000Z')])
    expect(await database.idBefore('2026-10-01T10:00:00.000Z')).toBe(0)
    expect(await database.idBefore('2026-10-01T11:30:00.000Z')).toBe(1)
    expect(await database.idBefore('2026-10-01T13:00:00.000Z')).toBe(2)
  })

  it('returns the wrong guesses of other replicas, and the newest decision as the position', async () => {
    const { database } = await ready()
    const guesses = (id: number, limit: number) => database.guessesAfter(id, limit, 'here')
    expect(await guesses(0, 100)).toEqual([])
    const [there, here] = [{ replica: 'there' }, { replica: 'here' }]
    await database.write([
      entry(there),
      entry(here),
      entry({ ...there, outcome: 'VERIFIED' }),
      entry(there),
      entry(here),
    ])
    expect(await guesses(0, 100)).toMatchObject([
      { id: 1, ...there, person: 'person', reason: 'mismatch' },
      { id: 4, ...there },
      { id: 5, ...here },
    ])
    expect(await guesses(0, 1)).toMatchObject([{ id: 1 }])
    expect(await guesses(4, 100)).toMatchObject([{ id: 5 }])
    expect(await guesses(5, 100)).toEqual([])
  })

  it('is migrated once by processes that start at the same time', async () => {
    const url = await freshDatabase(kind)
    expect(await migrateInProcesses(url, 3)).toEqual(['migrated', 'migrated', 'migrated'])
    expect(await runSql(url, 'SELECT version FROM ledger_schema')).toEqual([{ version: 1 }])
  })

  it('that a newer version has changed is refused, and left as it is', async () => {
    const { url } = await ready()
    await runSql(url, 'INSERT INTO ledger_schema (version) VALUES (1000)')
    const refused: unknown = await open(url)
      .migrate()
      .catch((err: unknown) => err)
    expect(refused).toBeInstanceOf(AppError)
    expect(refused).toMatchObject({ code: 'ledger_newer' })
    expect((refused as AppError).detail).toMatch(/version 1000.+knows 1/)
    expect(await runSql(url, 'SELECT count(*) AS n FROM ledger_schema')).toHaveLength(1)
  })

  it('that was half migrated is migrated to the end', async () => {
    const { url } = await ready()
    await runSql(url, 'DELETE FROM ledger_schema')
    await runSql(url, 'DROP TABLE ledger_accounts')
    const database = open(url)
    await database.migrate()
    await database.write([entry()])
    expect(await database.accounts('', 10)).toHaveLength(1)
  })
})
