/** The endpoint of an event hook on a free port, with a ledger, and news as Okta sends it. */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { EventCounts } from '../../src/call-record.ts'
import { systemClock, type Clock } from '../../src/clock.ts'
import { createCredentialsPrecheck } from '../../src/hook/authenticate.ts'
import { createEventsApp, EVENTS_PATH } from '../../src/hook/events/app.ts'
import { openLedgerDatabase } from '../../src/ledger/database/database.ts'
import { EVENTS_WRITE_MS, EventWriter } from '../../src/ledger/events/writer.ts'
import { listen } from '../../src/ops/listen.ts'
import { ManualClock } from './clock.ts'
import { runSql } from './ledger-sql.ts'
import { tempDir } from './temp.ts'
import { until } from './until.ts'

export const EVENT_SECRET = 'only for events, in tests, and on this machine alone'
export const ORG = 'https://acme.okta.com'

/** A clock of tests that says that it is this time. */
export const NOON = Date.UTC(2026, 0, 1, 12)

export const news = (more: object = {}): object => ({
  uuid: randomUUID(),
  published: '2026-01-01T00:00:00.000Z',
  eventType: 'user.import.password',
  outcome: { result: 'SUCCESS', reason: null },
  actor: { id: 'system', type: 'SystemPrincipal' },
  target: [{ id: '00u1', type: 'User', alternateId: 'isaac.brock@example.com' }],
  ...more,
})

/** As "Event hooks" documents it. */
export const delivery = (events: readonly unknown[], more: object = {}): string =>
  JSON.stringify({
    eventType: 'com.okta.event_hook',
    eventTypeVersion: '1.0',
    cloudEventsVersion: '0.1',
    contentType: 'application/json',
    eventId: randomUUID(),
    eventTime: '2026-01-01T00:00:01.000Z',
    source: `${ORG}/api/v1/eventHooks/who1`,
    data: { events },
    ...more,
  })

export const freshLedger = async (): Promise<string> => {
  const url = `sqlite:${join(tempDir(), 'ledger.sqlite')}`
  const database = openLedgerDatabase({ url })
  await database.migrate()
  await database.close()
  return url
}

interface Options {
  /** A ledger, where it is not a new one. */
  readonly url?: string
  readonly orgUrl?: string | undefined
  readonly maxWaiting?: number
  readonly threadUrl?: URL
}

export const startEvents = async (options: Options = {}) => {
  const url = options.url ?? (await freshLedger())
  const clock = new ManualClock()
  const lines: Record<string, unknown>[] = []
  const write = (fields: Record<string, unknown>, msg: string) =>
    void lines.push({ ...fields, msg })
  const log = { info: write, warn: write, error: write }
  const { maxWaiting, threadUrl } = options
  const writer = new EventWriter({
    ...{ target: { url }, clock, log },
    ...(maxWaiting !== undefined && { maxWaiting }),
    ...(threadUrl && { threadUrl }),
  })
  const counted = { kept: 0, ignored: 0, repeated: 0, dropped: 0 }
  const onCounted = (counts: EventCounts): void => {
    for (const name of ['kept', 'ignored', 'repeated', 'dropped'] as const) {
      counted[name] += counts[name]
    }
  }
  const orgUrl = 'orgUrl' in options ? options.orgUrl : ORG
  const settings = { authHeader: 'authorization', secret: EVENT_SECRET, orgUrl }
  const secrets = { current: EVENT_SECRET, previous: undefined }
  const app = createEventsApp({ settings, sink: writer, clock, log, onCounted })
  const listener = await listen({
    fetch: app.fetch,
    host: '127.0.0.1',
    port: 0,
    tls: undefined,
    clock: systemClock satisfies Clock,
    mayStream: createCredentialsPrecheck({ ...settings, secrets, checkBearer: undefined }),
    onRenewal: () => undefined,
  })
  onTestFinished(async () => {
    await listener.close()
    const closed = writer.close()
    clock.advance(10_000)
    await closed
  })
  const send = (body: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(listener.url + EVENTS_PATH, {
      method: 'POST',
      headers: { authorization: EVENT_SECRET, 'content-type': 'application/json', ...headers },
      body,
    })
  const rows = (): Promise<Record<string, unknown>[]> =>
    runSql(url, 'SELECT uuid, event_type, published_at FROM ledger_events ORDER BY uuid')
  return {
    ...{ url, base: listener.url, clock, writer, counted, lines, send, rows },
    verify: (headers: [string, string][]): Promise<Response> =>
      fetch(listener.url + EVENTS_PATH, { headers }),
    /** Lets the writer write, and waits until so many events are in the ledger. */
    written: async (count: number): Promise<void> => {
      clock.advance(EVENTS_WRITE_MS)
      await until('events are in the ledger', async () => (await rows()).length === count)
    },
  }
}
