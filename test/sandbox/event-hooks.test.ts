/** The Event Hooks API: what can be registered, how it is verified, and who hides which secret. */
import { describe, expect, it } from 'vitest'
import { parseEventFilter } from '../../src/sandbox/event-hooks/filter.ts'
import type { LogEvent } from '../../src/sandbox/log/system-log.ts'
import { ManualClock } from '../support/clock.ts'
import { eventHookBody, onlyIf, startEventReceiver } from '../support/event-hooks.ts'
import { startTestSandbox } from '../support/sandbox.ts'
import { until } from '../support/until.ts'

const PATH = '/api/v1/eventHooks'
const TYPE = 'user.import.password'

interface Shown {
  readonly id: string
  readonly status: string
  readonly verificationStatus: string
}

const start = async () => {
  const clock = new ManualClock()
  const sandbox = await startTestSandbox({ clock })
  const { call } = sandbox
  const add = async (uri: string, more: object = {}) =>
    (await call('POST', PATH, eventHookBody(uri, [TYPE], more))).body as Shown
  const act = (id: string, name: string) => call('POST', `${PATH}/${id}/lifecycle/${name}`)
  const show = async (id: string) => (await call('GET', `${PATH}/${id}`)).body as Shown
  const types = () => sandbox.events().map((event) => `${event.eventType} ${event.outcome.result}`)
  return { ...sandbox, clock, add, act, show, types }
}

describe('an event hook', () => {
  it('is registered, shown without its secret, turned off, and then deleted', async () => {
    const { call, act, types, url } = await start()
    const { status, body } = await call('POST', PATH, eventHookBody('https://x.example/', [TYPE]))
    const { id } = body as Shown
    expect(status).toBe(200)
    expect(body).toMatchObject({
      ...{ status: 'ACTIVE', verificationStatus: 'UNVERIFIED', description: null },
      events: { type: 'EVENT_TYPE', items: [TYPE], filter: null },
      channel: { config: { method: 'POST', authScheme: { type: 'HEADER', key: 'Authorization' } } },
      _links: { self: { href: `${url}${PATH}/${id}` } },
    })
    expect(id).toMatch(/^who.{17}$/)
    expect(JSON.stringify(body)).not.toContain('Basic')
    expect((await call('GET', PATH)).body).toMatchObject([{ id }])
    expect((await call('DELETE', `${PATH}/${id}`)).status).toBe(400)
    expect((await act(id, 'deactivate')).body).toMatchObject({ status: 'INACTIVE' })
    expect((await act(id, 'activate')).body).toMatchObject({ status: 'ACTIVE' })
    await act(id, 'deactivate')
    expect((await call('DELETE', `${PATH}/${id}`)).status).toBe(204)
    expect((await call('GET', `${PATH}/${id}`)).status).toBe(404)
    expect(types()).toEqual(
      ['created', 'deactivated', 'activated', 'deactivated', 'deleted'].map(
        (what) => `event_hook.${what} SUCCESS`,
      ),
    )
  })

  it.each<[string, object]>([
    ['no events', { items: [] }],
    ['an event of event hooks', { items: ['event_hook.delivery'] }],
    ['another kind of subscription', { type: 'FLOW' }],
    ['another language', { filter: { type: 'SCIM', eventFilterMap: [] } }],
    ['a filter with a list', onlyIf(TYPE, "event.target.?[type eq 'User'].size() > 0")],
  ])('is refused with %s', async (_, more) => {
    const { call } = await start()
    const answer = await call('POST', PATH, eventHookBody('https://x.example/', [TYPE], more))
    expect(answer).toMatchObject({ status: 400, body: { errorCode: 'E0000001' } })
  })

  it('is refused without https, and as the twenty-sixth', async () => {
    const { call, add } = await start()
    const answer = await call('POST', PATH, eventHookBody('http://x.example/', [TYPE]))
    expect(answer.status).toBe(400)
    for (let count = 0; count < 25; count += 1) await add('https://x.example/')
    const oneMore = await call('POST', PATH, eventHookBody('https://x.example/', [TYPE]))
    expect(oneMore).toMatchObject({ status: 400, body: { errorCode: 'E0000001' } })
  })

  it('needs scopes of its own', async () => {
    const tokens = [{ scheme: 'Bearer', token: 'a', scopes: ['okta.eventHooks.read'] }] as const
    const { call } = await startTestSandbox({ tokens })
    const headers = { authorization: 'Bearer a' }
    expect((await call('GET', PATH, undefined, headers)).status).toBe(200)
    const body = eventHookBody('https://x.example/', [TYPE])
    expect((await call('POST', PATH, body, headers)).status).toBe(403)
  })
})

