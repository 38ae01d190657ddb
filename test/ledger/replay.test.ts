/** Reading all decisions of a ledger, page by page, from every database. */
import { expect, it } from 'vitest'
import { openLedgerDatabase } from '../../src/ledger/database/database.ts'
import { openLedgerReplay, type ReplayedDecision } from '../../src/ledger/database/replay.ts'
import { ALL_KINDS, describeEach, freshDatabase } from '../support/databases.ts'
import { entry } from '../support/ledger-entry.ts'

/** More than two pages. */
const MANY = 10_001

const BATCH = 1_000

await describeEach(ALL_KINDS, 'the decisions of a ledger', (kind) => {
  it('are read once each and in order, with the names of rows of earlier versions', async () => {
    const url = await freshDatabase(kind)
    const ledger = openLedgerDatabase({ url })
    await ledger.migrate()
    const entries = Array.from({ length: MANY }, (_, i) => entry({ person: `person ${i}` }))
    entries[1] = entry({ person: null, oktaEventId: null, callerGone: null, account: 'someone' })
    entries[2] = entry({ callerGone: true, outcome: 'VERIFIED' })
    for (let at = 0; at < MANY; at += BATCH) await ledger.write(entries.slice(at, at + BATCH))
    await ledger.close()
    const replay = openLedgerReplay({ url })
    expect(await replay.isMigrated()).toBe(true)
    const read: ReplayedDecision[] = []
    for await (const decision of replay.decisions()) read.push(decision)
    await replay.close()
    expect(read.map(({ name }) => name)).toEqual(
      entries.map(({ person, account }) => person ?? account),
    )
    expect(read[1]).toMatchObject({ event: entries[1].eventId, gone: 0, outcome: 'UNVERIFIED' })
    expect(read[2]).toMatchObject({ gone: 1, outcome: 'VERIFIED', at: entries[2].decidedAt })
  })
})
