/** The schema of profiles: shown as Okta shows it, and enforced by the sandbox. */
import { describe, expect, it } from 'vitest'
import type { SchemaSettings } from '../../src/sandbox/org/schema.ts'
import { profileFor, startTestSandbox } from '../support/sandbox.ts'

const PROFILE = profileFor('isaac.brock@example.com')
const DEFAULT = '/api/v1/meta/schemas/user/default'

const custom = (properties: object, required: string[] = []) =>
  ({ definitions: { custom: { properties, required } } }) as SchemaSettings
const base = (properties: object) => ({ definitions: { base: { properties } } }) as SchemaSettings

const CUSTOM = custom(
  {
    vip: { type: 'boolean' },
    logins: { type: 'integer' },
    score: { type: 'number' },
    tags: { type: 'array', items: { type: 'string' } },
    sizes: { type: 'array', items: { type: 'integer', enum: [1, 2] } },
    band: { type: 'string', enum: ['Modest Mouse', 'Ugly Casanova'] },
    plan: { type: 'string', oneOf: [{ const: 'pro', title: 'Professional' }] },
    code: { type: 'string', minLength: 2, maxLength: 4 },
    legacyId: { type: 'string', mutability: 'IMMUTABLE' },
    source: { type: 'string', mutability: 'READ_ONLY' },
  },
  ['code'],
)

const start = async (schema?: SchemaSettings) => {
  const sandbox = await startTestSandbox({ ...(schema && { schema }) })
  const causes = async (more: object) => {
    const { status, body } = await sandbox.create({ ...PROFILE, ...more })
    const { errorCauses = [] } = body as { errorCauses?: { errorSummary: string }[] }
    return status === 200 ? 'taken' : errorCauses.map(({ errorSummary }) => errorSummary)
  }
  return { ...sandbox, causes }
}

describe('the schema', () => {
  it('has the form and the rules of a recorded one', async () => {
    const { call, url } = await start(CUSTOM)
    const { body } = await call('GET', DEFAULT)
    expect(body).toMatchObject({
      id: expect.stringMatching(`^${url}/api/v1/meta/schemas/user/osc\\w{17}$`) as string,
      $schema: 'http://json-schema.org/draft-04/schema#',
      name: 'user',
      type: 'object',
      definitions: {
        custom: {
          id: '#custom',
          properties: {
            vip: { title: 'vip', type: 'boolean', mutability: 'READ_WRITE', scope: 'NONE' },
            tags: { type: 'array', items: { type: 'string' } },
          },
          required: ['code'],
        },
        base: {
          properties: {
            login: { title: 'Username', minLength: 5, maxLength: 100, required: true },
            countryCode: { format: 'country-code' },
            timezone: { format: 'timezone' },
          },
          required: ['login', 'firstName', 'lastName', 'email'],
        },
      },
      properties: {
        profile: { allOf: [{ $ref: '#/definitions/custom' }, { $ref: '#/definitions/base' }] },
      },
    })
    const { definitions } = body as { definitions: { base: { properties: object } } }
    expect(Object.keys(definitions.base.properties)).toHaveLength(31)
    expect(definitions.base.properties).not.toHaveProperty('title.maxLength')
  })

  it('is found by "default" or by its own id only', async () => {
    const { call } = await start()
    const { id } = (await call('GET', DEFAULT)).body as { id: string }
    expect((await call('GET', new URL(id).pathname)).status).toBe(200)
    expect(await call('GET', '/api/v1/meta/schemas/user/otysandbox0000000000')).toMatchObject({
      status: 404,
      body: { errorCode: 'E0000007' },
    })
  })

  it('needs a separate scope; the refusal names it', async () => {
    const { call } = await startTestSandbox({
      tokens: [{ scheme: 'Bearer', token: 'users', scopes: ['okta.users.manage'] }],
    })
    for (const [path, scope] of [
      [DEFAULT, 'okta.schemas.read'],
      ['/api/v1/meta/types/user', 'okta.userTypes.read'],
      ['/api/v1/groups', 'okta.groups.read'],
    ] as const) {
      const answer = await call('GET', path, undefined, { authorization: 'Bearer users' })
      expect(answer).toMatchObject({ status: 403, body: { errorCode: 'E0000006' } })
      expect(answer.headers.get('www-authenticate')).toContain(
        `scope="${scope}", error="insufficient_scope"`,
      )
    }
  })
})

