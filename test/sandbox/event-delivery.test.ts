/** What event hooks get: batches with their secret, and whatever can go wrong on the way. */
import { describe, expect, it } from 'vitest'
import type { FaultSettings } from '../../src/sandbox/http/faults.ts'
import { ManualClock } from '../support/clock.ts'
import { eventHookBody, onlyIf, startEventReceiver } from '../support/event-hooks.ts'
import { profileFor, startTestSandbox } from '../support/sandbox.ts'
import { until } from '../support/until.ts'

const LOGIN = 'isaac.brock@example.com'
const PATH = '/api/v1/eventHooks'
const SUSPEND = 'user.lifecycle.suspend'
const UNSUSPEND = 'user.lifecycle.unsuspend'
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

interface Counts {
  readonly requests: number
  readonly delivered: number
  readonly failed: number
  readonly dropped: number
  readonly overLimit: number
  readonly waiting: number
}

interface StartOptions {
  readonly statuses?: number[]
  readonly faults?: FaultSettings
  readonly more?: object
}

const start = async ({ statuses = [], faults = {}, more = {} }: StartOptions = {}) => {
  const clock = new ManualClock()
  const sandbox = await startTestSandbox({
    ...{ clock, startedAt: Date.UTC(2026, 9, 5) },
    faults: { rateLimit: 1_000_000, ...faults },
  })
  const { call } = sandbox
  const receiver = await startEventReceiver(...statuses)
  const body = eventHookBody(receiver.url, [SUSPEND, UNSUSPEND], more)
  const { id } = (await call('POST', PATH, body)).body as { id: string }
  const act = (name: string) => call('POST', `${PATH}/${id}/lifecycle/${name}`)
  await act('verify')
  await sandbox.create(profileFor(LOGIN), {
    credentials: { password: { value: 'Float on, 2004!' } },
  })
  /** Two events each time: one of a suspension, one of its end. */
  const happen = async (times = 1) => {
    for (let time = 0; time < times; time += 1) {
      for (const name of ['suspend', 'unsuspend']) {
        await call('POST', `/api/v1/users/${LOGIN}/lifecycle/${name}`)
      }
    }
  }
  const counts = async () => (await call('GET', '/sandbox/deliveries')).body as Counts
  const written = () =>
    sandbox.events().filter(({ eventType }) => eventType.startsWith('user.lifecycle.'))
  return { ...sandbox, clock, receiver, id, body, act, happen, counts, written }
}

const uuids = (events: readonly { readonly uuid: string }[]) => events.map(({ uuid }) => uuid)

describe('events', () => {
  it('of a short time are sent together, as the System Log has them, with the headers of the hook', async () => {
    const { receiver, happen, clock, url, id, written, counts } = await start()
    await happen(2)
    clock.advance(999)
    expect(receiver.batches).toEqual([])
    clock.advance(1)
    await receiver.received(4)
    const [batch] = receiver.batches
    expect(batch?.headers).toMatchObject({
      authorization: 'Basic ZXZlbnRz',
      'x-other': 'other',
      'content-type': 'application/json',
    })
    expect(batch?.body).toMatchObject({
      ...{ eventType: 'com.okta.event_hook', eventTypeVersion: '1.0', cloudEventsVersion: '0.1' },
      ...{ contentType: 'application/json', source: `${url}/api/v1/eventHooks/${id}` },
      eventTime: '2026-10-05T00:00:01.000Z',
    })
    expect(receiver.events()).toEqual(written())
    await until('events are delivered', async () => (await counts()).delivered === 4)
    expect(await counts()).toMatchObject({ requests: 1, waiting: 0, failed: 0, dropped: 0 })
    await happen()
    clock.advance(1_000)
    await receiver.received(6)
    expect(receiver.batches[1]?.body.eventId).not.toBe(batch?.body.eventId)
  })

  it('of more than a hundred are several batches, in order', async () => {
    const { receiver, happen, clock, written } = await start()
    await happen(60)
    clock.advance(1_000)
    await receiver.received(120)
    expect(receiver.batches.map(({ body }) => body.data.events.length)).toEqual([100, 20])
    expect(receiver.events()).toEqual(written())
  })

  it('that the filter of their type does not let through are not sent', async () => {
    const more = onlyIf(SUSPEND, 'event.outcome.result eq "FAILURE"')
    const { receiver, happen, clock } = await start({ more })
    await happen(2)
    clock.advance(1_000)
    await receiver.received(2)
    expect(receiver.events().map(({ eventType }) => eventType)).toEqual([UNSUSPEND, UNSUSPEND])
  })

  it('come when the clock jumps', async () => {
    const { receiver, happen, call } = await start({ faults: { eventDelayMs: DAY_MS } })
    await happen(3)
    await call('PUT', '/sandbox/clock', { days: 1.1 })
    await receiver.received(6)
    expect(new Set(uuids(receiver.events())).size).toBe(6)
  })
})

