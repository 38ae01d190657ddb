/** Users as the sandbox creates, shows and changes them, compared with Okta's documented rules. */
import { describe, expect, it } from 'vitest'
import { makeId } from '../../src/sandbox/ids.ts'
import { HOOK_PASSWORD, profileFor, startTestSandbox } from '../support/sandbox.ts'

const PROFILE = profileFor('isaac.brock@example.com')
const GROUPS = Array.from({ length: 21 }, (_, n) => ({ name: `Group ${n}` }))
const QUESTION = { recovery_question: { question: 'Which band?', answer: 'Modest Mouse' } }
const VALUE = { password: { value: 'Float on, 2004!' } }
const BCRYPT = {
  password: {
    hash: {
      algorithm: 'BCRYPT',
      workFactor: 10,
      salt: 'rwh1vH06VY86kzBVRYAvXe',
      value: 'Lr0fFe9LXq9u5g1nVbXq7Y7bJb1e2fO',
    },
  },
}
const FEDERATION = { provider: { type: 'FEDERATION', name: 'FEDERATION' } }

const code = (errorCode: string) => expect.objectContaining({ errorCode }) as unknown

const cause = (errorSummary: string) =>
  expect.objectContaining({ errorCode: 'E0000001', errorCauses: [{ errorSummary }] }) as unknown

describe('a new user', () => {
  const OKTA = { type: 'OKTA', name: 'OKTA' }
  const IMPORT = { type: 'IMPORT', name: 'IMPORT' }
  const question = { recovery_question: { question: 'Which band?' } }

  it.each([
    ['no credentials', undefined, '', 'PROVISIONED', { provider: OKTA }],
    ['no credentials', undefined, '?activate=false', 'STAGED', { provider: OKTA }],
    ['a question', QUESTION, '', 'PROVISIONED', { ...question, provider: OKTA }],
    ['a password', VALUE, '', 'ACTIVE', { password: {}, provider: OKTA }],
    ['a password', VALUE, '?activate=false', 'STAGED', { password: {}, provider: OKTA }],
    [
      'an expired one',
      VALUE,
      '?nextLogin=changePassword',
      'PASSWORD_EXPIRED',
      { password: {}, provider: OKTA },
    ],
    ['a hash', BCRYPT, '', 'ACTIVE', { password: {}, provider: IMPORT }],
    ['the hook', HOOK_PASSWORD.credentials, '', 'ACTIVE', { password: {}, provider: IMPORT }],
    [
      'the hook',
      HOOK_PASSWORD.credentials,
      '?activate=false',
      'STAGED',
      { password: {}, provider: IMPORT },
    ],
    [
      'both',
      { ...VALUE, ...QUESTION },
      '',
      'ACTIVE',
      { password: {}, ...question, provider: OKTA },
    ],
    [
      'the hook and a question',
      { ...HOOK_PASSWORD.credentials, ...QUESTION },
      '',
      'ACTIVE',
      { password: {}, ...question, provider: IMPORT },
    ],
    ['a provider', FEDERATION, '?provider=true', 'ACTIVE', FEDERATION],
  ])('with %s (%j, %s) is %s', async (_, credentials, query, status, shown) => {
    const { create } = await startTestSandbox()
    const { status: http, body } = await create(PROFILE, { credentials }, query)
    expect(http).toBe(200)
    expect(body).toMatchObject({ status, profile: PROFILE })
    expect((body as { credentials: unknown }).credentials).toEqual(shown)
  })

  it('has the times, type and id that Okta gives', async () => {
    const { create } = await startTestSandbox({ startedAt: Date.UTC(2026, 0, 1) })
    const { body } = await create(PROFILE, HOOK_PASSWORD)
    expect(body).toMatchObject({
      id: expect.stringMatching(/^00u\w{17}$/) as string,
      created: expect.stringMatching(/^2026-01-01T00:00:\d\d\.\d{3}Z$/) as string,
      activated: expect.any(String) as string,
      passwordChanged: expect.any(String) as string,
      lastLogin: null,
      type: { id: expect.stringMatching(/^oty\w{17}$/) as string },
    })
  })
})

