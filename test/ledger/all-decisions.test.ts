/** Reading all decisions of a ledger, page by page, from every database. */
import { expect, it } from 'vitest'
import { openLedgerDatabase } from '../../src/ledger/database/database.ts'
import { allDecisions, openHistory, type PastDecision } from '../../src/ledger/database/history.ts'
import { ALL_KINDS, describeEach, freshDatabase } from '../support/databases.ts'
import { entry } from '../support/ledger-entry.ts'

/** More than two pages. */
const MANY = 10_001

const BATCH = 1_000

await describeEach(ALL_KINDS, 'the decisions of a ledger', (kind) => {
  it('are read once each and in order', async () => {
    const url = await freshDatabase(kind)
    const ledger = openLedgerDatabase({ url })
    await ledger.migrate()
    const entries = Array.from({ length: MANY }, (_, i) => entry({ person: `person ${i}` }))
    entries[1] = entry({ person: null, oktaEventId: null, callerGone: null, account: 'someone' })
    entries[2] = entry({ callerGone: true, outcome: 'VERIFIED' })
    for (let at = 0; at < MANY; at += BATCH) await ledger.write(entries.slice(at, at + BATCH))
    await ledger.close()
    const history = openHistory({ url }, true)
    const read: PastDecision[] = []
    for await (const decision of allDecisions(history)) read.push(decision)
    // MySQL says what it last estimated.
    expect((await history.size())?.bytes).toBeGreaterThan(10_000)
    await history.close()
    expect(read.map(({ person }) => person)).toEqual(entries.map(({ person }) => person))
    expect(read[1]).toMatchObject({
      event: entries[1].eventId,
      callerGone: false,
      outcome: 'UNVERIFIED',
    })
    const { decidedAt } = entries[2]
    expect(read[2]).toMatchObject({ callerGone: true, outcome: 'VERIFIED', decidedAt })
  })
})