describe('the verification', () => {
  it('sends a challenge with the headers of the hook, which the endpoint repeats', async () => {
    const { add, act, show } = await start()
    const receiver = await startEventReceiver()
    const { id } = await add(receiver.url)
    for (let times = 0; times < 2; times += 1) {
      const { status, body } = await act(id, 'verify')
      expect([status, (body as Shown).verificationStatus]).toEqual([200, 'VERIFIED'])
    }
    const [first, second] = receiver.verifications
    expect(first).toMatchObject({ authorization: 'Basic ZXZlbnRz', 'x-other': 'other' })
    const challenge = 'x-okta-verification-challenge'
    expect(first?.[challenge]).not.toBe(second?.[challenge])
    expect(await show(id)).toMatchObject({ verificationStatus: 'VERIFIED' })
  })

  it('fails where the endpoint says something else, and may be repeated', async () => {
    const { add, act, show, types } = await start()
    const receiver = await startEventReceiver()
    const { id } = await add(receiver.url)
    for (const wrong of ['other', 7, null, { challenge: 'x' }]) {
      receiver.answerVerification(wrong ?? {})
      expect((await act(id, 'verify')).status).toBe(400)
    }
    expect(await show(id)).toMatchObject({ verificationStatus: 'UNVERIFIED' })
    expect(types().at(-1)).toBe('event_hook.verified FAILURE')
    receiver.answerVerification(undefined)
    expect((await act(id, 'verify')).status).toBe(200)
  })

  it('fails where nobody listens, or nobody answers within three seconds', async () => {
    const { add, act, clock } = await start()
    const nobody = await add('http://127.0.0.1:9/')
    expect((await act(nobody.id, 'verify')).status).toBe(400)
    const silent = await startEventReceiver()
    silent.answerVerification('silence')
    const { id } = await add(silent.url)
    const answer = act(id, 'verify')
    await until('the call has its limit', () => clock.pending.includes(3_000))
    clock.advance(3_000)
    expect((await answer).body).toMatchObject({
      errorCauses: [{ errorSummary: expect.stringContaining('3 seconds') as string }],
    })
  })

  it('is lost when the channel changes, and kept when the name does', async () => {
    const { call, add, act } = await start()
    const receiver = await startEventReceiver()
    const { id } = await add(receiver.url)
    await act(id, 'verify')
    const body = eventHookBody(receiver.url, [TYPE, 'user.session.start'])
    const renamed = await call('PUT', `${PATH}/${id}`, { ...body, name: 'Other' })
    expect(renamed.body).toMatchObject({ name: 'Other', verificationStatus: 'VERIFIED' })
    const moved = await call('PUT', `${PATH}/${id}`, eventHookBody(`${receiver.url}/2`, [TYPE]))
    expect(moved.body).toMatchObject({ verificationStatus: 'UNVERIFIED' })
  })
})

describe('a filter', () => {
  const event = {
    eventType: TYPE,
    outcome: { result: 'SUCCESS', reason: null },
    actor: { id: '00u1', type: 'User', alternateId: 'a@example.com', displayName: "Zoë 'Z'" },
  } as LogEvent

  it.each<[string, boolean]>([
    ['event.outcome.result eq "SUCCESS"', true],
    ["event.outcome.result eq 'FAILURE'", false],
    ["event.outcome.result ne 'FAILURE' && event.actor.type == 'User'", true],
    ["event.outcome.result eq 'FAILURE' || event.actor.id != null", true],
    ['event.outcome.reason eq null', true],
    // && binds more strongly than ||.
    [
      "event.eventType eq 'x' && event.actor.id eq '00u1' || event.outcome.result eq 'SUCCESS'",
      true,
    ],
    [
      "event.eventType eq 'x' && (event.actor.id eq '00u1' || event.outcome.result eq 'SUCCESS')",
      false,
    ],
    ['event.actor.displayName eq "Zoë \'Z\'" ', true],
  ])('%s is %s', (source, is) => {
    expect(parseEventFilter(source)(event)).toBe(is)
  })

  it.each([
    '',
    'true',
    "event.outcome.result eq 'SUCCESS' &&",
    "event.client.ipAddress eq '127.0.0.1'",
    "event.outcome.result co 'SUCC'",
    "event.outcome.result eq 'SUCCESS",
    'event.outcome.result eq SUCCESS',
    "(event.outcome.result eq 'SUCCESS'",
    "event.outcome.result eq 'SUCCESS')",
    `${'('.repeat(100)}event.outcome.result eq 'SUCCESS'${')'.repeat(100)}`,
  ])('%s is refused', (source) => {
    expect(() => parseEventFilter(source)).toThrow('validation failed')
  })
})
