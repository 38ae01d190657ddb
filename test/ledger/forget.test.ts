/** Forgetting old decisions: what goes and what stays, in batches, while servers write, in every database. */
import { expect, it, onTestFinished } from 'vitest'
import { openLedgerDatabase } from '../../src/ledger/database/database.ts'
import { DELETE_BATCH, type OldDecisions } from '../../src/ledger/database/forget.ts'
import { openLedgerUpkeep, type LedgerUpkeep } from '../../src/ledger/database/upkeep.ts'
import { ALL_KINDS, describeEach, freshDatabase } from '../support/databases.ts'
import { entry } from '../support/ledger-entry.ts'
import { runSql } from '../support/ledger-sql.ts'

const at = (day: number): string => `2026-10-${String(day).padStart(2, '0')}T12:00:00.000Z`

const OLD: OldDecisions = { before: at(10), withVerified: false }

const VERIFIED = { outcome: 'VERIFIED', reason: 'match' } as const

const forget = async (upkeep: LedgerUpkeep, old: OldDecisions): Promise<number[]> => {
  const steps: number[] = []
  let from: string | undefined = ''
  while (from !== undefined) {
    const { deleted, next } = await upkeep.deleteOld(old, from)
    steps.push(deleted)
    from = next
  }
  return steps
}

await describeEach(ALL_KINDS, 'forgetting', (kind) => {
  const ready = async () => {
    const url = await freshDatabase(kind)
    const database = openLedgerDatabase({ url })
    onTestFinished(() => database.close())
    await database.migrate()
    const upkeep = openLedgerUpkeep({ url }, false)
    onTestFinished(() => upkeep.cut())
    const left = async (): Promise<unknown[]> =>
      (await runSql(url, 'SELECT account FROM ledger_decisions ORDER BY id')).map(
        ({ account }) => account,
      )
    const accounts = async (): Promise<unknown[]> =>
      (await runSql(url, 'SELECT account FROM ledger_accounts ORDER BY account')).map(
        ({ account }) => account,
      )
    return { url, database, upkeep, left, accounts }
  }

  it('takes what is older and not VERIFIED, or that too, and logins that have none left', async () => {
    const { database, upkeep, left, accounts } = await ready()
    await database.write([
      entry({ account: 'a', decidedAt: at(1) }),
      entry({ account: 'b', decidedAt: at(2), ...VERIFIED }),
      entry({ account: 'c', decidedAt: at(10) }),
      entry({ account: 'd', decidedAt: '2026-10-10T11:59:59.999Z' }),
      entry({ account: 'e', decidedAt: at(1), ...VERIFIED, callerGone: true }),
      entry({ account: 'f', decidedAt: at(3) }),
    ])
    await database.confirm('f', at(4))
    expect(await upkeep.countOld(OLD)).toBe(3)
    expect(await forget(upkeep, OLD)).toEqual([3])
    expect(await left()).toEqual(['b', 'c', 'e'])
    expect(await upkeep.deleteUnusedAccounts('')).toEqual({ deleted: 2, next: undefined })
    expect(await accounts()).toEqual(['b', 'c', 'e', 'f'])
    expect(await forget(upkeep, { ...OLD, withVerified: true })).toEqual([2])
    expect(await left()).toEqual(['c'])
  })

  it('goes on from where it was interrupted, batch by batch, past those that stay', async () => {
    const { database, upkeep, left } = await ready()
    for (let i = 0; i < 3; i++) {
      await database.write(
        Array.from({ length: DELETE_BATCH }, (_, j) =>
          entry({ account: `${i}`, decidedAt: at(1 + i), ...(j % 2 === 0 ? VERIFIED : {}) }),
        ),
      )
    }
    expect(await upkeep.deleteOld(OLD, '')).toEqual({ deleted: DELETE_BATCH, next: at(2) })
    expect(await forget(upkeep, OLD)).toEqual([DELETE_BATCH / 2])
    expect(await left()).toHaveLength((DELETE_BATCH * 3) / 2)
  })

  it('leaves the positions of servers as they are', async () => {
    const { database, upkeep } = await ready()
    await database.write([entry({ decidedAt: at(1) }), entry({ decidedAt: at(2) })])
    const last = await database.idBefore(at(3))
    await forget(upkeep, OLD)
    await database.write([entry({ account: 'next', decidedAt: at(11) })])
    const page = await database.guessesAfter(last, 10, 'other')
    expect(page.map(({ account }) => account)).toEqual(['next'])
  })

  it('of a login that comes back in that moment leaves its VERIFIED where it can be found', async () => {
    const { url, database } = await ready()
    await database.write([entry({ account: 'a', decidedAt: at(12), ...VERIFIED })])
    // The row of the login was there when the server wrote, and was deleted in the same moment.
    await runSql(url, 'DELETE FROM ledger_accounts')
    expect(await database.account('a')).toMatchObject({ verifications: 1, state: 'verified' })
    expect(await database.account('b')).toBeUndefined()
  })
})