describe('a new user is refused', () => {
  it.each([
    [400, code('E0000124'), VALUE, '?nextLogin=changePassword&activate=false'],
    [400, code('E0000125'), undefined, '?nextLogin=changePassword'],
    [400, cause('provider: Needs the query parameter provider=true'), FEDERATION, ''],
    [400, code('E0000001'), { ...FEDERATION, ...VALUE }, '?provider=true'],
    [400, code('E0000001'), { ...FEDERATION, ...QUESTION }, '?provider=true'],
    [400, code('E0000001'), { password: { value: 'Right1234', hook: { type: 'default' } } }, ''],
    [400, code('E0000001'), { password: { hook: { type: 'other' } } }, ''],
    [403, code('E0000080'), { password: { value: 'short' } }, ''],
    [400, code('E0000001'), VALUE, '?activate=maybe'],
  ])('with %i and %j for %j%s', async (status, body, credentials, query) => {
    const { create, users } = await startTestSandbox()
    expect(await create(PROFILE, { credentials }, query)).toMatchObject({ status, body })
    expect([...users()]).toHaveLength(1)
  })

  it.each([
    ['login: The field is too long', { login: `${'a'.repeat(89)}@example.com` }],
    ['login: Username must be in the form of an email address', { login: 'isaac.brock' }],
    ['firstName: The field cannot be left blank', { firstName: '' }],
    ['lastName: The field cannot be left blank', { lastName: null }],
    ['lastName: The field is too long', { lastName: 'x'.repeat(51) }],
    ['email: Does not match required pattern', { email: 'isaac' }],
    ['countryCode: Must be a country code of two letters (ISO 3166-1)', { countryCode: 'USA' }],
    ['firstName: Unsupported character', { firstName: 'Isaac 🎸' }],
    ["Property name 'band' is not defined in profile", { band: 'Modest Mouse' }],
  ])('for "%s" (%j)', async (errorSummary, more) => {
    const { create } = await startTestSandbox()
    const { status, body } = await create({ ...PROFILE, ...more })
    expect({ status, body }).toEqual({ status: 400, body: cause(errorSummary) })
  })

  it.each([
    ['E0000093', { groupIds: Array.from({ length: 21 }, String) }, ''],
    ['E0000124', { credentials: VALUE }, '?nextLogin=changePassword&activate=false'],
    ['E0000125', {}, '?nextLogin=changePassword'],
  ])('with %s and a cause', async (errorCode, more, query) => {
    const { create } = await startTestSandbox()
    const { body } = await create(PROFILE, more, query)
    expect(body).toMatchObject({
      errorCode,
      errorCauses: [{ errorSummary: expect.stringMatching(/./) as string }],
    })
  })

  it('with more than 20 groups, and for a type that does not exist', async () => {
    const { create, call } = await startTestSandbox({
      groups: GROUPS,
      userTypes: [{ name: 'contractor' }],
    })
    const [, other] = (await call('GET', '/api/v1/meta/types/user')).body as [
      object,
      { id: string },
    ]
    const groupIds = (count: number) => ({
      groupIds: Array.from({ length: count }, (_, n) => makeId('00g', n + 1)),
    })
    expect((await create(PROFILE, groupIds(21))).body).toEqual(code('E0000093'))
    expect((await create(PROFILE, { type: { id: 'otynone' } })).body).toEqual(code('E0000001'))
    expect((await create(PROFILE, { ...groupIds(20), type: { id: other.id } })).body) //
      .toMatchObject({ type: { id: other.id } })
  })

  it('only for attributes that the schema does not have', async () => {
    const { create } = await startTestSandbox({ attributes: ['band'] })
    const { body } = await create({ ...PROFILE, band: 'Modest Mouse' })
    expect(body).toMatchObject({ profile: { band: 'Modest Mouse' } })
  })

  it.each(['isaac.brock@example.com', 'ISAAC.Brock@Example.com', 'ísaac.bröck@example.com'])(
    'as a duplicate of isaac.brock@example.com: %s',
    async (login) => {
      const { create } = await startTestSandbox()
      await create(PROFILE)
      const { status, body } = await create({ ...PROFILE, login })
      expect(status).toBe(400)
      expect(body).toEqual(
        cause('login: An object with this field already exists in the current organization'),
      )
    },
  )

  it('once, of two at the same time', async () => {
    const { create } = await startTestSandbox()
    const credentials = VALUE
    const both = await Promise.all([create(PROFILE, { credentials }), create(PROFILE)])
    expect(both.map(({ status }) => status).sort()).toEqual([200, 400])
  })
})

