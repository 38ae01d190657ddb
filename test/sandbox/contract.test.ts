/** The sandbox's answers, compared with Okta's own description of its API. */
import { beforeAll, describe, expect, it } from 'vitest'
import { eventHookBody, onlyIf, startEventReceiver } from '../support/event-hooks.ts'
import { createContract, type Exchange } from '../support/openapi.ts'
import {
  HOOK_PASSWORD,
  hookBody,
  profileFor,
  startHookStub,
  startTestSandbox,
  UNVERIFIED,
  VERIFIED,
  type TestSandbox,
} from '../support/sandbox.ts'

let check: ReturnType<typeof createContract>

beforeAll(() => {
  check = createContract()
})

/** Where Okta's other documents contradict the description, and the sandbox follows them. */
const ACCEPTED: readonly RegExp[] = [
  // The error code reference: any call may be refused this way, which no operation describes.
  /: (400|401|501) is not described$/,
  // Recorded events that succeeded have no reason.
  /^\/\d+\/outcome\/reason: must be string$/,
]

const flaws = (exchange: Exchange): string[] =>
  check(exchange)
    .filter((flaw) => !ACCEPTED.some((pattern) => pattern.test(flaw)))
    .map((flaw) => `${exchange.method} ${exchange.path} ${exchange.status} ${flaw}`)

/** Makes a call as the tests do, and keeps the exchange. */
const start = async (options: Parameters<typeof startTestSandbox>[0] = {}) => {
  const sandbox = await startTestSandbox(options)
  const exchanges: Exchange[] = []
  const call: TestSandbox['call'] = async (method, path, ...more) => {
    const answer = await sandbox.call(method, path, ...more)
    exchanges.push({ method, path, ...answer })
    return answer
  }
  const create = (login: string, more: object = {}, query = '') =>
    call('POST', `/api/v1/users${query}`, { profile: profileFor(login), ...more })
  return { ...sandbox, call, create, exchanges }
}

const HASH = {
  algorithm: 'BCRYPT',
  workFactor: 10,
  salt: 'rwh1vH06VY86kzBVRYAvXe',
  value: 'Lr0fFe9LXq9u5g1nVbXq7Y7bJb1e2fO',
}
const QUESTION = { recovery_question: { question: 'Which band?', answer: 'Modest Mouse' } }

