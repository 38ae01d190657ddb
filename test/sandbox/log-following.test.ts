/** A client that follows the System Log as Okta documents it sees each event exactly once, whatever happens. */
import { expect, it } from 'vitest'
import type { FaultSettings } from '../../src/sandbox/http/faults.ts'
import { ManualClock } from '../support/clock.ts'
import { createFollower, linkOf } from '../support/log-follower.ts'
import { profileFor, startTestSandbox } from '../support/sandbox.ts'

/** The people are created a millisecond before. */
const START = Date.UTC(2026, 0, 1, 0, 0, 0, 1)
const SINCE = `since=${new Date(START).toISOString()}`

const start = async (faults: FaultSettings = {}, people = 8) => {
  const clock = new ManualClock()
  const sandbox = await startTestSandbox({ clock, startedAt: START - 1 })
  const logins = Array.from({ length: people }, (_, index) => `p${index}@example.com`)
  const credentials = { password: { value: 'Float on, 2004!' } }
  for (const login of logins) await sandbox.create(profileFor(login), { credentials })
  clock.advance(1)
  sandbox.setFaults(faults)
  /** One event for each person. */
  const act = async (name: string): Promise<void> => {
    for (const login of logins) {
      await sandbox.call('POST', `/api/v1/users/${login}/lifecycle/${name}`)
    }
  }
  const uuids = () => sandbox.events().map(({ uuid }) => uuid)
  return { ...sandbox, clock, act, uuids }
}

it.each<[string, FaultSettings]>([
  ['full pages', {}],
  ['short pages', { shortPageRate: 0.7 }],
  ['429s', { logRateLimit: 3 }],
  ['late events', { logDelayMs: 60_000 }],
  ['all of it', { shortPageRate: 0.5, logRateLimit: 3, logDelayMs: 60_000 }],
])('with %s', async (_, faults) => {
  const sandbox = await start(faults)
  const { clock, act, uuids } = sandbox
  const wait = (ms: number): void => clock.advance(ms)
  const follower = createFollower(sandbox, { path: `/api/v1/logs?limit=3&${SINCE}`, wait })
  for (let round = 0; round < 3; round += 1) {
    await act('suspend')
    clock.advance(7_000)
    // Events arrive while the client reads.
    await Promise.all([follower.poll(), act('unsuspend')])
  }
  clock.advance(120_000)
  await follower.poll()
  expect(follower.seen).toHaveLength(48)
  expect(follower.seen.map(({ uuid }) => uuid)).toEqual(uuids())
  expect(new Set(uuids()).size).toBe(48)
  expect(follower.statuses.includes(429)).toBe('logRateLimit' in faults)
  const dates = follower.seen.map(({ published }) => published)
  expect(dates.join() === dates.toSorted().join()).toBe(!('logDelayMs' in faults))
})

it('also with a filter, of which whole pages may match nothing', async () => {
  const sandbox = await start()
  const filter = encodeURIComponent('eventType eq "user.lifecycle.unsuspend"')
  const path = `/api/v1/logs?limit=3&filter=${filter}`
  const follower = createFollower(sandbox, { path })
  for (const name of ['suspend', 'unsuspend', 'suspend', 'unsuspend']) {
    await sandbox.act(name)
    await follower.poll()
  }
  expect(follower.seen.map(({ eventType }) => eventType)).toEqual(
    Array.from({ length: 16 }, () => 'user.lifecycle.unsuspend'),
  )
})

it('a bounded query is ordered by date and ends, and misses what appears late', async () => {
  const { act, clock, call, url, events } = await start({ logDelayMs: 60_000 })
  await act('suspend')
  clock.advance(1_000)
  await act('unsuspend')
  const bounds = `${SINCE}&until=${new Date(START + 5_000).toISOString()}`
  const readAll = async (order: string) => {
    const found: string[] = []
    let path: string | undefined = `/api/v1/logs?${bounds}&limit=5&sortOrder=${order}`
    while (path !== undefined) {
      const answer = await call('GET', path)
      expect(linkOf(answer, 'self', url)).toBe(path)
      found.push(...(answer.body as { uuid: string }[]).map(({ uuid }) => uuid))
      path = linkOf(answer, 'next', url)
    }
    return found
  }
  clock.advance(10_000)
  expect((await readAll('ASCENDING')).length).toBeLessThan(16)
  clock.advance(60_000)
  const byDate = events().toSorted((a, b) => (a.published < b.published ? -1 : 1))
  const expected = byDate.map(({ uuid }) => uuid)
  expect(expected).not.toEqual(events().map(({ uuid }) => uuid))
  // Of events of the same millisecond, those that appeared first come first.
  expect(await readAll('ASCENDING')).toEqual(expected)
  expect(await readAll('DESCENDING')).toEqual(expected.toReversed())
})
