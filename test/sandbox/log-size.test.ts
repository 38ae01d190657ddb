/** The System Log with a million events: its memory, its speed, and which events it no longer shows. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { createEventColumns, MAX_EVENTS } from '../../src/sandbox/log/columns.ts'
import { boundedPage, followingPage } from '../../src/sandbox/log/pages.ts'
import { createSystemLog } from '../../src/sandbox/log/system-log.ts'
import { startTestSandbox } from '../support/sandbox.ts'
import { ManualClock } from '../support/clock.ts'

const MIB = 1024 * 1024
const target = { id: '00usandbox0000000001', type: 'User', alternateId: 'a@example.com' } as const

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const memory = (): number => {
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

it('a million events take less than 64 MiB, and any page is read at once', () => {
  let now = 0
  const before = memory()
  const log = createSystemLog({ now: () => (now += 1), delayMs: () => 0 })
  const startedAt = performance.now()
  for (let index = 0; index < 1_000_000; index += 1) {
    const kind = { eventType: 'user.session.start', isSuccess: index % 2 === 0 } as const
    log.write({ ...kind, target, debugData: index % 3 === 0 ? { attempts: 1 } : undefined })
  }
  const writeMs = performance.now() - startedAt
  expect(memory() - before).toBeLessThan(64 * MIB)
  const query = { since: 900_000, after: undefined, limit: 1_000, accepts: () => true }
  const readAt = performance.now()
  expect(followingPage(log, query).entries[0]).toMatchObject({ number: 899_999 })
  const bounds = { ...query, until: 950_001 }
  const last = boundedPage(log, { ...bounds, isDescending: true })
  expect(last.entries[0]).toMatchObject({ published: 950_000 })
  expect(last.entries).toHaveLength(1_000)
  expect(boundedPage(log, { ...bounds, isDescending: false }).entries).toHaveLength(1_000)
  expect(performance.now() - readAt).toBeLessThan(writeMs / 4)
})

it('loses the oldest events beyond its size, and the oldest details before that', () => {
  const columns = createEventColumns<'x'>()
  const event = { eventType: 'x', isSuccess: true, reason: null, target } as const
  const debugData = { pad: 'x'.repeat(200_000) }
  for (let time = 0; time < MAX_EVENTS + 10; time += 1) {
    const details = time < 200 ? debugData : undefined
    columns.add({ ...event, published: time, persisted: time, debugData: details })
  }
  expect([columns.first, columns.end]).toEqual([10, MAX_EVENTS + 10])
  expect(columns.at(columns.first)).toMatchObject({ published: 10, targetIndex: 1 })
  expect(columns.firstPersistedFrom(0)).toBe(10)
  expect([columns.debugData(100), columns.debugData(199)]).toEqual([{}, debugData])
  expect(() => columns.at(columns.end)).toThrow(RangeError)
})

it('shares one reason where there are too many', () => {
  const columns = createEventColumns<'x'>()
  for (let index = 0; index < 70_000; index += 1) {
    const reason = `reason ${index}`
    const times = { published: index, persisted: index }
    columns.add({
      ...times,
      eventType: 'x',
      isSuccess: false,
      reason,
      target,
      debugData: undefined,
    })
  }
  expect(columns.at(9_999).reason).toBe('reason 9999')
  expect(columns.at(69_999).reason).toBe('other')
})

it('shows the events of 90 days', async () => {
  const clock = new ManualClock()
  const { call } = await startTestSandbox({ clock, faults: { logRateLimit: 1_000 } })
  await call('POST', '/api/v1/users/me/lifecycle/suspend')
  const DAY_MS = 86_400_000
  const read = async (query: string) => (await call('GET', `/api/v1/logs?${query}`)).body
  const always = 'since=2000-01-01T00:00:00.000Z'
  clock.advance(7 * DAY_MS)
  expect(await read(always)).toHaveLength(1)
  clock.advance(1)
  // Without `since`, those of seven days.
  expect(await read('')).toHaveLength(0)
  clock.advance(83 * DAY_MS - 2)
  expect(await read(always)).toHaveLength(1)
  clock.advance(2)
  expect(await read(always)).toHaveLength(0)
  expect(await read(`${always}&until=2100-01-01T00:00:00.000Z`)).toHaveLength(0)
})
