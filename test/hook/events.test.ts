/** The endpoint of an event hook: what it takes, from whom, and that it counts each event once. */
import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { EVENTS_PATH } from '../../src/hook/events/app.ts'
import { delivery, EVENT_SECRET, freshLedger, news, startEvents } from '../support/events.ts'
import { exchange, head, holdCall } from '../support/raw.ts'
import { until } from '../support/until.ts'

const NOTHING = { kept: 0, ignored: 0, repeated: 0, dropped: 0 }

const codeOf = async (answer: Response): Promise<unknown> =>
  ((await answer.json()) as { code: unknown }).code

describe('a call', () => {
  it('is answered at once, and its events are in the ledger some seconds later', async () => {
    const { send, counted, written, rows } = await startEvents()
    const [first, second] = [randomUUID(), randomUUID()].toSorted()
    const set = news({ uuid: second, eventType: 'user.account.update_password' })
    const answer = await send(delivery([news({ uuid: first }), set]))
    expect([answer.status, await answer.text()]).toEqual([204, ''])
    expect(counted).toEqual({ ...NOTHING, kept: 2 })
    expect(await rows()).toEqual([])
    await written(2)
    expect(await rows()).toEqual([
      { uuid: first, event_type: 'user.import.password', published_at: '2026-01-01T00:00:00.000Z' },
      {
        uuid: second,
        event_type: 'user.account.update_password',
        published_at: '2026-01-01T00:00:00.000Z',
      },
    ])
  })

  it.each<[string, unknown]>([
    ['a refused password', news({ outcome: { result: 'FAILURE' } })],
    ['another type', news({ eventType: 'user.session.start' })],
    ['no outcome', news({ outcome: undefined })],
    ['no id', news({ uuid: '' })],
    ['an id of the wrong kind', news({ uuid: 7 })],
    ['an id that could hold anything', news({ uuid: 'a password, say' })],
    ['no time', news({ published: 'yesterday' })],
    ['no event', null],
  ])('with %s is taken, and that event is ignored', async (_, event) => {
    const { send, counted } = await startEvents()
    expect((await send(delivery([event, news()]))).status).toBe(204)
    expect(counted).toEqual({ ...NOTHING, kept: 1, ignored: 1 })
  })

  it.each([
    ['not JSON', '{'],
    ['nothing', '{}'],
    ['a sign-in', delivery([], { eventType: 'com.okta.user.credential.password.import' })],
    ['a list that is none', delivery([], { data: { events: { 0: news() } } })],
  ])('that is %s is refused', async (_, body) => {
    const { send, counted } = await startEvents()
    const answer = await send(body)
    expect([answer.status, await codeOf(answer)]).toEqual([400, 'events_invalid'])
    expect(counted).toEqual(NOTHING)
  })

  it('is no place for words from the future: an event is no younger than its news', async () => {
    const { send, written, rows } = await startEvents()
    await send(delivery([news({ published: '2199-01-01T00:00:00Z' })]))
    await written(1)
    expect(await rows()).toMatchObject([{ published_at: '2026-01-01T00:00:00.000Z' }])
  })
})

describe('a forged call', () => {
  it.each<[string, Record<string, string>, object]>([
    ['another secret', { authorization: `${EVENT_SECRET}?` }, {}],
    ['a secret in another header', { authorization: '', 'x-secret': EVENT_SECRET }, {}],
    ['another org', {}, { source: 'https://acme.okta.com.example.com/api/v1/eventHooks/who1' }],
    ['no org', {}, { source: undefined }],
  ])('with %s changes nothing', async (_, headers, more) => {
    const { send, counted, clock, lines } = await startEvents()
    const answer = await send(delivery([news()], more), headers)
    expect([answer.status, await codeOf(answer)]).toEqual([401, 'unauthenticated'])
    expect(counted).toEqual(NOTHING)
    // Nothing waits to be written.
    expect(clock.pending).toEqual([])
    expect(lines).toMatchObject([{ reason: 'unauthenticated', status: 401 }])
  })

  it('is refused before a byte of its body is read', async () => {
    const { base } = await startEvents()
    const huge = ['Content-Type: application/json', 'Content-Length: 900000']
    const answer = await exchange(base, [head(EVENTS_PATH, huge)], (text) => text.includes('}'))
    expect(answer).toMatch(/^HTTP\/1\.1 401 /)
    const twice = [`Authorization: ${EVENT_SECRET}`, `Authorization: ${EVENT_SECRET}`, ...huge]
    expect(await exchange(base, [head(EVENTS_PATH, twice)], (text) => text.includes('}'))).toMatch(
      /^HTTP\/1\.1 401 /,
    )
  })
})

