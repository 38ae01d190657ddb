/** One row, even where answers are lost: created once, found, or refused. */
import { describe, expect, it } from 'vitest'
import { systemClock, type Clock } from '../../src/clock.ts'
import { CREDENTIAL_MODES, type Mode } from '../../src/import/rows/modes.ts'
import { createColumns } from '../../src/import/rows/columns.ts'
import { createPrepare, type Sendable } from '../../src/import/rows/prepare.ts'
import type { RowOutcome } from '../../src/import/journal/row.ts'
import { createServerTime } from '../../src/import/run/server-time.ts'
import { createUserCreator } from '../../src/import/run/create-user.ts'
import { createOktaClient } from '../../src/okta/client/client.ts'
import { staticToken } from '../../src/okta/auth/credentials.ts'
import { REPEAT_WAITS_MS } from '../../src/okta/client/retry.ts'
import { createTransport } from '../../src/okta/client/transport.ts'
import { fetchFrom } from '../../src/http/proxied-fetch.ts'
import { startFakeOkta, type FakeOptions } from '../support/fake-okta.ts'

/** Waits are recorded and end at once. */
const instantClock = () => {
  const waits: number[] = []
  const clock: Clock = {
    now: () => systemClock.now(),
    epochMs: () => systemClock.epochMs(),
    after: (ms, run) => {
      waits.push(ms)
      const handle = setImmediate(run)
      return () => clearImmediate(handle)
    },
  }
  return { waits, clock }
}

const NEW = { number: 1, line: 2, oktaId: null, madeBy: null, changed: null }

const creatorFor = (orgUrl: string) => {
  const halt = new AbortController()
  const { waits, clock } = instantClock()
  const client = createOktaClient({
    orgUrl,
    credentials: staticToken('SSWS', 'token'),
    transport: createTransport({ clock: systemClock, version: 'test', fetch: fetchFrom({}) }),
    clock: systemClock,
    random: () => 0,
    share: 1,
    maxConcurrency: 10,
  })
  const serverTime = createServerTime(systemClock)
  const parts = { client, serverTime, clock, halt: halt.signal }
  const creator = createUserCreator(parts)
  const updater = createUserCreator({ ...parts, recordIntent: () => undefined })
  const createOnce = (row: Sendable, intendedAt: number, isNew: boolean): Promise<RowOutcome> =>
    creator.createOnce(row, { ...NEW, intendedAt, isNew })
  const update = (row: Sendable): Promise<RowOutcome> =>
    updater.createOnce(row, { ...NEW, intendedAt: 0, isNew: true })
  return { waits, serverTime, halt, createOnce, update }
}

const start = async (options: FakeOptions = {}) => {
  const okta = await startFakeOkta(options)
  return { okta, ...creatorFor(okta.url) }
}

const sendable = (login: string, modeName: Mode = 'hook', more = {}): Sendable => {
  const mode = CREDENTIAL_MODES[modeName]
  const columns = createColumns({ map: new Map(), ignore: new Set(), fields: mode.fields })
  const prepare = createPrepare({
    columns,
    mode,
    required: ['login'],
    groupIds: [],
    userType: undefined,
  })
  const fields = new Map(Object.entries({ email: 'a@x.example', login, ...more }))
  const prepared = prepare({ number: 1, line: 2, fractionRead: undefined, fields })
  if (!prepared.sendable) throw new Error(prepared.rejection)
  return prepared.sendable
}

const ANN = sendable('ann@x.example')
const now = (): number => Date.now()

