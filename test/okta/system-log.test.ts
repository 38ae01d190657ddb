/** Our reader of the System Log against the sandbox's, and against answers that the sandbox does not give. */
import { describe, expect, it } from 'vitest'
import {
  followLog,
  readLog,
  userOf,
  type EventPage,
  type EventQuery,
  type LogStart,
} from '../../src/okta/api/system-log.ts'
import { staticToken } from '../../src/okta/auth/credentials.ts'
import type { OktaClient } from '../../src/okta/client/client.ts'
import type { FaultSettings } from '../../src/sandbox/http/faults.ts'
import { ManualClock } from '../support/clock.ts'
import { advanceUntil, makeClient, type Made } from '../support/okta-client.ts'
import { until } from '../support/until.ts'
import { oktaError, startOkta, type StubAnswer } from '../support/okta-server.ts'
import { profileFor, startTestSandbox, TOKEN } from '../support/sandbox.ts'

const START = Date.UTC(2026, 0, 1)
const DAY_MS = 86_400_000
const SUSPENDED = 'user.lifecycle.suspend'
const UNSUSPENDED = 'user.lifecycle.unsuspend'

/** Advances the clock over the waits for rate limits, which are longer than the timeout of an exchange. */
const overLimits = async <T>(work: Promise<T>, { client, clock }: Made): Promise<T> => {
  const state = { isDone: false }
  const done = work.finally(() => (state.isDone = true))
  done.catch(() => undefined)
  await until('the work is done', () => {
    const { waitingUntil } = client.rateLimitStatus
    const [next = Infinity] = clock.pending
    if (waitingUntil !== undefined) clock.advance(waitingUntil - clock.now())
    else if (next < 20_000) clock.advance(next)
    return state.isDone
  })
  return done
}

const start = async (faults: FaultSettings = {}, people = 8) => {
  const clock = new ManualClock()
  const sandbox = await startTestSandbox({ clock, startedAt: START, faults })
  const { client } = makeClient(sandbox.url, staticToken('SSWS', TOKEN), clock)
  const logins = Array.from({ length: people }, (_, index) => `p${index}@example.com`)
  const credentials = { password: { value: 'Float on, 2004!' } }
  for (const login of logins) await sandbox.create(profileFor(login), { credentials })
  const act = async (name: string): Promise<void> => {
    for (const login of logins) {
      await sandbox.call('POST', `/api/v1/users/${login}/lifecycle/${name}`)
    }
  }
  const uuids = () =>
    sandbox
      .events()
      .filter(({ eventType }) => [SUSPENDED, UNSUSPENDED].includes(eventType))
      .map(({ uuid }) => uuid)
  return { ...sandbox, clock, client, act, uuids }
}

const QUERY: EventQuery = { eventTypes: [SUSPENDED, UNSUSPENDED], limit: 3 }

/** Each call reads as far as it goes, and goes on where the last one ended. */
const createReader = (
  client: OktaClient,
  clock: ManualClock,
  query: EventQuery = QUERY,
  options: Parameters<typeof followLog>[3] = {},
) => {
  let from: LogStart = { since: START }
  const pages: EventPage[] = []
  const poll = async (): Promise<void> => {
    for await (const page of followLog(client, query, from, options)) {
      pages.push(page)
      from = { next: page.next }
    }
  }
  return {
    pages,
    poll: () => overLimits(poll(), { client, clock }),
    uuids: () => pages.flatMap(({ events }) => events.map(({ uuid }) => uuid)),
  }
}

describe('following the log', () => {
  it.each<[string, FaultSettings]>([
    ['full pages', {}],
    ['short pages', { shortPageRate: 0.7 }],
    ['429s', { logRateLimit: 3 }],
    ['late events', { logDelayMs: 60_000 }],
    ['all of it', { shortPageRate: 0.5, logRateLimit: 3, logDelayMs: 60_000 }],
  ])('with %s yields each event once, in the order of the log', async (_, faults) => {
    const sandbox = await start(faults)
    const { clock, client, act, uuids } = sandbox
    const reader = createReader(client, clock)
    for (let round = 0; round < 3; round += 1) {
      await act('suspend')
      clock.advance(7_000)
      // Events arrive while the client reads.
      await Promise.all([reader.poll(), act('unsuspend')])
    }
    clock.advance(120_000)
    // A short page ends a poll, though there is more.
    for (let turn = 0; turn < 40; turn += 1) await reader.poll()
    expect(uuids()).toHaveLength(48)
    expect(reader.uuids()).toEqual(uuids())
  })

  it('ends after a page that is not full, or with untilEmpty after an empty one', async () => {
    const { client, clock, act } = await start()
    await act('suspend')
    const reader = createReader(client, clock)
    await reader.poll()
    expect(reader.pages.map(({ events }) => events.length)).toEqual([3, 3, 2])
    const toTheEnd = createReader(client, clock, QUERY, { untilEmpty: true })
    await toTheEnd.poll()
    expect(toTheEnd.pages.map(({ events }) => events.length)).toEqual([3, 3, 2, 0])
  })

  it('with untilEmpty misses nothing where pages are short', async () => {
    const { client, clock, act, uuids } = await start({ shortPageRate: 0.7 })
    await act('suspend')
    const reader = createReader(client, clock, QUERY, { untilEmpty: true })
    await reader.poll()
    expect(reader.uuids()).toEqual(uuids())
  })

  it('says whom an event is about, when it was and how it ended, and yields only what was asked for', async () => {
    const { client, clock, act, call } = await start({}, 1)
    await act('suspend')
    await act('unsuspend')
    const reader = createReader(client, clock, { eventTypes: [UNSUSPENDED], result: 'SUCCESS' })
    await reader.poll()
    const { body } = await call('GET', '/api/v1/users/p0@example.com')
    const [event, ...others] = reader.pages.flatMap(({ events }) => events)
    expect(others).toEqual([])
    expect(event).toMatchObject({ eventType: UNSUSPENDED, published: START })
    expect(event?.outcome.result).toBe('SUCCESS')
    expect(event && userOf(event)).toBe((body as { id: string }).id)
    const failures = createReader(client, clock, { ...QUERY, result: 'FAILURE' })
    await failures.poll()
    expect(failures.uuids()).toEqual([])
  })

  it('sees nothing that is older than Okta keeps', async () => {
    const { client, clock, act } = await start({}, 1)
    await act('suspend')
    clock.advance(91 * DAY_MS)
    await act('unsuspend')
    const reader = createReader(client, clock)
    await reader.poll()
    expect(reader.uuids()).toHaveLength(1)
  })

  it('throws what Okta says of a place that it does not know', async () => {
    const { client, clock } = await start()
    const pages = followLog(client, QUERY, { next: '/api/v1/logs?after=x&limit=3' })
    await expect(advanceUntil(pages.next(), clock)).rejects.toMatchObject({ status: 400 })
  })
})

