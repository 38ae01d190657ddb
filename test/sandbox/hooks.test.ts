/** Inline hooks: registered, shown without their secrets, changed, tried and removed. */
import { describe, expect, it } from 'vitest'
import {
  hookBody,
  startHookStub,
  startTestSandbox,
  UNVERIFIED,
  VERIFIED,
  type HookReply,
} from '../support/sandbox.ts'

const PATH = '/api/v1/inlineHooks'
const URI = 'https://hook.example.com/hooks/okta/password-import'

const oauthBody = (more: object = {}) => ({
  ...hookBody(URI),
  channel: {
    type: 'OAUTH',
    version: '1.0.0',
    config: {
      uri: URI,
      method: 'POST',
      authType: 'client_secret_post',
      clientId: 'client',
      clientSecret: 'wash your hands',
      tokenUrl: 'https://acme.okta.com/oauth2/default/v1/token',
      scope: 'okta.hook',
      ...more,
    },
  },
})

const startWithHook = async (body: object = hookBody(URI)) => {
  const sandbox = await startTestSandbox()
  const created = await sandbox.call('POST', PATH, body)
  const { id } = created.body as { id: string }
  return { ...sandbox, created, path: `${PATH}/${id}` }
}

describe('a hook', () => {
  it('is created active, and shows everything but its secret', async () => {
    const { created, call, path } = await startWithHook()
    expect(created.status).toBe(200)
    expect(created.body).toMatchObject({
      id: expect.stringMatching(/^cal\w{17}$/) as string,
      status: 'ACTIVE',
      name: 'Legacy passwords',
      channel: {
        config: { uri: URI, authScheme: { type: 'HEADER', key: 'Authorization' }, headers: [] },
      },
    })
    for (const where of [path, PATH]) {
      expect(JSON.stringify((await call('GET', where)).body)).not.toContain('c2VjcmV0')
    }
  })

  it('shows the operations that are possible next', async () => {
    const { created, call, path } = await startWithHook()
    const links = (body: unknown) => Object.keys((body as { _links: object })._links)
    expect(links(created.body)).toEqual(['self', 'execute', 'deactivate'])
    const { body } = await call('POST', `${path}/lifecycle/deactivate`)
    expect(links(body)).toEqual(['self', 'execute', 'activate', 'delete'])
  })

  it('of the OAuth kind needs no scope', async () => {
    const { created } = await startWithHook(oauthBody({ scope: undefined }))
    expect(created.status).toBe(200)
  })

  it('of the OAuth kind shows no client secret', async () => {
    const { created } = await startWithHook(oauthBody())
    expect(created.body).toMatchObject({
      channel: { type: 'OAUTH', config: { scope: 'okta.hook' } },
    })
    expect(JSON.stringify(created.body)).not.toContain('wash your hands')
  })

  it('for password import is the only one', async () => {
    const { call } = await startWithHook()
    expect(await call('POST', PATH, hookBody(URI))).toMatchObject({
      status: 400,
      body: { errorCode: 'E0000001' },
    })
    const other = { ...hookBody(URI), type: 'com.okta.telephony.provider' }
    expect((await call('POST', PATH, other)).status).toBe(200)
    const list = await call('GET', `${PATH}?type=com.okta.user.credential.password.import`)
    expect(list.body).toHaveLength(1)
    expect((await call('GET', PATH)).body).toHaveLength(2)
  })

  it.each([
    'http://hook.example.com/',
    'http://127.evil.example/',
    'ftp://hook.example.com/',
    'hook.example.com',
    'https://hook.example.com/a b',
    `https://hook.example.com/${'a'.repeat(1024)}`,
  ])('cannot be at %s', async (uri) => {
    const { call } = await startTestSandbox()
    expect((await call('POST', PATH, hookBody(uri))).status).toBe(400)
  })

  it.each(['http://127.0.0.1:1/', 'http://localhost:1/', 'http://[::1]:1/'])(
    'can be on this machine: %s',
    async (uri) => {
      const { call } = await startTestSandbox()
      expect((await call('POST', PATH, hookBody(uri))).status).toBe(200)
    },
  )

  it('is removed once it is inactive', async () => {
    const { call, path } = await startWithHook()
    expect((await call('DELETE', path)).status).toBe(400)
    expect((await call('POST', `${path}/lifecycle/deactivate`)).body).toMatchObject({
      status: 'INACTIVE',
    })
    expect((await call('DELETE', path)).status).toBe(204)
    expect((await call('GET', path)).body).toMatchObject({ errorCode: 'E0000007' })
  })

  it('is refused beyond 50', async () => {
    const { call } = await startTestSandbox()
    const hook = { ...hookBody(URI), type: 'com.okta.telephony.provider' }
    for (let i = 0; i < 50; i++) expect((await call('POST', PATH, hook)).status).toBe(200)
    expect((await call('POST', PATH, hook)).status).toBe(400)
  })

  it('is activated again', async () => {
    const { call, path } = await startWithHook()
    await call('POST', `${path}/lifecycle/deactivate`)
    expect((await call('POST', `${path}/lifecycle/activate`)).body).toMatchObject({
      status: 'ACTIVE',
    })
  })
})

