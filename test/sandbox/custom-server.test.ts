/** The custom authorization server: its tokens, and hooks that are called with them. */
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import {
  HOOK_PASSWORD,
  hookBody,
  profileFor,
  startHookStub,
  startTestSandbox,
  VERIFIED,
} from '../support/sandbox.ts'

const CLIENT = { clientId: '0oahookclient', clientSecret: 'wash your hands', scopes: ['okta.hook'] }

const start = async () => {
  const sandbox = await startTestSandbox({ hookClients: [CLIENT] })
  const issuer = `${sandbox.url}/oauth2/default`
  const ask = async (more: Record<string, string> = {}) => {
    const response = await fetch(`${issuer}/v1/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: CLIENT.clientId,
        client_secret: CLIENT.clientSecret,
        scope: 'okta.hook',
        ...more,
      }),
    })
    return { status: response.status, body: (await response.json()) as Record<string, string> }
  }
  const verify = (token: string) =>
    jwtVerify(token, createRemoteJWKSet(new URL(`${issuer}/v1/keys`)), {
      algorithms: ['RS256'],
      issuer,
      audience: 'api://default',
    })
  return { ...sandbox, issuer, ask, verify }
}

describe('a token', () => {
  it('is signed with the published key and names issuer, audience, client and scopes', async () => {
    const { ask, verify } = await start()
    const { body } = await ask()
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'okta.hook' })
    const { payload } = await verify(body['access_token'] ?? '')
    expect(payload).toMatchObject({ cid: CLIENT.clientId, scp: ['okta.hook'] })
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3600)
  })

  it.each([
    [401, 'invalid_client', { client_secret: 'wrong' }],
    [401, 'invalid_client', { client_id: 'unknown' }],
    [401, 'invalid_client', { client_id: 'unknown', client_secret: '' }],
    [400, 'invalid_scope', { scope: 'other' }],
  ])('is refused with %i %s for %j', async (status, error, more) => {
    const { ask } = await start()
    expect(await ask(more)).toMatchObject({ status, body: { error } })
  })

  it('is issued at the address in the metadata', async () => {
    const { issuer } = await start()
    const response = await fetch(`${issuer}/.well-known/oauth-authorization-server`)
    expect(await response.json()).toMatchObject({ issuer, jwks_uri: `${issuer}/v1/keys` })
  })
})

describe('a hook of the OAuth kind', () => {
  const startWithHook = async (tokenUrl: (issuer: string) => string, clientSecret: string) => {
    const stub = await startHookStub(VERIFIED)
    const sandbox = await start()
    const config = {
      uri: stub.url,
      method: 'POST',
      authType: 'client_secret_post',
      clientId: CLIENT.clientId,
      clientSecret,
      tokenUrl: tokenUrl(sandbox.issuer),
      scope: 'okta.hook',
    }
    const channel = { type: 'OAUTH', version: '1.0.0', config }
    await sandbox.call('POST', '/api/v1/inlineHooks', { ...hookBody(stub.url), channel })
    await sandbox.create(profileFor('isaac.brock@example.com'), HOOK_PASSWORD)
    await sandbox.create(profileFor('eric.judy@example.com'), HOOK_PASSWORD)
    return { ...sandbox, stub }
  }

  it('is called with a token, which serves for more than one call', async () => {
    const { signIn, stub, verify, calls } = await startWithHook(
      (issuer) => `${issuer}/v1/token`,
      CLIENT.clientSecret,
    )
    expect((await signIn('isaac.brock', 'right')).status).toBe(200)
    expect((await signIn('eric.judy', 'right')).status).toBe(200)
    const [first, second] = stub.calls.map(({ headers }) => headers.authorization)
    const [, token = ''] = /^Bearer (.+)$/.exec(first ?? '') ?? []
    expect((await verify(token)).payload).toMatchObject({ cid: CLIENT.clientId })
    expect(second).toBe(first)
    const asked = calls().filter(({ path }) => path === '/oauth2/default/v1/token')
    expect(asked).toMatchObject([{ method: 'POST', path: '/oauth2/default/v1/token', status: 200 }])
  })

  it('is not called without one', async () => {
    const { signIn, stub, events } = await startWithHook((issuer) => `${issuer}/v1/token`, 'wrong')
    expect((await signIn('isaac.brock', 'right')).status).toBe(401)
    expect(stub.calls).toHaveLength(0)
    expect(events()[0]).toMatchObject({
      eventType: 'inline_hook.executed',
      outcome: { result: 'FAILURE' },
    })
  })
})
