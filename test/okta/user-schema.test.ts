/** The org's schema and groups as Okta shows them, and the result where a right was not granted. */
import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ifGranted, NotGranted } from '../../src/okta/errors/rejection.ts'
import { getGroup } from '../../src/okta/api/groups.ts'
import { readSigningKey } from '../../src/okta/auth/signing-key.ts'
import { createServiceApp } from '../../src/okta/auth/service-app.ts'
import { createTransport } from '../../src/okta/client/transport.ts'
import { fetchFrom } from '../../src/http/proxied-fetch.ts'
import { readUserSchema } from '../../src/okta/api/user-schema.ts'
import { ManualClock } from '../support/clock.ts'
import { advanceUntil, makeClient } from '../support/okta-client.ts'
import { oktaError, startOkta, type Responder } from '../support/okta-server.ts'

const DEFAULT = {
  definitions: {
    base: {
      properties: {
        login: {
          title: 'Username',
          type: 'string',
          required: true,
          minLength: 5,
          maxLength: 100,
          pattern: '.+',
          mutability: 'READ_WRITE',
        },
        firstName: { type: 'string', maxLength: 50 },
        locale: { type: 'string', format: 'locale' },
      },
      required: ['firstName'],
    },
    custom: {
      properties: {
        roles: { type: 'array', items: { type: 'string', enum: ['a', 'b'] } },
        level: { type: 'integer', oneOf: [{ const: 1, title: 'one' }], somethingNew: {} },
      },
    },
  },
}

const request = async (behave: Responder) => {
  const okta = await startOkta(behave)
  const { client, clock } = makeClient(okta.url)
  const ask: typeof client.request = (what) => advanceUntil(client.request(what), clock)
  return { okta, ask }
}

describe('a schema', () => {
  it('says for each attribute which values fit it', async () => {
    const { okta, ask } = await request(() => ({ body: DEFAULT }))
    const schema = await readUserSchema(ask)
    expect(okta.calls[0]?.path).toBe('/api/v1/meta/schemas/user/default')
    expect([...schema.keys()]).toEqual(['login', 'firstName', 'locale', 'roles', 'level'])
    expect(schema.get('login')).toMatchObject({
      isRequired: true,
      isCustom: false,
      pattern: '.+',
      maxLength: 100,
    })
    expect(schema.get('firstName')).toMatchObject({ isRequired: true, type: 'string' })
    expect(schema.get('locale')).toMatchObject({ isRequired: false, format: 'locale' })
    expect(schema.get('roles')).toMatchObject({
      isCustom: true,
      type: 'array',
      items: { enum: ['a', 'b'] },
    })
    expect(schema.get('level')).toMatchObject({ type: 'integer', oneOf: [{ const: 1 }] })
  })

  it('of another user type is found where the type says', async () => {
    const href = 'https://admin.example/api/v1/meta/schemas/user/osc9'
    const { okta, ask } = await request(({ path }) => ({
      body: path.includes('/types/') ? { id: 'oty1', _links: { schema: { href } } } : DEFAULT,
    }))
    expect((await readUserSchema(ask, 'oty1')).size).toBe(5)
    expect(okta.calls.map(({ path }) => path)).toEqual([
      '/api/v1/meta/types/user/oty1',
      '/api/v1/meta/schemas/user/osc9',
    ])
  })

  it('keeps an attribute whose definition cannot be read', async () => {
    const { login } = DEFAULT.definitions.base.properties
    const odd = { a: 'text', b: null, c: { type: ['string', 'null'], minLength: 'x', enum: 1 } }
    const definitions = { base: { properties: { login, ...odd }, required: { login: true } } }
    const { ask } = await request(() => ({ body: { definitions } }))
    const found = await readUserSchema(ask)
    expect([...found.keys()]).toEqual(['login', 'a', 'b', 'c'])
    expect(found.get('login')).toMatchObject({ isRequired: true, minLength: 5 })
    for (const name of ['a', 'b', 'c']) expect(found.get(name)?.type).toBeUndefined()
  })

  it.each([
    {},
    { definitions: { base: {} } },
    { definitions: { base: { properties: ['login'] } } },
    { definitions: { base: DEFAULT.definitions.base, custom: { properties: 'x' } } },
  ])('is refused where the answer is %j', async (body) => {
    const { ask } = await request(() => ({ body }))
    await expect(readUserSchema(ask)).rejects.toMatchObject({ code: 'okta_answer_unusable' })
  })

  it('is absent where the answer contains none', async () => {
    const { ask } = await request(() => ({ body: {} }))
    await expect(readUserSchema(ask)).rejects.toMatchObject({ code: 'okta_answer_unusable' })
    await expect(readUserSchema(ask, 'oty1')).rejects.toMatchObject({
      code: 'okta_answer_unusable',
    })
  })
})

