/** Erasing one person: all rows about the person go, and no row about anybody else, in every database. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { FINDS_NOBODY } from '../../src/hook/decision.ts'
import { openLedgerDatabase } from '../../src/ledger/database/database.ts'
import type { ErasureNames } from '../../src/ledger/database/erase.ts'
import { DELETE_BATCH } from '../../src/ledger/database/forget.ts'
import { openHistory } from '../../src/ledger/database/history.ts'
import { openLedgerUpkeep } from '../../src/ledger/database/upkeep.ts'
import type { LedgerEntry } from '../../src/ledger/entry.ts'
import { ALL_KINDS, describeEach, freshDatabase } from '../support/databases.ts'
import { entry } from '../support/ledger-entry.ts'
import { runSql } from '../support/ledger-sql.ts'
import { fc } from '../support/properties.ts'
import { tempDir } from '../support/temp.ts'

const OLD = '2026-10-01T12:00:00.000Z'
const SINCE = '2026-10-02T12:00:00.000Z'
const YOUNG = '2026-10-02T13:00:00.000Z'
const LATER = '2026-10-04T12:00:00.000Z'

const NAMES: ErasureNames = {
  persons: ['isaac'],
  accounts: ['isaac@example.com'],
  unlinked: FINDS_NOBODY,
  since: SINCE,
}

const ACCOUNTS = ['isaac@example.com', 'isaac', 'ISAAC', 'joan']

interface Row {
  readonly event: string
  readonly account: string
  readonly person: string | null
  readonly outcome: string
  readonly reason: string
  readonly at: string
}

const COLUMNS =
  'event_id AS event, account, person, outcome, reason, decided_at AS at FROM ledger_decisions'

const drawn: fc.Arbitrary<LedgerEntry> = fc
  .record({
    account: fc.constantFrom(...ACCOUNTS),
    person: fc.constantFrom('isaac', 'isaac', 'isaac', 'nobody', 'joan', null),
    reason: fc.constantFrom('match', 'mismatch', 'disabled', 'unknown_login', 'too_many_guesses'),
    decidedAt: fc.constantFrom(OLD, OLD, OLD, YOUNG),
  })
  .map(({ reason, person, ...more }) => {
    const outcome = reason === 'match' ? 'VERIFIED' : 'UNVERIFIED'
    const isFound = !FINDS_NOBODY.includes(reason)
    // What finds an account has a person, except in rows of earlier versions; what finds none has the login's name.
    const whose = isFound || person === null ? person : 'nobody'
    return entry({
      ...more,
      reason,
      outcome,
      person: whose === 'nobody' && isFound ? 'joan' : whose,
    })
  })

/** The rows about the person, by the rule in words: of the person, or of a login that nobody else has had. */
const ownOf = (rows: readonly Row[]): Row[] => {
  const isFound = ({ reason, person }: Row) => person !== null && !FINDS_NOBODY.includes(reason)
  const logins = new Set([
    ...NAMES.accounts,
    ...rows.filter(({ person }) => person === 'isaac').map(({ account }) => account),
  ])
  const shared = new Set(
    rows.filter((row) => isFound(row) && row.person !== 'isaac').map(({ account }) => account),
  )
  return rows.filter(
    (row) =>
      row.person === 'isaac' ||
      (logins.has(row.account) && !shared.has(row.account) && !isFound(row)),
  )
}

const events = (rows: readonly Row[]): string[] => rows.map(({ event }) => event).sort()

const without = (rows: readonly Row[], gone: readonly Row[]): Row[] => {
  const removed = new Set(events(gone))
  return rows.filter(({ event }) => !removed.has(event))
}

