/** Moments in local time: words, stamps, and the days on which clocks change. */
import { beforeEach, expect, it } from 'vitest'
import { describeMoment, stampOf, zoneAt } from '../../src/text/local-time.ts'

beforeEach(() => {
  process.env['TZ'] = 'Europe/Berlin'
})

const NOW = Date.parse('2026-11-27T08:16:00.000Z')

it.each([
  ['2026-11-27T08:15:48.000Z', '9:15 today, CET, 12 s ago'],
  ['2026-11-27T08:04:00.000Z', '9:04 today, CET, 12 minutes ago'],
  ['2026-11-27T08:15:00.000Z', '9:15 today, CET, 1 minute ago'],
  ['2026-11-26T23:05:00.000Z', '0:05 today, CET, 9 hours ago'],
  ['2026-11-26T22:59:00.000Z', '23:59 yesterday, CET, 9 hours ago'],
  ['2026-11-25T22:59:00.000Z', '23:59 on 2026-11-25, CET, 33 hours ago'],
  ['2026-07-01T12:00:00.000Z', '14:00 on 2026-07-01, CEST, 148 days ago'],
  ['2026-11-27T08:17:30.000Z', '9:17 today, CET, in 1 minute'],
])('%s is "%s"', (at, words) => {
  expect(describeMoment(Date.parse(at), NOW)).toBe(words)
})

it('the day before the clock changes is yesterday', () => {
  // Monday after the Sunday of 25 hours, shortly after midnight.
  const monday = Date.parse('2026-10-25T23:10:00.000Z')
  expect(describeMoment(Date.parse('2026-10-24T22:10:00.000Z'), monday)).toContain('yesterday')
})

it.each([
  ['Europe/Berlin', 'CET', '2026-11-27 09:16:00 CET'],
  ['America/New_York', 'EST', '2026-11-27 03:16:00 EST'],
  ['UTC', 'UTC', '2026-11-27 08:16:00 UTC'],
  ['Asia/Kathmandu', 'GMT+5:45', '2026-11-27 14:01:00 GMT+5:45'],
])('in %s the zone is %s', (zone, name, stamp) => {
  process.env['TZ'] = zone
  expect([zoneAt(NOW), stampOf(NOW)]).toEqual([name, stamp])
})