describe('a malformed call', () => {
  it.each([
    [400, 'E0000003', 'POST', '/api/v1/users', '{', {}],
    [400, 'E0000021', 'POST', '/api/v1/users', '{}', { 'content-type': 'text/plain' }],
    [400, 'E0000001', 'POST', '/api/v1/users', '[]', {}],
    [405, 'E0000022', 'PUT', '/api/v1/users', '{}', {}],
    [404, 'E0000007', 'GET', '/api/v1/apps', undefined, {}],
    [404, 'E0000007', 'GET', '/api/v1/users/nobody@example.com', undefined, {}],
    [401, 'E0000011', 'GET', '/api/v1/users', undefined, { authorization: 'SSWS wrong' }],
  ])('is answered %i %s (%s %s %j)', async (status, errorCode, method, path, body, headers) => {
    const { call } = await startTestSandbox()
    const answer = await call(method, path, body, headers)
    expect(answer.status).toBe(status)
    expect(answer.body).toEqual({
      errorCode,
      errorSummary: expect.stringMatching(/./) as string,
      errorLink: errorCode,
      errorId: expect.stringMatching(/^oae/) as string,
      errorCauses: expect.any(Array) as unknown[],
    })
    expect(answer.headers.get('x-okta-request-id')).toMatch(/^[\w-]{20,}$/)
  })
})

describe('a user can be found', () => {
  it('by id, by login in any case, by short name while it is unique, and as me', async () => {
    const tokens = [{ scheme: 'Bearer', token: 'app', scopes: ['okta.users.read'] }] as const
    const { create, call } = await startTestSandbox({ tokens })
    const { body } = await create(PROFILE)
    const { id } = body as { id: string }
    const get = async (name: string) => (await call('GET', `/api/v1/users/${name}`)).body
    for (const name of [id, 'isaac.brock@example.com', 'Isaac.Brock@EXAMPLE.com', 'isaac.brock']) {
      expect(await get(name)).toMatchObject({ id })
    }
    await create({ ...PROFILE, login: 'isaac.brock@example.org' })
    expect(await get('isaac.brock')).toEqual(code('E0000007'))
    expect(await get('me')).toMatchObject({ profile: { login: 'admin@sandbox.example' } })
    // A service app is not a user.
    const headers = { authorization: 'Bearer app' }
    expect((await call('GET', '/api/v1/users/me', undefined, headers)).status).toBe(404)
  })
})

describe('an answer about one user', () => {
  it('has the next operations, its type, its schema, and a tag; lists have less', async () => {
    const { create, call } = await startTestSandbox()
    const { body } = await create(PROFILE, {}, '?activate=false')
    const { id, _links } = body as { id: string; _links: Record<string, { href: string }> }
    expect(Object.keys(_links)).toEqual(['self', 'schema', 'type', 'activate', 'deactivate'])
    for (const name of ['self', 'schema', 'type']) {
      expect((await call('GET', new URL(_links[name]?.href ?? '').pathname)).status).toBe(200)
    }
    const path = `/api/v1/users/${id}`
    const tag = async () => (await call('GET', path)).headers.get('etag')
    const first = await tag()
    expect(first).toMatch(/^W\/".+"$/)
    expect(await tag()).toBe(first)
    await call('POST', path, { profile: { title: 'Singer' } })
    expect(await tag()).not.toBe(first)
    const [, listed] = (await call('GET', '/api/v1/users')).body as object[]
    expect(listed).toMatchObject({ profile: { secondEmail: null } })
    expect(Object.keys((listed as { _links: object })._links)).toEqual(['self'])
  })

  it('comes for a login with a slash by its id only', async () => {
    const base = { properties: { login: { pattern: '.+' } } }
    const { create, call } = await startTestSandbox({ schema: { definitions: { base } } })
    const { body } = await create({ ...PROFILE, login: 'corp/isaac' })
    const { id } = body as { id: string }
    expect((await call('GET', '/api/v1/users/corp%2Fisaac')).status).toBe(404)
    expect((await call('GET', `/api/v1/users/${id}`)).status).toBe(200)
  })
})

