/** The reports in a ledger: the newest of an org, and how many and how long they may be, in every database. */
import { expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { createCountsReader } from '../../src/ledger/counts.ts'
import { openLedgerEvents } from '../../src/ledger/database/events.ts'
import { openLedgerDatabase } from '../../src/ledger/database/database.ts'
import {
  MAX_REPORT_BYTES,
  openLedgerReports,
  REPORTS_KEPT,
} from '../../src/ledger/database/reports.ts'
import { ALL_KINDS, describeEach, freshDatabase } from '../support/databases.ts'
import { entry } from '../support/ledger-entry.ts'
import { runSql } from '../support/ledger-sql.ts'

const ORG = 'acme.okta.com'

/** The wall clock of a day in the campaign. */
const NOON = { ...systemClock, epochMs: () => Date.UTC(2026, 10, 27, 12) }

const at = (minute: number): string => new Date(1_790_000_000_000 + minute * 60_000).toISOString()

await describeEach(ALL_KINDS, 'the reports', (kind) => {
  const ready = async () => {
    const url = await freshDatabase(kind)
    const database = openLedgerDatabase({ url })
    await database.migrate()
    await database.close()
    const reports = openLedgerReports({ url }, false)
    onTestFinished(() => reports.close())
    return { url, reports }
  }

  it('have the newest of an org, whatever was saved last', async () => {
    const { reports } = await ready()
    expect(await reports.isCurrent()).toBe(true)
    expect(await reports.newestReport(ORG)).toBeUndefined()
    for (const minute of [1, 3, 2]) {
      expect(await reports.saveReport({ at: at(minute), org: ORG, text: `{"n":${minute}}` })).toBe(
        true,
      )
    }
    await reports.saveReport({ at: at(4), org: 'other.okta.com', text: '{}' })
    expect(await reports.newestReport(ORG)).toEqual({ at: at(3), org: ORG, text: '{"n":3}' })
  })

  it('of any org are found where none is named', async () => {
    const { reports } = await ready()
    await reports.saveReport({ at: at(2), org: ORG, text: '{}' })
    await reports.saveReport({ at: at(1), org: 'other.okta.com', text: '{}' })
    expect(await reports.newestReport(undefined)).toEqual({ at: at(2), org: ORG, text: '{}' })
  })

  it('stand beside the people who were let in since a time, each counted once', async () => {
    const { url, reports } = await ready()
    const at = (decidedAt: string) => ({ decidedAt, account: 'a' })
    const database = openLedgerDatabase({ url })
    await database.write([
      entry({ person: 'p1', outcome: 'VERIFIED', ...at('2026-11-26T23:59:59.999Z') }),
      entry({ person: 'p2', outcome: 'VERIFIED', ...at('2026-11-27T00:00:00.000Z') }),
      entry({ person: 'p2', outcome: 'VERIFIED', ...at('2026-11-27T08:00:00.000Z') }),
      entry({ person: 'p3', outcome: 'UNVERIFIED', ...at('2026-11-27T08:00:00.000Z') }),
      entry({ person: null, outcome: 'VERIFIED', ...at('2026-11-27T09:00:00.000Z') }),
    ])
    await database.close()
    expect(await reports.verifiedSince('2026-11-27T00:00:00.000Z')).toBe(2)
    const counts = createCountsReader({ target: { url }, org: ORG }, NOON)
    expect(await counts()).toMatchObject({ report: undefined, org: ORG, today: 2 })
    await reports.saveReport({ at: '2026-11-27T10:00:00.000Z', org: ORG, text: '{"n":1}' })
    const events = openLedgerEvents({ url })
    onTestFinished(events.cut)
    const happened = (uuid: string, time: string) =>
      ({ uuid, type: 'user.import.password', publishedMs: Date.parse(time) }) as const
    const [before, after] = ['2026-11-27T09:59:59.000Z', '2026-11-27T10:00:01.000Z']
    await events.add([happened('a', before), happened('b', after)], NOON.epochMs())
    expect(await counts()).toEqual({
      ...{ report: '{"n":1}', org: ORG, today: 2 },
      events: new Map([['user.import.password', 1]]),
    })
  })

  it('are kept up to a number of each org, and up to a length', async () => {
    const { url, reports } = await ready()
    await reports.saveReport({ at: at(0), org: 'other.okta.com', text: '{}' })
    for (let i = 1; i <= REPORTS_KEPT + 2; i++) {
      await reports.saveReport({ at: at(i), org: ORG, text: `${i}` })
    }
    const long = 'é'.repeat(MAX_REPORT_BYTES / 2)
    expect(await reports.saveReport({ at: at(500), org: ORG, text: long })).toBe(true)
    expect(await reports.saveReport({ at: at(501), org: ORG, text: `${long}.` })).toBe(false)
    expect(await reports.newestReport(ORG)).toMatchObject({ at: at(500), text: long })
    // Whatever else can write to the ledger.
    await runSql(url, `UPDATE ledger_reports SET body = concat(body, '.', body)`)
    expect((await reports.newestReport(ORG))?.text.length).toBe(MAX_REPORT_BYTES)
    const rows = await runSql(url, 'SELECT name, made_at FROM ledger_reports ORDER BY id')
    const own = rows.filter(({ name }) => name === ORG)
    expect([rows.length - own.length, own.length]).toEqual([1, REPORTS_KEPT])
    expect(own[0]).toMatchObject({ made_at: at(4) })
  })

  it('of a host of any length are found again', async () => {
    const { reports } = await ready()
    const org = `${'a'.repeat(63)}.${'b'.repeat(63)}.example.com`
    await reports.saveReport({ at: at(1), org, text: '{}' })
    expect(await reports.newestReport(org)).toEqual({ at: at(1), org, text: '{}' })
  })
})