describe('a group', () => {
  it('is found by its id, or reported as missing', async () => {
    const { ask } = await request(({ path }) =>
      path === '/api/v1/groups/00g1'
        ? { body: { id: '00g1', type: 'OKTA_GROUP', profile: { name: 'Sales' } } }
        : { status: 404, body: oktaError('E0000007') },
    )
    expect(await getGroup(ask, '00g1')).toEqual({ id: '00g1', type: 'OKTA_GROUP', name: 'Sales' })
    expect(await getGroup(ask, '00g2')).toBeUndefined()
  })
})

describe('a separate scope', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signingKey = readSigningKey(privateKey.export({ type: 'pkcs8', format: 'pem' }) as string)

  /** An org that has granted `okta.users.manage` alone, and refuses the whole token otherwise. */
  const start = async () => {
    const okta = await startOkta(({ path, body, headers }) => {
      if (path !== '/oauth2/v1/token') return { body: { by: headers.authorization } }
      const scope = new URLSearchParams(body).get('scope') ?? ''
      return scope === 'okta.users.manage' || scope === 'okta.groups.read'
        ? { body: { access_token: scope, token_type: 'Bearer', expires_in: 3600 } }
        : { status: 400, body: { error: 'invalid_scope', error_description: 'Not granted.' } }
    })
    if (!signingKey) throw new TypeError('no key')
    const clock = new ManualClock()
    const credentials = createServiceApp({
      app: { clientId: '0oa1', signingKey, keyId: undefined, scopes: ['okta.users.manage'] },
      orgUrl: okta.url,
      transport: createTransport({ clock, version: '1.2.3', fetch: fetchFrom({}) }),
      clock,
      epochMs: () => clock.epochMs(),
      random: () => 0,
    })
    return { ...makeClient(okta.url, credentials, clock) }
  }

  it('has its own token, and one that is not granted does not affect the others', async () => {
    const { client, clock } = await start()
    const get = (from: typeof client) => () =>
      advanceUntil(from.request({ method: 'GET', path: '/api/v1/x' }), clock)
    const schemas = await ifGranted(get(client.withScopes(['okta.schemas.read'])))
    expect(schemas).toBeInstanceOf(NotGranted)
    expect((schemas as NotGranted).why).toMatch(
      /invalid_scope; Not granted\.; .*requested: okta\.schemas\.read$/,
    )
    const groups = await ifGranted(get(client.withScopes(['okta.groups.read'])))
    expect(groups).toMatchObject({ body: { by: 'Bearer okta.groups.read' } })
    expect(await get(client)()).toMatchObject({ body: { by: 'Bearer okta.users.manage' } })
  })

  it('is covered by a fixed token or not', async () => {
    const { ask } = await request(() => ({ status: 403, body: oktaError('E0000006') }))
    expect(await ifGranted(() => readUserSchema(ask))).toBeInstanceOf(NotGranted)
    const refused = await request(() => ({ status: 401, body: oktaError('E0000011') }))
    await expect(ifGranted(() => readUserSchema(refused.ask))).rejects.toMatchObject({
      code: 'okta_unauthorized',
    })
  })
})