await describeEach(ALL_KINDS, 'an erasure', (kind) => {
  const ready = async () => {
    const url = await freshDatabase(kind)
    const database = openLedgerDatabase({ url })
    onTestFinished(() => database.close())
    await database.migrate()
    const upkeep = openLedgerUpkeep({ url }, false)
    onTestFinished(() => upkeep.cut())
    const read = async () => (await runSql(url, `SELECT ${COLUMNS}`)) as unknown as Row[]
    return { url, database, upkeep, read }
  }

  it('takes all about the person and nothing of others, and what is still counted in a second run', async () => {
    const { url, database, upkeep, read } = await ready()
    await fc.assert(
      fc.asyncProperty(fc.array(drawn, { minLength: 1, maxLength: 30 }), async (entries) => {
        await runSql(url, 'DELETE FROM ledger_decisions')
        await runSql(url, 'DELETE FROM ledger_accounts')
        await database.write(entries)
        const before = await read()
        const own = ownOf(before)
        const trial = await upkeep.erase(NAMES, true)
        expect(await read()).toEqual(before)
        const erased = await upkeep.erase(NAMES, false)
        const after = await read()
        expect(erased).toEqual(trial)
        expect(erased.rows).toBe(before.length - after.length)
        const left = after.filter((row) => events(own).includes(row.event))
        expect(erased.kept).toBe(left.length)
        expect(events(without(after, left))).toEqual(events(without(before, own)))
        // What servers may count is there, and besides that what leads to it.
        const counted = own.filter(({ at, outcome }) => at >= SINCE && outcome !== 'VERIFIED')
        expect(events(left)).toEqual(expect.arrayContaining(events(counted)))
        const links = without(left, counted)
        expect(links.every(({ person }) => person === 'isaac')).toBe(true)
        expect(new Set(links.map(({ account }) => account)).size).toBe(links.length)
        if (counted.length === 0) expect(left).toEqual([])
        await upkeep.erase({ ...NAMES, since: LATER }, false)
        expect(events(await read())).toEqual(events(without(before, own)))
        const logins = await runSql(url, 'SELECT DISTINCT account FROM ledger_accounts')
        for (const { account } of own) {
          const isUsed = without(before, own).some((row) => row.account === account)
          expect(logins.some((row) => row['account'] === account)).toBe(isUsed)
        }
      }),
      { numRuns: kind.dialect === 'sqlite' ? 60 : 25 },
    )
  })

  it('keeps the unlocks of the last day, and takes those of before', async () => {
    const { url, database, upkeep, read } = await ready()
    await database.write([entry({ account: 'isaac', person: 'isaac', decidedAt: OLD })])
    const history = openHistory({ url }, false)
    onTestFinished(() => history.close())
    const request = {
      accounts: ['isaac@example.com', 'isaac'],
      actor: 'a',
      note: 'n',
      replica: 'r',
    }
    await history.unlock({ ...request, person: 'isaac', at: OLD })
    await history.unlock({ ...request, person: 'isaac', at: YOUNG })
    await history.unlock({ ...request, person: 'joan', accounts: ['joan'], at: OLD })
    expect(await upkeep.erase(NAMES, false)).toMatchObject({ rows: 3, kept: 2, logins: 2 })
    expect(await upkeep.erase({ ...NAMES, since: LATER }, false)).toMatchObject({
      rows: 2,
      kept: 0,
    })
    expect((await read()).map(({ person }) => person)).toEqual(['joan'])
  })

  it('of a person under attack goes on in batches', async () => {
    const { database, upkeep, read } = await ready()
    const many = DELETE_BATCH * 2 + 1
    const refusal = { account: 'isaac@example.com', reason: 'too_many_guesses', decidedAt: OLD }
    const rows = Array.from({ length: many }, () => entry({ ...refusal, person: 'nobody' }))
    for (let i = 0; i < many; i += 500) await database.write(rows.slice(i, i + 500))
    await database.write([entry({ account: 'joan', person: 'joan' })])
    expect(await upkeep.erase(NAMES, false)).toMatchObject({
      rows: many,
      kept: 0,
      shared: 0,
      logins: 1,
    })
    expect(await read()).toHaveLength(1)
  })

  it('finds whose a login is by the decisions that found an account', async () => {
    const { database, upkeep } = await ready()
    await database.write([
      entry({ account: 'isaac', person: 'isaac' }),
      entry({ account: 'isaac', person: 'isaac', outcome: 'VERIFIED', reason: 'match' }),
      entry({ account: 'isaac', person: 'nobody', reason: 'too_many_guesses' }),
      entry({ account: 'isaac', person: null }),
      entry({ account: 'joan', person: 'joan' }),
    ])
    expect(await upkeep.personsOf(['isaac'], FINDS_NOBODY)).toEqual(['isaac'])
  })
})

it('leaves no byte of the person in a SQLite file', async () => {
  const path = join(tempDir(), 'ledger.sqlite')
  const url = `sqlite:${path}`
  const database = openLedgerDatabase({ url })
  await database.migrate()
  const person = 'p-isaac-0000000'
  const accounts = ['l-isaac-0000001', 'l-isaac-0000002']
  for (let i = 0; i < 40; i++) {
    const others = Array.from({ length: 200 }, (_, j) =>
      entry({ account: `l-${i}-${(j * 7919) % 200}`, person: `p-${j}`, decidedAt: OLD }),
    )
    const own = accounts.map((account) => entry({ account, person, decidedAt: OLD }))
    await database.write([...others, ...own])
  }
  const bytes = (): string =>
    [path, `${path}-wal`]
      .map((file) => (existsSync(file) ? readFileSync(file, 'latin1') : ''))
      .join('')
  expect(bytes()).toContain('isaac')
  const upkeep = openLedgerUpkeep({ url }, false)
  const names = { ...NAMES, persons: [person], accounts: [accounts[0] ?? ''] }
  expect(await upkeep.erase(names, false)).toMatchObject({ rows: 80, kept: 0, logins: 2 })
  expect(await upkeep.wipe()).toBe(true)
  // While the server has it open.
  expect(bytes()).not.toContain('isaac')
  expect(bytes()).toContain('l-39-')
  upkeep.cut()
  await database.close()
})