describe('a body', () => {
  const HEADERS = [`Authorization: ${EVENT_SECRET}`, 'Content-Type: application/json']
  const isWhole = (text: string): boolean => text.includes('}')

  it('of a mebibyte is read, and a larger one is refused, whether or not it says so', async () => {
    const { send, base, counted } = await startEvents()
    const pad = (bytes: number) => {
      const empty = delivery([news()], { pad: '' })
      return empty.replace('"pad":""', `"pad":"${'x'.repeat(bytes - empty.length)}"`)
    }
    expect((await send(pad(1024 * 1024))).status).toBe(204)
    const answer = await send(pad(1024 * 1024 + 1))
    expect([answer.status, await codeOf(answer)]).toEqual([413, 'body_too_large'])
    const body = pad(1024 * 1024 + 1)
    const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
    const call = head(EVENTS_PATH, [...HEADERS, 'Transfer-Encoding: chunked']) + chunked
    expect(await exchange(base, [call], isWhole)).toMatch(/^HTTP\/1\.1 413 /)
    expect(counted).toEqual({ ...NOTHING, kept: 1 })
  })

  it('in chunks is read if the secret is right', async () => {
    const { base } = await startEvents()
    const body = delivery([news()])
    const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
    const call = (headers: readonly string[]) =>
      head(EVENTS_PATH, [...headers, 'Transfer-Encoding: chunked', 'Connection: close']) + chunked
    expect(await exchange(base, [call(HEADERS)])).toMatch(/^HTTP\/1\.1 204 /)
    const wrong = ['Authorization: not it', ...HEADERS.slice(1)]
    expect(await exchange(base, [call(wrong)], isWhole)).toMatch(/^HTTP\/1\.1 401 /)
  })

  it('that comes too slowly is given up, and too many at once are refused', async () => {
    const { base, clock, send, counted } = await startEvents()
    const hold = () => holdCall(base, EVENTS_PATH, [...HEADERS, 'Content-Length: 900'])
    const calls = await Promise.all(Array.from({ length: 8 }, hold))
    const limits = () => clock.pending.filter((ms) => ms === 2_500).length
    await until('eight bodies are being read', () => limits() === 8)
    const ninth = await send(delivery([news()]))
    expect([ninth.status, await codeOf(ninth)]).toEqual([429, 'events_busy'])
    clock.advance(2_500)
    for (const finish of calls) expect(await finish('')).toMatch(/HTTP\/1\.1 408 /)
    expect((await send(delivery([news()]))).status).toBe(204)
    expect(counted).toEqual({ ...NOTHING, kept: 1 })
  })

  it('of another media type is refused', async () => {
    const { send } = await startEvents()
    expect((await send(delivery([]), { 'content-type': 'text/plain' })).status).toBe(415)
  })
})

describe('the verification', () => {
  const NAME = 'x-okta-verification-challenge'

  it('repeats the challenge, up to 256 printable characters, without a secret', async () => {
    const { verify } = await startEvents()
    for (const challenge of ['a', '!"</script>~', 'x'.repeat(256)]) {
      const answer = await verify([[NAME, challenge]])
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toBe('application/json')
      expect(await answer.json()).toEqual({ verification: challenge })
    }
  })

  it.each<[string, [string, string][]]>([
    ['none', []],
    ['an empty one', [[NAME, '']]],
    ['too long a one', [[NAME, 'x'.repeat(257)]]],
    ['one with a blank', [[NAME, 'a b']]],
    ['one of other letters', [[NAME, 'é']]],
    [
      'two',
      [
        [NAME, 'a'],
        [NAME, 'b'],
      ],
    ],
  ])('refuses %s', async (_, headers) => {
    const { verify } = await startEvents()
    expect((await verify(headers)).status).toBe(400)
  })
})

describe('an event', () => {
  it('that comes again counts once: in a call, in a later one, and at another replica', async () => {
    const url = await freshLedger()
    const [one, other] = [await startEvents({ url }), await startEvents({ url })]
    const [a, b, c] = [news(), news(), news()]
    await one.send(delivery([a, a, b]))
    await one.send(delivery([b, a]))
    expect(one.counted).toEqual({ ...NOTHING, kept: 2, repeated: 3 })
    await one.written(2)
    await other.send(delivery([b, c]))
    expect(other.counted).toEqual({ ...NOTHING, kept: 2 })
    await other.written(3)
  })

  it('for which there is no room is dropped, and may come again', async () => {
    const { send, counted, written } = await startEvents({ maxWaiting: 3 })
    const all = Array.from({ length: 5 }, () => news())
    await send(delivery(all))
    expect(counted).toEqual({ ...NOTHING, kept: 3, dropped: 2 })
    await written(3)
    await until('there is room again', async () => {
      await send(delivery(all))
      return counted.kept === 5
    })
    await written(5)
  })
})