describe('a row that was never sent', () => {
  it('is left to the next run when this one stops', async () => {
    const { okta, createOnce, halt } = await start()
    halt.abort()
    await expect(createOnce(ANN, now(), true)).rejects.toBe(halt.signal.reason)
    expect(okta.calls).toEqual([])
  })

  it('is created with one call', async () => {
    const { okta, createOnce } = await start()
    expect(await createOnce(ANN, now(), true)).toMatchObject({ state: 'created', oktaId: '00u0' })
    expect(okta.calls).toHaveLength(1)
  })

  it('is there already when Okta says so', async () => {
    const { okta, createOnce } = await start()
    okta.seed('Ann@X.example')
    expect(await createOnce(ANN, now(), true)).toEqual({
      state: 'existing',
      oktaId: '00u0',
      oktaLogin: 'Ann@X.example',
      status: 'ACTIVE',
      provider: 'OKTA',
      errorCode: 'E0000001',
      requestId: 'req1',
    })
    expect(okta.calls.map(({ method }) => method)).toEqual(['POST', 'GET'])
  })

  const TAKEN = 'login: An object with this field already exists in the current organization'
  const taken = (): [number, object] => [
    400,
    { errorCode: 'E0000001', errorCauses: [{ errorSummary: TAKEN }] },
  ]

  it('is there already, though its user was created only after this run began', async () => {
    const { okta, createOnce } = await start()
    okta.seed('ann@x.example', new Date(now() + 1_000).toISOString())
    expect(await createOnce(ANN, now(), true)).toMatchObject({ state: 'existing' })
  })

  it.each([
    [
      'its e-mail address is taken',
      ['bob@x.example', 'A@x.example'],
      'nobody has this login, and the e-mail address belongs to bob@x.example (00u0, ACTIVE)',
    ],
    [
      'nobody shows why',
      ['bob@x.example', 'b@x.example'],
      'Okta shows nobody with this login or e-mail address',
    ],
  ])('is not there already where %s', async (_, [login = '', email], words) => {
    const { okta, createOnce, waits } = await start({ refuse: taken })
    okta.seed(login, undefined, { email })
    expect(await createOnce(ANN, now(), true)).toEqual({
      state: 'failed',
      errorCode: 'E0000001',
      requestId: 'req1',
      reason: `${TAKEN}; ${words}`,
    })
    expect(waits).toEqual([])
  })

  it('fails with both of Okta’s sentences where Okta refuses the lookup', async () => {
    const { createOnce } = await start({ refuse: taken, refuseQuestions: true })
    expect(await createOnce(ANN, now(), true)).toMatchObject({
      state: 'failed',
      reason: `${TAKEN}; Okta does not say who has it: no`,
    })
  })

  it('fails for a duplicate of another attribute, with the reason, code and request id', async () => {
    const cause = 'employeeNumber: An object with this field already exists'
    const body = { errorCode: 'E0000001', errorCauses: [{ errorSummary: cause }] }
    const { createOnce } = await start({ refuse: () => [400, body] })
    expect(await createOnce(ANN, now(), true)).toEqual({
      state: 'failed',
      errorCode: 'E0000001',
      requestId: 'req1',
      reason: cause,
    })
  })

  it('fails without revealing its secret, even if Okta repeats it', async () => {
    const body = { errorCode: 'E0000080', errorCauses: [{ errorSummary: 'hunter2 is too short' }] }
    const { createOnce } = await start({ refuse: () => [403, body] })
    const row = sendable('ann@x.example', 'password', { password: 'hunter2' })
    expect(await createOnce(row, now(), true)).toMatchObject({
      reason: '*** is too short',
      isRefusal: true,
    })
  })

  it.each(['lost', 'lost 500'] as const)('is created once when the answer is %s', async (fault) => {
    const { okta, createOnce, waits } = await start({
      fault: ({ method }) => (method === 'POST' ? fault : 'none'),
    })
    expect(await createOnce(ANN, now(), true)).toMatchObject({ state: 'created', oktaId: '00u0' })
    expect(okta.creates()).toHaveLength(1)
    expect(waits).toEqual([200])
  })

  it.each(['dropped', '500'] as const)('is sent again when the call was %s', async (fault) => {
    const { okta, createOnce } = await start({ fault: (_, n) => (n === 1 ? fault : 'none') })
    expect(await createOnce(ANN, now(), true)).toMatchObject({ state: 'created' })
    expect(okta.calls.map(({ method }) => method)).toEqual(['POST', 'GET', 'GET', 'POST'])
  })

  it('whose login is the short name of another user is still created', async () => {
    const { okta, createOnce } = await start()
    okta.seed('ann@other.example')
    const short = { ...ANN, login: 'ann' }
    expect(await createOnce(short, now(), false)).toMatchObject({ state: 'created' })
    expect([...okta.users.keys()]).toEqual(['ann@other.example', 'ann@x.example'])
  })

  it('whose login differs from a user only in diacritics is there already', async () => {
    const { okta, createOnce } = await start({ fault: (_, n) => (n === 1 ? 'dropped' : 'none') })
    okta.seed('änn@x.example', undefined, { email: 'a@x.example' })
    expect(await createOnce(ANN, now(), true)).toMatchObject({ state: 'existing', oktaId: '00u0' })
    expect(okta.users.size).toBe(1)
  })

  it('whose login differs in diacritics only is there already, at the first answer too', async () => {
    const { okta, createOnce, waits } = await start()
    okta.seed('änn@x.example', undefined, { email: 'a@x.example' })
    expect(await createOnce(ANN, now(), true)).toMatchObject({ state: 'existing', oktaId: '00u0' })
    expect(waits).toEqual([])
  })

  it('whose login has a slash is looked up by filter', async () => {
    const { okta, createOnce } = await start({
      fault: ({ method }) => (method === 'POST' ? 'lost' : 'none'),
    })
    const row = sendable('ann/bo@x.example')
    expect(await createOnce(row, now(), true)).toMatchObject({ state: 'created' })
    expect(okta.calls.at(-1)?.path).toContain('filter=profile.login%20eq%20%22ann%2Fbo%40x.example')
  })

  it('that is never answered fails in the end, and its user is known not to exist', async () => {
    const { okta, createOnce, waits } = await start({
      fault: ({ method }) => (method === 'POST' ? 'dropped' : 'none'),
    })
    expect(await createOnce(ANN, now(), true)).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(
        /^Okta gave no answer to create it: .* closed the connection/,
      ) as string,
    })
    expect(okta.calls.at(-1)?.method).toBe('GET')
    expect(waits).toEqual([...REPEAT_WAITS_MS])
  })

  it('ends the run where Okta no longer creates any user', async () => {
    const { createOnce } = await start({
      fault: ({ method }) => (method === 'POST' ? '500' : 'none'),
    })
    for (let i = 1; i <= 5; i++) await createOnce(ANN, now(), true)
    await expect(createOnce(ANN, now(), true)).rejects.toMatchObject({ code: 'okta_unreachable' })
  })
})

