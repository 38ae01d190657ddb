/** What support asks of a ledger, and unlocks: one contract for every database. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openLedgerDatabase } from '../../src/ledger/database/database.ts'
import { openHistory, type LedgerHistory } from '../../src/ledger/database/history.ts'
import type { UnlockRequest } from '../../src/ledger/database/unlocks.ts'
import type { LedgerEntry } from '../../src/ledger/entry.ts'
import { ALL_KINDS, describeEach, freshDatabase } from '../support/databases.ts'
import { entry } from '../support/ledger-entry.ts'
import { runSql } from '../support/ledger-sql.ts'
import { tempDir } from '../support/temp.ts'

const at = (minute: number): string => `2026-10-01T12:${String(minute).padStart(2, '0')}:00.000Z`

const REQUEST: UnlockRequest = {
  person: 'isaac',
  accounts: ['isaac@example.com', 'isaac'],
  at: at(30),
  actor: 'olga',
  note: 'called back',
  replica: 'desk',
}

await describeEach(ALL_KINDS, 'the history', (kind) => {
  const open = (url: string, readonly = false): LedgerHistory => {
    const history = openHistory({ url }, readonly)
    onTestFinished(() => history.close())
    return history
  }

  const ready = async (entries: readonly LedgerEntry[] = []) => {
    const url = await freshDatabase(kind)
    const database = openLedgerDatabase({ url })
    onTestFinished(() => database.close())
    await database.migrate()
    if (entries.length > 0) await database.write(entries)
    return { url, database, history: open(url) }
  }

  it('has the newest decisions of one login, of one person, and of all, newest first', async () => {
    const verified = { outcome: 'VERIFIED', reason: 'match' } as const
    const { history } = await ready([
      entry({ account: 'a', person: 'p', decidedAt: at(3) }),
      entry({ account: 'b', person: 'p', decidedAt: at(1), ...verified }),
      entry({ account: 'b', person: null, decidedAt: at(4) }),
      entry({ account: 'b', person: 'q', decidedAt: at(2) }),
      entry({ account: 'b', person: 'q', decidedAt: at(2), reason: 'disabled', callerGone: true }),
    ])
    const minutes = (rows: readonly { decidedAt: string }[]) =>
      rows.map(({ decidedAt }) => Number(decidedAt.slice(14, 16)))
    expect(minutes(await history.newest({ limit: 10 }))).toEqual([4, 3, 2, 2, 1])
    expect(minutes(await history.newest({ limit: 2 }))).toEqual([4, 3])
    expect(minutes(await history.newest({ limit: 10, since: at(3) }))).toEqual([4, 3])
    const b = { column: 'account', name: 'b' } as const
    expect(minutes(await history.newest({ limit: 10 }, b))).toEqual([4, 2, 2, 1])
    expect(minutes(await history.newest({ limit: 2 }, b))).toEqual([4, 2])
    const p = { column: 'person', name: 'p' } as const
    expect(minutes(await history.newest({ limit: 10 }, p))).toEqual([3, 1])
    expect(await history.newest({ limit: 10, reason: 'disabled' }, b)).toMatchObject([
      { id: 5, account: 'b', person: 'q', callerGone: true, hashFamily: 'bcrypt', actor: null },
    ])
    expect(await history.lastId()).toBe(5)
    expect((await history.after(2, 2)).map(({ id }) => id)).toEqual([3, 4])
  })

  it('has the guesses of a window in the order of their ids, with the newest unlock', async () => {
    const { database, history } = await ready([
      entry({ account: 'isaac', person: 'isaac', decidedAt: at(1) }),
      entry({ account: 'isaac', person: 'isaac', decidedAt: at(20) }),
      entry({ account: 'isaac', decidedAt: at(21), reason: 'too_many_guesses' }),
    ])
    expect(await history.unlock(REQUEST)).toBe(1)
    await database.write([entry({ account: 'isaac', person: 'isaac', decidedAt: at(19) })])
    const isaac = { column: 'account', name: 'isaac' } as const
    const rows = await history.guesses(isaac, at(15))
    const found = rows.map(({ outcome, decidedAt }) => [outcome, decidedAt])
    expect(found).toEqual([
      ['UNVERIFIED', at(20)],
      ['UNVERIFIED', at(21)],
      ['UNLOCKED', at(30)],
      ['UNVERIFIED', at(19)],
    ])
    expect(await history.oldest(isaac, 1)).toMatchObject([{ decidedAt: at(1) }])
  })

  it('unlocks with a row for each login, which every server reads and none takes for a guess', async () => {
    const { url, database, history } = await ready()
    expect(await history.unlock(REQUEST)).toBe(1)
    const rows = await database.guessesAfter(0, 10, 'desk')
    expect(rows).toMatchObject(
      REQUEST.accounts.map((account) => ({ account, person: 'isaac', outcome: 'UNLOCKED' })),
    )
    expect(new Set(rows.map(({ event }) => event)).size).toBe(1)
    expect(await history.newest({ limit: 1 })).toMatchObject([
      { reason: 'unlocked', actor: 'olga', note: 'called back', replica: 'desk' },
    ])
    // The statement of the version before.
    const counted = await runSql(
      url,
      "SELECT id FROM ledger_decisions WHERE outcome = 'UNVERIFIED'",
    )
    expect(counted).toEqual([])
  })

  it('unlocks a person three times a day, even if several people do it at one time', async () => {
    const { url, history } = await ready()
    const others = [open(url), open(url)]
    // Two writers of one SQLite file in one thread would wait for each other.
    const numbers: (number | undefined)[] = []
    if (kind.dialect === 'sqlite') {
      for (const each of [history, ...others]) numbers.push(await each.unlock(REQUEST))
    } else {
      numbers.push(...(await Promise.all([history, ...others].map((each) => each.unlock(REQUEST)))))
    }
    expect(numbers.sort()).toEqual([1, 2, 3])
    expect(await history.unlock(REQUEST)).toBeUndefined()
    expect(await history.newest({ limit: 100 })).toHaveLength(6)
    expect(await history.unlock({ ...REQUEST, person: 'joan' })).toBe(1)
    expect(await history.unlock({ ...REQUEST, at: '2026-10-02T00:00:00.000Z' })).toBe(1)
  })

  it('takes any text as a name and a reason', async () => {
    const { history } = await ready()
    const text = `Größe \0 \ud800 ${'👩‍💻'.repeat(200)}`
    expect(await history.unlock({ ...REQUEST, actor: text, note: text, replica: text })).toBe(1)
  })

  it('of an earlier version is not current, and is left as it is', async () => {
    const { url, history } = await ready()
    expect(await history.isCurrent()).toBe(true)
    await runSql(url, "DELETE FROM ledger_additions WHERE name = 'unlock'")
    expect(await history.isCurrent()).toBe(false)
    expect(await open(await freshDatabase(kind)).isCurrent()).toBe(false)
  })
})

it('a ledger file that is not there is refused, and not made', () => {
  const path = join(tempDir(), 'typo.sqlite')
  for (const readonly of [true, false]) {
    expect(() => openHistory({ url: `sqlite:${path}` }, readonly)).toThrow(
      expect.objectContaining({ code: 'ledger_absent' }),
    )
  }
  expect(existsSync(path)).toBe(false)
})

it('a reader of a ledger file cannot write to it', async () => {
  const url = `sqlite:${join(tempDir(), 'ledger.sqlite')}`
  const database = openLedgerDatabase({ url })
  await database.migrate()
  await database.close()
  const history = openHistory({ url }, true)
  await expect(history.unlock(REQUEST)).rejects.toMatchObject({ code: 'SQLITE_READONLY' })
  history.cut()
})