describe('a change', () => {
  it('of some fields keeps the secret if it does not name it', async () => {
    const stub = await startHookStub(VERIFIED)
    const { call, path } = await startWithHook()
    const { body } = await call('POST', path, {
      name: 'Renamed',
      channel: { config: { uri: stub.url } },
    })
    expect(body).toMatchObject({ name: 'Renamed', channel: { config: { uri: stub.url } } })
    await call('POST', `${path}/execute`, {})
    expect(stub.calls[0]?.headers.authorization).toBe('Basic c2VjcmV0')
  })

  it('of part of the header keeps the rest of it', async () => {
    const stub = await startHookStub(VERIFIED)
    const { call, path } = await startWithHook(hookBody(stub.url))
    await call('POST', path, { channel: { config: { authScheme: { key: 'x-secret' } } } })
    await call('POST', `${path}/execute`, {})
    expect(stub.calls[0]?.headers).toMatchObject({ 'x-secret': 'Basic c2VjcmV0' })
  })

  it('by PUT replaces all but the type', async () => {
    const stub = await startHookStub(VERIFIED)
    const { call, path } = await startWithHook()
    const { channel } = hookBody(stub.url, { authScheme: null })
    const { body } = await call('PUT', path, { name: 'New', version: '1.0.0', channel })
    expect(body).toMatchObject({
      name: 'New',
      type: 'com.okta.user.credential.password.import',
      channel: { config: { uri: stub.url, authScheme: null } },
    })
    await call('POST', `${path}/execute`, {})
    expect(stub.calls[0]?.headers).not.toHaveProperty('authorization')
  })

  it('by POST switches from a header to OAuth, and back', async () => {
    const { call, path } = await startWithHook()
    const { channel } = oauthBody()
    expect(await call('POST', path, { channel })).toMatchObject({
      status: 200,
      body: { channel: { type: 'OAUTH', version: '1.0.0', config: { clientId: 'client' } } },
    })
    const header = hookBody(URI).channel
    expect(await call('POST', path, { channel: header })).toMatchObject({
      status: 200,
      body: { channel: { type: 'HTTP', version: '1.0.0' } },
    })
  })

  it('to something that is not a hook is refused', async () => {
    const { call, path } = await startWithHook()
    for (const config of [{ uri: 'http://hook.example.com' }, { method: 'GET' }]) {
      expect((await call('POST', path, { channel: { config } })).status).toBe(400)
    }
    expect((await call('GET', path)).body).toMatchObject({ channel: { config: { uri: URI } } })
  })
})

describe('a trial', () => {
  const execute = async (...replies: HookReply[]) => {
    const stub = await startHookStub(...replies)
    const { call, path } = await startWithHook(hookBody(stub.url))
    const payload = { eventId: 'trial', data: { context: {} } }
    return { stub, payload, answer: await call('POST', `${path}/execute`, payload) }
  }

  it('sends the payload as it is and returns the answer of the hook', async () => {
    const { stub, payload, answer } = await execute(UNVERIFIED)
    expect(stub.calls).toMatchObject([
      { body: payload, headers: { accept: 'application/json', authorization: 'Basic c2VjcmV0' } },
    ])
    expect(answer).toMatchObject({ status: 200, body: UNVERIFIED.body })
  })

  it.each<[number, string, number, HookReply]>([
    [400, 'E0000135', 1, { status: 401 }],
    [400, 'E0000135', 1, { status: 200, body: 'not JSON' }],
    [400, 'E0000135', 1, { status: 200, body: { commands: [{ type: 'other' }] } }],
    [400, 'E0000135', 1, { status: 302, headers: { location: 'https://hook.example.com' } }],
    [400, 'E0000135', 1, { status: 200, body: ' '.repeat(256 * 1024) }],
    [400, 'E0000134', 2, { status: 503 }],
    [400, 'E0000134', 2, 'reset'],
  ])('is answered %i %s after %i calls', async (status, errorCode, calls, reply) => {
    const { stub, answer } = await execute(reply)
    expect(answer).toMatchObject({ status, body: { errorCode } })
    expect(stub.calls).toHaveLength(calls)
  })
})