describe('a row that an earlier run may have sent', () => {
  it('is looked up before anything is sent', async () => {
    const { okta, createOnce } = await start()
    expect(await createOnce(ANN, now(), false)).toMatchObject({ state: 'created' })
    expect(okta.calls.map(({ method }) => method)).toEqual(['GET', 'GET', 'POST'])
  })

  it.each([
    ['created', 'since it was written down', 0, 'IMPORT'],
    ['created', 'since, and has signed in', 0, 'OKTA'],
    ['created', 'within the skew of clocks', -4_000, 'IMPORT'],
    ['existing', 'before it was written down', -6_000, 'IMPORT'],
    ['existing', 'since, in another way', 0, 'FEDERATION'],
  ])('counts as %s when its user was made %s', async (state, _, offset, type) => {
    const { okta, createOnce } = await start()
    const intendedAt = now()
    okta.seed('ann@x.example', new Date(intendedAt + offset).toISOString())
    const [[key, user] = []] = okta.users
    if (!key || !user) throw new Error('no user')
    okta.users.set(key, { ...user, credentials: { provider: { type, name: type } } })
    expect(await createOnce(ANN, intendedAt, false)).toMatchObject({ state, oktaId: '00u0' })
    expect(okta.creates()).toEqual([])
  })

  it('fails for a taken e-mail address once its own user has had time to appear', async () => {
    const cause = 'login: An object with this field already exists'
    const body = { errorCode: 'E0000001', errorCauses: [{ errorSummary: cause }] }
    const { okta, createOnce, waits } = await start({ refuse: () => [400, body] })
    okta.seed('bob@x.example', undefined, { email: 'a@x.example' })
    expect(await createOnce(ANN, now(), false)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('belongs to bob@x.example (00u0, ACTIVE)') as string,
    })
    expect(waits).toEqual([...REPEAT_WAITS_MS])
  })

  it('is reported neither as there nor as missing where Okta refuses the lookup', async () => {
    const { okta, createOnce } = await start({ refuseQuestions: true })
    expect(await createOnce(ANN, now(), false)).toMatchObject({
      state: 'failed',
      reason: 'Okta does not say whether it was created: no',
    })
    expect(okta.creates()).toEqual([])
  })
})