describe('a user can be replaced', () => {
  it('as a whole: what is not named goes, and what is required must be there', async () => {
    const { create, call } = await startTestSandbox()
    await create({ ...PROFILE, city: 'Issaquah' })
    const path = `/api/v1/users/${PROFILE.login}`
    const { body } = await call('PUT', path, { profile: { ...PROFILE, title: 'Singer' } })
    expect(body).toMatchObject({ profile: { title: 'Singer' } })
    expect(body).not.toHaveProperty('profile.city')
    expect((await call('PUT', path, { profile: { login: PROFILE.login } })).status).toBe(400)
  })
})

describe('a user can be changed', () => {
  it('by an update that repeats the provider, but not one that names another', async () => {
    const { create, call } = await startTestSandbox()
    const { body } = await create(PROFILE, HOOK_PASSWORD)
    const { credentials } = body as { credentials: object }
    const change = (provider: object) =>
      call('POST', `/api/v1/users/${PROFILE.login}`, { credentials: { provider } })
    expect(credentials).toMatchObject({ provider: { type: 'IMPORT', name: 'IMPORT' } })
    expect((await change({ type: 'IMPORT', name: 'IMPORT' })).status).toBe(200)
    expect((await change({ type: 'OKTA', name: 'OKTA' })).status).toBe(400)
    const federated = { provider: { type: 'IMPORT', name: 'IMPORT' } }
    const other = await create(profileFor('other@example.com'), { credentials: federated })
    expect(other.status).toBe(400)
  })

  it('completely or not at all', async () => {
    const { create, call } = await startTestSandbox()
    await create(PROFILE, { credentials: VALUE })
    const change = { credentials: HOOK_PASSWORD.credentials, profile: { band: 'x' } }
    expect((await call('POST', `/api/v1/users/${PROFILE.login}`, change)).status).toBe(400)
    expect((await call('GET', `/api/v1/users/${PROFILE.login}`)).body).toMatchObject({
      credentials: { provider: { type: 'OKTA' } },
    })
  })

  it('in part: what is not named stays, null removes', async () => {
    const { create, call } = await startTestSandbox()
    await create({ ...PROFILE, city: 'Issaquah', title: 'Singer' })
    const path = '/api/v1/users/isaac.brock@example.com'
    const { body } = await call('POST', path, {
      profile: { login: 'brock@example.com', city: null },
    })
    expect(body).toMatchObject({ profile: { login: 'brock@example.com', title: 'Singer' } })
    expect(body).not.toHaveProperty('profile.city')
    expect((await call('GET', path)).status).toBe(404)
    expect((await call('GET', '/api/v1/users/brock@example.com')).status).toBe(200)
  })

  it('but not to a login that another one has', async () => {
    const { create, call } = await startTestSandbox()
    await create(PROFILE)
    await create(profileFor('other@example.com'))
    const change = (login: string) =>
      call('POST', '/api/v1/users/other@example.com', { profile: { login } })
    expect((await change('Isaac.Brock@example.com')).body).toEqual(
      cause('login: An object with this field already exists in the current organization'),
    )
    expect((await change('OTHER@example.com')).status).toBe(200)
  })

  it('to call the hook in any status, and to a hash while it is staged', async () => {
    const { create, call } = await startTestSandbox()
    await create(PROFILE, { credentials: VALUE })
    await create(profileFor('staged@example.com'), {}, '?activate=false')
    const change = (login: string, credentials: object) =>
      call('POST', `/api/v1/users/${login}`, { credentials })
    expect((await change('isaac.brock', HOOK_PASSWORD.credentials)).body).toMatchObject({
      status: 'ACTIVE',
      credentials: { provider: { type: 'IMPORT' } },
    })
    expect(await change('isaac.brock', BCRYPT)).toMatchObject({
      status: 403,
      body: code('E0000038'),
    })
    expect((await change('staged', BCRYPT)).body).toMatchObject({
      status: 'STAGED',
      credentials: { provider: { type: 'IMPORT' } },
    })
  })
})
