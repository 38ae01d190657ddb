/** Events of Okta in the ledger: in every database, how long they stay, and what a failure of the ledger costs. */
import { rmSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { MoveEvent } from '../../src/call-record.ts'
import { openLedgerDatabase } from '../../src/ledger/database/database.ts'
import { EVENTS_KEPT, openLedgerEvents } from '../../src/ledger/database/events.ts'
import { openLedgerReports } from '../../src/ledger/database/reports.ts'
import { EVENTS_WRITE_MS } from '../../src/ledger/events/writer.ts'
import { ALL_KINDS, describeEach, freshDatabase } from '../support/databases.ts'
import { delivery, news, startEvents } from '../support/events.ts'
import { runSql } from '../support/ledger-sql.ts'
import { tempDir } from '../support/temp.ts'
import { until } from '../support/until.ts'

const NOW = Date.UTC(2026, 10, 27, 12)
const DAY_MS = 86_400_000

const event = (uuid: string, more: Partial<MoveEvent> = {}): MoveEvent => ({
  uuid,
  type: 'user.import.password',
  publishedMs: NOW,
  ...more,
})

await describeEach(ALL_KINDS, 'the events', (kind) => {
  const ready = async () => {
    const url = await freshDatabase(kind)
    const database = openLedgerDatabase({ url })
    await database.migrate()
    await database.close()
    const [events, reports] = [openLedgerEvents({ url }), openLedgerReports({ url }, true)]
    onTestFinished(() => {
      events.cut()
      reports.cut()
    })
    const uuids = async () =>
      (await runSql(url, 'SELECT uuid FROM ledger_events ORDER BY uuid')).map(({ uuid }) => uuid)
    return { url, events, reports, uuids }
  }

  it('are kept once each, and counted by type after a time', async () => {
    const { events, reports } = await ready()
    const set = { type: 'user.account.update_password' } as const
    await events.add([event('b', { publishedMs: NOW - 1 }), event('a'), event('c', set)], NOW)
    await events.add([event('c', set), event('a', { publishedMs: NOW - 5 }), event('d')], NOW)
    const since = async (ms: number) =>
      Object.fromEntries(await reports.eventsSince(new Date(ms).toISOString()))
    expect(await since(NOW - 1)).toEqual({
      'user.import.password': 2,
      'user.account.update_password': 1,
    })
    expect(await since(NOW - 2)).toMatchObject({ 'user.import.password': 3 })
    expect(await since(NOW)).toEqual({})
  })

  it('go after eight days, and when there are too many', async () => {
    const { url, events, uuids } = await ready()
    await events.add([event('a', { publishedMs: NOW - 8 * DAY_MS }), event('b')], NOW)
    expect(await uuids()).toEqual(['a', 'b'])
    await events.add([event('c')], NOW + 1)
    expect(await uuids()).toEqual(['b', 'c'])
    // As if many had come since.
    const columns = 'id, uuid, event_type, published_at'
    const override = kind.dialect === 'postgres' ? 'OVERRIDING SYSTEM VALUE ' : ''
    const [{ id: last } = {}] = await runSql(url, "SELECT id FROM ledger_events WHERE uuid = 'b'")
    const values = `${Number(last) + EVENTS_KEPT}, 'z', 't', '2026-11-27T12:00:00.000Z'`
    await runSql(url, `INSERT INTO ledger_events (${columns}) ${override}VALUES (${values})`)
    await events.add([event('d')], NOW)
    expect(await uuids()).toEqual(expect.arrayContaining(['d', 'z']))
    expect(await uuids()).not.toContain('b')
  })
})

describe('a ledger that cannot be written', () => {
  it('is tried again: what waits is kept, and one line says so', async () => {
    const path = `${tempDir()}/ledger.sqlite`
    const { send, clock, lines, rows, counted } = await startEvents({ url: `sqlite:${path}` })
    const failures = () => lines.filter(({ msg }) => String(msg).includes('cannot be kept'))
    await send(delivery([news(), news()]))
    clock.advance(EVENTS_WRITE_MS)
    await until('the failure is known', () => failures().length === 1)
    rmSync(path, { force: true })
    const database = openLedgerDatabase({ url: `sqlite:${path}` })
    await database.migrate()
    await database.close()
    await until('it is tried again', () => clock.pending.includes(EVENTS_WRITE_MS))
    clock.advance(EVENTS_WRITE_MS)
    await until('they are written', async () => (await rows()).length === 2)
    await until('that is said', () => lines.some(({ msg }) => String(msg).endsWith('again')))
    expect(failures()).toHaveLength(1)
    expect(counted.dropped).toBe(0)
  })

  it('costs events when too many wait, and nothing else', async () => {
    const { send, counted, clock } = await startEvents({
      url: `sqlite:${tempDir()}/none.sqlite`,
      maxWaiting: 2,
    })
    await send(delivery([news()]))
    clock.advance(EVENTS_WRITE_MS)
    await send(delivery([news(), news()]))
    expect(counted).toEqual({ kept: 2, ignored: 0, repeated: 0, dropped: 1 })
  })
})

describe('the end of a server', () => {
  it('writes what waits', async () => {
    const { send, writer, rows } = await startEvents()
    await send(delivery([news(), news()]))
    await writer.close()
    expect(await rows()).toHaveLength(2)
  })
})