describe("Okta's time", () => {
  it('follows the dates of its answers, and advances between them', () => {
    let ms = 1_000
    const time = createServerTime({
      now: () => ms,
      epochMs: () => ms,
      after: () => () => undefined,
    })
    time.observe(new Headers({ date: 'Thu, 01 Jan 2026 00:00:10 GMT' }))
    ms += 2_500
    expect(new Date(time.now()).toISOString()).toBe('2026-01-01T00:00:12.500Z')
    time.observe(new Headers())
    expect(new Date(time.now()).toISOString()).toBe('2026-01-01T00:00:12.500Z')
  })
})

describe('a row whose creation Okta has answered with a duplicate', () => {
  it('is no proof that our call made the user', async () => {
    const { okta, createOnce } = await start()
    const email = 'jose@x.example'
    okta.seed(email, new Date().toISOString(), { email })
    const user = okta.users.get(email)
    const credentials = { provider: { type: 'IMPORT', name: 'IMPORT' } }
    if (user) okta.users.set(email, { ...user, credentials })
    const outcome = await createOnce(
      sendable('jos\u00e9@x.example', 'hook', { email }),
      now(),
      false,
    )
    expect(outcome).toMatchObject({ state: 'created', oktaId: '00u0' })
    expect(outcome.madeBy).toBeUndefined()
  })
})

describe('an update that Okta does not answer', () => {
  it('is given up, and after five in a row the run ends, since Okta itself fails', async () => {
    const { okta, update, waits } = await start({
      fault: ({ method }) => (method === 'POST' ? '500' : 'none'),
    })
    const rows = Array.from({ length: 6 }, (_, i) => `user${i}@x.example`)
    for (const login of rows) okta.seed(login, undefined, { email: 'other@x.example' })
    const [last = '', ...first] = rows.reverse()
    for (const login of first) {
      expect(await update(sendable(login))).toMatchObject({ state: 'failed', isUnanswered: true })
    }
    expect(waits.slice(0, 4)).toEqual([...REPEAT_WAITS_MS])
    await expect(update(sendable(last))).rejects.toMatchObject({ code: 'okta_unreachable' })
  })
})

describe('the count of rows that were given up', () => {
  it('starts again after a row that Okta has answered', async () => {
    const isDropped = (login: unknown): boolean => String(login).startsWith('lost')
    const { createOnce } = await start({
      fault: ({ method, body }) =>
        method === 'POST' && isDropped((body?.['profile'] as { login?: unknown }).login)
          ? 'dropped'
          : 'none',
    })
    for (const round of ['a', 'b']) {
      for (let i = 0; i < 4; i++) {
        const row = sendable(`lost-${round}${i}@x.example`)
        expect(await createOnce(row, now(), true)).toMatchObject({ isUnanswered: true })
      }
      expect(await createOnce(sendable(`${round}@x.example`), now(), true)).toMatchObject({
        state: 'created',
      })
    }
  })
})