describe('a profile must fit the schema:', () => {
  it.each([
    [{ vip: true, logins: 3, score: 1.5, tags: ['a', 'b'], sizes: [2], code: 'ab' }, 'taken'],
    [{ band: 'Modest Mouse', plan: 'pro', legacyId: '7', code: 'abcd' }, 'taken'],
    [{}, ['code: The field cannot be left blank']],
    [{ code: 'a' }, ['code: The field is too short']],
    [{ code: 'abcde' }, ['code: The field is too long']],
    [{ code: 'ab', vip: 'true' }, ['vip: Must be of type boolean']],
    [{ code: 'ab', logins: 1.5 }, ['logins: Must be of type integer']],
    [{ code: 'ab', score: '1' }, ['score: Must be of type number']],
    [{ code: 'ab', tags: 'a' }, ['tags: Must be of type array']],
    [{ code: 'ab', tags: ['a', 1] }, ['tags: Must hold items of type string']],
    [{ code: 'ab', sizes: [3] }, ['sizes: An item is not in the list of allowed values']],
    [{ code: 'ab', band: 'x' }, ['band: The value specified is not in the list of allowed values']],
    [{ code: 'ab', plan: 'x' }, ['plan: The value specified is not in the list of allowed values']],
    [{ code: 'ab', source: 'x' }, ['source: The field is read-only']],
    [{ code: 'ab', title: 7 }, ['title: Must be of type string']],
    [{ code: 'ab', title: 'x'.repeat(1000) }, 'taken'],
  ])('%j is answered %j', async (more, answer) => {
    const { causes } = await start(CUSTOM)
    expect(await causes(more)).toEqual(answer)
  })

  it.each([
    ['countryCode', ['DE', 'US', 'XK'], ['QQ', 'de', 'USA', 'ZZ']],
    ['locale', ['de', 'en_US', 'en-GB', 'zh_Hant_TW'], ['english', 'e', 'en US']],
    ['preferredLanguage', ['de', 'en-US'], ['german']],
    ['timezone', ['Europe/Berlin', 'America/Los_Angeles', 'UTC'], ['Mars/Phobos', '+01:00', 'x']],
    ['profileUrl', ['https://example.com/me'], ['me']],
    ['secondEmail', ['second@example.com'], ['second']],
  ])('%s accepts %j and not %j', async (name, good, bad) => {
    const { create } = await start()
    for (const [index, value] of good.entries()) {
      const { status } = await create({ ...profileFor(`g${index}@example.com`), [name]: value })
      expect([value, status]).toEqual([value, 200])
    }
    for (const value of bad) {
      const { status } = await create({ ...PROFILE, [name]: value })
      expect([value, status]).toEqual([value, 400])
    }
  })

  it('after a change too, an immutable value stays', async () => {
    const { create, call } = await start(CUSTOM)
    await create({ ...PROFILE, code: 'ab', legacyId: '7' })
    const change = async (profile: object) =>
      (await call('POST', '/api/v1/users/isaac.brock@example.com', { profile })).status
    expect(await change({ legacyId: '7', vip: false })).toBe(200)
    expect(await change({ legacyId: '8' })).toBe(400)
    expect(await change({ legacyId: null })).toBe(400)
    expect(await change({ vip: 'no' })).toBe(400)
    expect(await change({ code: null })).toBe(400)
  })
})