describe('a definite time', () => {
  it.each<[string, FaultSettings]>([
    ['full pages', {}],
    ['short pages and 429s', { shortPageRate: 0.6, logRateLimit: 3 }],
  ])('with %s is read to its end, by date', async (_, faults) => {
    const { client, clock, act, uuids } = await start(faults)
    await act('suspend')
    clock.advance(DAY_MS)
    await act('unsuspend')
    const read = async (until: number) => {
      const found: string[] = []
      for await (const { events } of readLog(client, QUERY, { since: START, until })) {
        found.push(...events.map(({ uuid }) => uuid))
      }
      return found
    }
    expect(await overLimits(read(START + 1), { client, clock })).toEqual(uuids().slice(0, 8))
    expect(await overLimits(read(START + 2 * DAY_MS), { client, clock })).toEqual(uuids())
  })
})

const event = (more: object = {}) => ({
  ...{ uuid: 'u1', published: '2026-10-05T08:00:00.000Z', eventType: SUSPENDED },
  ...more,
})

describe('an answer', () => {
  const read = async (
    respond: (base: string, path: string) => StubAnswer,
    from: LogStart = { since: START },
  ) => {
    const okta = await startOkta(({ path }) => respond(okta.url, path))
    const { client, clock } = makeClient(okta.url)
    const pages: EventPage[] = []
    const all = async (): Promise<void> => {
      for await (const page of followLog(client, QUERY, from)) pages.push(page)
    }
    const error = await advanceUntil(all(), clock).catch((err: unknown) => err)
    return { pages, error, calls: okta.calls.length }
  }

  const next = (url: string) => ({ link: `<${url}>; rel="next"` })

  it('may lack what we can do without; an event without the rest is counted', async () => {
    const body = [
      event(),
      event({ target: null, outcome: null, actor: 7 }),
      event({ target: [{ type: 'User' }, { id: '00u1', type: 'User', alternateId: null }] }),
      event({ uuid: undefined }),
      event({ published: 'yesterday' }),
      event({ eventType: 7 }),
      null,
    ]
    const { pages, error } = await read((base, path) => ({
      body: path.endsWith('after=1') ? [] : body,
      headers: next(`${base}/api/v1/logs?after=1`),
    }))
    expect(error).toBeUndefined()
    expect(pages[0]?.malformed).toBe(4)
    expect(pages[0]?.events.map(userOf)).toEqual([undefined, undefined, '00u1'])
  })

  it.each([
    ['another org', 'https://evil.example/api/v1/logs?after=1', 'leads to another origin'],
    ['no address', 'http://[', 'leads to another origin'],
    ['another resource', '/api/v1/users?limit=1', 'leads elsewhere'],
  ])('is refused where its link leads to %s', async (_, link, why) => {
    const linked = await read(() => ({ body: [event()], headers: next(link) }))
    expect(linked).toMatchObject({ pages: [], calls: 1, error: { code: 'okta_answer_unusable' } })
    expect(linked.error).toMatchObject({ detail: expect.stringContaining(why) as string })
    const kept = await read(() => ({ body: [] }), { next: link })
    expect(kept).toMatchObject({ pages: [], calls: 0, error: { code: 'okta_answer_unusable' } })
  })

  it.each<[string, (base: string, path: string) => StubAnswer]>([
    ['is no list', () => ({ body: { a: 1 } })],
    ['has events and no next page', () => ({ body: [event(), event(), event()] })],
    ['links to itself', (base, path) => ({ body: [event()], headers: next(base + path) })],
  ])('is refused where it %s', async (_, respond) => {
    expect(await read(respond)).toMatchObject({
      pages: [],
      error: { code: 'okta_answer_unusable' },
    })
  })

  it('without events and without a link keeps the place', async () => {
    const from = { next: '/api/v1/logs?after=7' }
    const { pages } = await read(() => ({ body: [] }), from)
    expect(pages).toMatchObject([{ events: [], next: from.next }])
  })

  it('without the scope is no reason to go on', async () => {
    const { error } = await read(() => ({ status: 403, body: oktaError('E0000006') }))
    expect(error).toMatchObject({ code: 'okta_forbidden' })
  })
})