describe('answers fit the description', () => {
  it('of users: created in each mode, listed, searched for, changed', async () => {
    const { call, create, exchanges } = await start()
    const modes: [object, string][] = [
      [{}, ''],
      [{ credentials: QUESTION }, ''],
      [{ credentials: { password: { value: 'Float on, 2004!' } } }, '?nextLogin=changePassword'],
      [{ credentials: { password: { hash: HASH } } }, '?activate=false'],
      [HOOK_PASSWORD, ''],
      [{ credentials: { provider: { type: 'SOCIAL', name: 'SOCIAL' } } }, '?provider=true'],
    ]
    for (const [index, [more, query]] of modes.entries()) {
      expect((await create(`u${index}@example.com`, more, query)).status).toBe(200)
    }
    await call('GET', '/api/v1/users?limit=3')
    await call('GET', '/api/v1/users?search=profile.lastName%20eq%20%22Brock%22')
    await call('GET', '/api/v1/users?fields=id,profile:(login)')
    await call('GET', '/api/v1/users/u0@example.com')
    await call('POST', '/api/v1/users/u0@example.com', { profile: { title: 'Singer' } })
    await call('PUT', '/api/v1/users/u0@example.com', { profile: profileFor('u0@example.com') })
    expect(exchanges.flatMap(flaws)).toEqual([])
  })

  it('of the lifecycle', async () => {
    const { call, create, exchanges } = await start()
    await create('a@example.com', {}, '?activate=false')
    await create('b@example.com', { credentials: { password: { value: 'Float on, 2004!' } } })
    const run = async (login: string, ...names: string[]) => {
      for (const name of names) await call('POST', `/api/v1/users/${login}/lifecycle/${name}`)
    }
    await run('a@example.com', 'activate?sendEmail=false', 'reactivate?sendEmail=false')
    await run('b@example.com', 'suspend', 'suspend', 'unsuspend', 'unlock', 'reset_factors')
    await run('b@example.com', 'expire_password', 'expire_password_with_temp_password')
    await run('b@example.com', 'reset_password?sendEmail=false', 'deactivate', 'deactivate')
    for (let times = 0; times < 3; times += 1) await call('DELETE', '/api/v1/users/b@example.com')
    expect(exchanges.map(({ status }) => status)).toContain(404)
    expect(exchanges.flatMap(flaws)).toEqual([])
  })

  it('of hooks: both channels, changed, tried, removed', async () => {
    const { call, exchanges } = await start()
    const stub = await startHookStub(UNVERIFIED, { status: 401 })
    const config = { authType: 'client_secret_post', clientId: 'c', clientSecret: 's' }
    const oauth = { uri: stub.url, tokenUrl: `${stub.url}/token`, ...config }
    const { body } = await call('POST', '/api/v1/inlineHooks', hookBody(stub.url))
    const path = `/api/v1/inlineHooks/${(body as { id: string }).id}`
    for (const answer of ['as described', 'as a refusal']) {
      await call('POST', `${path}/execute`, { eventId: answer })
    }
    await call('POST', path, { channel: { type: 'OAUTH', version: '1.0.0', config: oauth } })
    await call('GET', path)
    await call('GET', '/api/v1/inlineHooks')
    await call('PUT', path, hookBody(stub.url, { authScheme: null }))
    await call('DELETE', path)
    for (const name of ['deactivate', 'activate', 'deactivate']) {
      await call('POST', `${path}/lifecycle/${name}`)
    }
    await call('DELETE', path)
    await call('GET', path)
    expect(exchanges.map(({ status }) => status)).not.toContain(405)
    expect(exchanges.flatMap(flaws)).toEqual([])
  })

  it('of event hooks: with and without a filter, verified or not, changed, removed', async () => {
    const { call, exchanges } = await start()
    const receiver = await startEventReceiver()
    const items = ['user.import.password']
    const filter = onlyIf('user.import.password', 'event.outcome.result eq "SUCCESS"')
    await call('POST', '/api/v1/eventHooks', eventHookBody('https://x.example/', []))
    for (const more of [{}, filter]) {
      const body = eventHookBody(receiver.url, items, more)
      const added = await call('POST', '/api/v1/eventHooks', body)
      const path = `/api/v1/eventHooks/${(added.body as { id: string }).id}`
      for (const answer of ['wrong', undefined]) {
        receiver.answerVerification(answer)
        await call('POST', `${path}/lifecycle/verify`)
      }
      await call('GET', path)
      await call('PUT', path, { ...body, description: 'People who have moved' })
      await call('GET', '/api/v1/eventHooks')
      for (const name of ['deactivate', 'activate', 'deactivate']) {
        await call('POST', `${path}/lifecycle/${name}`)
      }
      await call('DELETE', path)
      await call('GET', path)
    }
    expect(exchanges.map(({ status }) => status)).not.toContain(405)
    expect(exchanges.flatMap(flaws)).toEqual([])
  })

  it('of the System Log', async () => {
    const { call, create, signIn, exchanges } = await start()
    const stub = await startHookStub(UNVERIFIED, VERIFIED)
    await call('POST', '/api/v1/inlineHooks', hookBody(stub.url))
    await create('a@example.com', HOOK_PASSWORD)
    for (const password of ['wrong', 'right']) await signIn('a@example.com', password)
    await call('POST', '/api/v1/users/a@example.com/lifecycle/reset_password?sendEmail=true')
    const { body } = await call('GET', '/api/v1/logs')
    expect(body).toHaveLength(8)
    expect(exchanges.flatMap(flaws)).toEqual([])
  })

  it('of refusals', async () => {
    const tokens = [{ scheme: 'Bearer', token: 'reader', scopes: ['okta.users.read'] }] as const
    const { call, create, exchanges, setFaults, groups } = await start({ tokens })
    await create('a@example.com')
    await create('a@example.com')
    await create('b@example.com', { groupIds: [groups[0]?.id] })
    await create('b@example.com', { credentials: { password: { value: 'short' } } })
    await call('POST', '/api/v1/users', { profile: { login: 'x', band: 'y' } })
    await call('POST', '/api/v1/users', '{')
    await call('POST', '/api/v1/users', {}, { authorization: 'Bearer reader' })
    await call('GET', '/api/v1/users', undefined, { authorization: 'SSWS wrong' })
    await call('GET', '/api/v1/users?search=x')
    setFaults({ rateLimit: 0 })
    await call('GET', '/api/v1/users')
    expect(new Set(exchanges.map(({ status }) => status))).toEqual(
      new Set([200, 400, 401, 403, 429, 501]),
    )
    expect(exchanges.flatMap(flaws)).toEqual([])
  })

  it('of the authorization server', async () => {
    const client = { clientId: 'hook', clientSecret: 'secret', scopes: ['okta.hook'] }
    const { url, call, exchanges } = await start({ hookClients: [client] })
    await call('GET', '/oauth2/default/.well-known/oauth-authorization-server')
    await call('GET', '/oauth2/default/v1/keys')
    for (const client_secret of ['secret', 'wrong']) {
      const form = { grant_type: 'client_credentials', client_id: 'hook', scope: 'okta.hook' }
      const path = '/oauth2/default/v1/token'
      const body = new URLSearchParams({ ...form, client_secret })
      const response = await fetch(url + path, { method: 'POST', body })
      exchanges.push({ method: 'POST', path, status: response.status, body: await response.json() })
    }
    expect(exchanges.map(({ status }) => status)).toEqual([200, 200, 200, 401])
    expect(exchanges.flatMap(flaws)).toEqual([])
  })
})

describe('the check of answers', () => {
  const hook = { status: 200, method: 'GET', path: '/api/v1/inlineHooks/1' }
  it.each<[string, Exchange, RegExp]>([
    ['a type', { ...hook, body: { name: 7 } }, /name: must be string/],
    ['a date', { ...hook, body: { created: 'today' } }, /created: must match format/],
    ['a kind', { ...hook, body: { channel: { type: 'HTTP', config: { headers: 7 } } } }, /headers/],
    ['null', { ...hook, body: { lastUpdated: null } }, /lastUpdated: must be string/],
    ['an enum', { ...hook, body: { status: 'GONE' } }, /must be equal to one of/],
    ['a status', { ...hook, status: 418, body: {} }, /418 is not described/],
    ['a path', { ...hook, path: '/api/v1/hooks', body: {} }, /is not described/],
  ])('finds %s that does not fit', (_, exchange, flaw) => {
    expect(check(exchange).join('\n')).toMatch(flaw)
  })

  it('accepts null where the description has nullable', () => {
    const path = '/api/v1/users/1'
    expect(check({ ...hook, path, body: { activated: null, profile: { city: null } } })).toEqual([])
  })
})