describe('a hook gets nothing', () => {
  it.each(['before it is verified', 'while it is inactive', 'when it points elsewhere'])(
    '%s',
    async (when) => {
      const { receiver, happen, clock, act, call, id, body, counts } = await start()
      const { url } = await startEventReceiver()
      const elsewhere = eventHookBody(url, [SUSPEND, UNSUSPEND])
      if (when === 'while it is inactive') await act('deactivate')
      if (when === 'when it points elsewhere') await call('PUT', `${PATH}/${id}`, elsewhere)
      if (when === 'before it is verified') {
        await call('PUT', `${PATH}/${id}`, elsewhere)
        await call('PUT', `${PATH}/${id}`, body)
      }
      await happen()
      clock.advance(MINUTE_MS)
      expect(await counts()).toMatchObject({ waiting: 0, requests: 0 })
      if (when === 'while it is inactive') await act('activate')
      else await call('PUT', `${PATH}/${id}`, body)
      await act('verify')
      await happen()
      clock.advance(1_000)
      await receiver.received(2)
      expect(receiver.events()).toHaveLength(2)
    },
  )

  it('of what was waiting when it was turned off', async () => {
    const { receiver, happen, clock, act, counts } = await start()
    await happen()
    await act('deactivate')
    clock.advance(1_000)
    await until('events are dropped', async () => (await counts()).dropped === 2)
    expect(receiver.batches).toEqual([])
  })
})

describe('a delivery that fails', () => {
  const types = (events: { readonly eventType: string }[]) => events.at(-1)?.eventType

  it.each([
    [500, 2],
    [404, 1],
    [302, 1],
  ])('with %i is tried %i times at most, and is then in the System Log', async (status, times) => {
    const { receiver, happen, clock, counts, events } = await start({ statuses: [status] })
    await happen()
    clock.advance(1_000)
    await until('a delivery fails', async () => (await counts()).failed === 2)
    expect(receiver.batches).toHaveLength(times)
    expect(await counts()).toMatchObject({ requests: times, delivered: 0 })
    expect(types(events())).toBe('event_hook.delivery')
    expect(events().at(-1)).toMatchObject({
      outcome: { result: 'FAILURE' },
      target: [{ type: 'Event Hook', displayName: 'Moved people' }],
    })
  })

  it('once is repeated once, so that its events come twice', async () => {
    const { receiver, happen, clock, counts } = await start({ statuses: [503, 204] })
    await happen()
    clock.advance(1_000)
    await until('events are delivered', async () => (await counts()).delivered === 2)
    expect(receiver.batches).toHaveLength(2)
    expect(receiver.batches[0]?.body).toEqual(receiver.batches[1]?.body)
  })

  it('for want of an answer is given up after three seconds, twice', async () => {
    const { receiver, happen, clock, counts } = await start({ statuses: [0] })
    await happen()
    clock.advance(1_000)
    for (const times of [1, 2]) {
      await receiver.received(2 * times)
      await until('the call has its limit', () => clock.pending.includes(3_000))
      clock.advance(2_999)
      expect((await counts()).failed).toBe(0)
      clock.advance(1)
    }
    await until('a delivery fails', async () => (await counts()).failed === 2)
    expect(receiver.batches).toHaveLength(2)
  })
})

describe('faults', () => {
  it('lose a share of the events', async () => {
    const { receiver, happen, clock, counts } = await start({ faults: { eventDropRate: 0.3 } })
    await happen(100)
    const { dropped, waiting } = await counts()
    expect(dropped + waiting).toBe(200)
    expect(dropped).toBeGreaterThan(30)
    expect(dropped).toBeLessThan(90)
    clock.advance(1_000)
    await receiver.received(waiting)
    expect(new Set(uuids(receiver.events())).size).toBe(waiting)
  })

  it('send a share of the events twice', async () => {
    const { receiver, happen, clock, counts } = await start({ faults: { eventDuplicateRate: 0.3 } })
    await happen(50)
    const { waiting } = await counts()
    expect(waiting).toBeGreaterThan(110)
    expect(waiting).toBeLessThan(160)
    clock.advance(1_000)
    await receiver.received(waiting)
    expect(new Set(uuids(receiver.events())).size).toBe(100)
  })

  it('hold a share of the events back, so that later ones come first', async () => {
    const { receiver, happen, clock, written } = await start({ faults: { eventReorderRate: 0.3 } })
    await happen(10)
    clock.advance(1_000)
    await happen(10)
    clock.advance(2 * MINUTE_MS)
    await receiver.received(40)
    expect(uuids(receiver.events())).not.toEqual(uuids(written()))
    expect(uuids(receiver.events()).toSorted()).toEqual(uuids(written()).toSorted())
  })

  it('delay events, each by another time, up to a limit', async () => {
    const { receiver, happen, clock } = await start({ faults: { eventDelayMs: MINUTE_MS } })
    // A call that is under way when the clock jumps is late, and is sent again.
    const come = () => new Set(uuids(receiver.events())).size
    await happen(10)
    clock.advance(30_000)
    await until('events come', () => come() > 0)
    expect(come()).toBeLessThan(20)
    clock.advance(31_000)
    await until('all events come', () => come() === 20)
  })

  it('end the events of 24 hours at a number for all hooks', async () => {
    const { receiver, happen, clock, counts, call } = await start({ faults: { eventLimit: 5 } })
    await happen(4)
    clock.advance(1_000)
    await until('the limit is reached', async () => (await counts()).overLimit === 3)
    expect(receiver.events()).toHaveLength(5)
    await call('PUT', '/sandbox/clock', { days: 1 })
    await happen()
    clock.advance(1_000)
    await receiver.received(7)
    expect(await counts()).toMatchObject({ overLimit: 3 })
  })
})