describe("a login's pattern", () => {
  it.each([
    [undefined, ['jsmith@example.com'], ['jsmith-7', 'CORP\\mary']],
    [null, ['jsmith@example.com'], ['jsmith-7', 'CORP\\mary']],
    ['.+', ['jsmith@example.com', 'CORP\\mary', '47110'], []],
    ['[a-z0-9-]+', ['jsmith-7'], ['jsmith@example.com', 'CORP\\mary']],
  ])('%s accepts %j and not %j', async (pattern, good, bad) => {
    const { create } = await start(base({ login: { pattern } }))
    const status = async (login: string) =>
      (await create({ ...profileFor('a@example.com'), login })).status
    for (const login of good) expect([login, await status(login)]).toEqual([login, 200])
    for (const login of bad) expect([login, await status(login)]).toEqual([login, 400])
  })

  it.each(['^a$', '[z-a]+', '(a+)+', ''])('cannot be %j', async (pattern) => {
    await expect(start(base({ login: { pattern } }))).rejects.toThrow('characters')
  })
})

describe('whether an attribute is required', () => {
  it('is shown in the list, and in the attribute itself', async () => {
    const list = {
      definitions: { base: { properties: { title: { required: true } }, required: ['login'] } },
    }
    const { create, call } = await startTestSandbox({ schema: list })
    expect((await call('GET', DEFAULT)).body).toMatchObject({
      definitions: { base: { required: ['login', 'title'] } },
    })
    const login = 'isaac.brock@example.com'
    expect((await create({ login, title: 'Singer' })).status).toBe(200)
    expect((await create({ login: 'other@example.com' })).status).toBe(400)
  })

  it('the answer of an org can be used as the schema: the sandbox shows the same again', async () => {
    const { call } = await start(CUSTOM)
    const { body } = await call('GET', DEFAULT)
    const { definitions } = body as { definitions: object }
    const again = await startTestSandbox({ schema: body as SchemaSettings })
    expect((await again.call('GET', DEFAULT)).body).toMatchObject({ definitions })
  })
})

describe('a user type', () => {
  it('has its own schema, which its users must fit', async () => {
    const { call, create } = await startTestSandbox({
      userTypes: [{ name: 'contractor', schema: custom({ agency: {} }, ['agency']) }],
    })
    const types = (await call('GET', '/api/v1/meta/types/user')).body
    expect(types).toMatchObject([
      { name: 'user', default: true },
      { name: 'contractor', default: false, id: expect.stringMatching(/^oty\w{17}$/) as string },
    ])
    const [, { id, _links }] = types as [
      object,
      { id: string; _links: { schema: { href: string } } },
    ]
    expect((await call('GET', `/api/v1/meta/types/user/${id}`)).body).toMatchObject({ id })
    expect((await call('GET', '/api/v1/meta/types/user/otynone')).status).toBe(404)
    expect((await call('GET', new URL(_links.schema.href).pathname)).body).toMatchObject({
      definitions: { custom: { required: ['agency'] } },
    })
    const type = { type: { id } }
    expect((await create(PROFILE, type)).status).toBe(400)
    expect((await create({ ...PROFILE, agency: 'Acme' }, type)).body).toMatchObject(type)
    expect((await create({ ...profileFor('b@example.com'), agency: 'Acme' })).status).toBe(400)
  })
})

describe('an org that allows an e-mail address once', () => {
  it('refuses the second user as a duplicate of the login', async () => {
    const { create, call } = await startTestSandbox({ uniqueEmail: true })
    await create(PROFILE)
    const second = { ...profileFor('other@example.com'), email: 'Isaac.Brock@example.com' }
    const duplicate = {
      status: 400,
      body: {
        errorCode: 'E0000001',
        errorSummary: 'Api validation failed: login',
        errorCauses: [
          {
            errorSummary:
              'login: An object with this field already exists in the current organization',
          },
        ],
      },
    }
    expect(await create(second)).toMatchObject(duplicate)
    expect((await create(profileFor('other@example.com'))).status).toBe(200)
    const change = (login: string, email: string) =>
      call('POST', `/api/v1/users/${login}`, { profile: { email } })
    expect(await change('other@example.com', PROFILE.email)).toMatchObject(duplicate)
    await change(PROFILE.login, 'new@example.com')
    expect((await change('other@example.com', PROFILE.email)).status).toBe(200)
  })

  it('is not the default', async () => {
    const { create } = await startTestSandbox()
    await create(PROFILE)
    expect((await create({ ...PROFILE, login: 'other@example.com' })).status).toBe(200)
  })
})
