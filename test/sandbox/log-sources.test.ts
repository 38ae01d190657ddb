/** Whom the System Log names as having acted, and from where. */
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { expect, it } from 'vitest'
import { createNumbered } from '../../src/sandbox/log/numbered.ts'
import { clientView } from '../../src/sandbox/log/source.ts'
import {
  HOOK_PASSWORD,
  hookBody,
  profileFor,
  startHookStub,
  startTestSandbox,
  UNVERIFIED,
  VERIFIED,
} from '../support/sandbox.ts'

const LOGIN = 'isaac.brock@example.com'
const USER = `/api/v1/users/${LOGIN}`
const BROWSER = { 'user-agent': 'Mozilla/5.0 (X11)' }

it('the person of a sign-in, with the browser; Okta itself for calls of the hook', async () => {
  const stub = await startHookStub(UNVERIFIED, VERIFIED)
  const { call, create, events } = await startTestSandbox()
  await call('POST', '/api/v1/inlineHooks', hookBody(stub.url))
  const { body } = await create(profileFor(LOGIN), HOOK_PASSWORD)
  const { id } = body as { id: string }
  for (const password of ['wrong', 'right']) {
    await call('POST', '/api/v1/authn', { username: 'isaac.brock', password }, BROWSER)
  }
  const person = { id, type: 'User', alternateId: LOGIN, displayName: 'Isaac Brock' }
  const client = { ipAddress: '127.0.0.1', userAgent: { rawUserAgent: 'Mozilla/5.0 (X11)' } }
  const system = { type: 'SystemPrincipal', alternateId: 'system@okta.com' }
  for (const { eventType, ...event } of events()) {
    const isHook = eventType === 'inline_hook.response.processed'
    expect(event).toMatchObject(isHook ? { actor: system } : { actor: person, client })
    if (isHook) expect(event.client).toEqual({})
  }
  const filter = encodeURIComponent(`actor.id eq "${id}" and outcome.result eq "SUCCESS"`)
  const found = (await call('GET', `/api/v1/logs?filter=${filter}`)).body
  expect(found).toMatchObject([
    { eventType: 'user.import.password' },
    { eventType: 'user.session.start', target: [{ displayName: 'Isaac Brock' }] },
  ])
})

it('nobody in user.import.password where it has no target', async () => {
  const { call, create, events, signIn } = await startTestSandbox({
    switches: { importTarget: 'nobody', inactiveHook: 'failed-import' },
  })
  await create(profileFor(LOGIN), HOOK_PASSWORD)
  await signIn(LOGIN, 'any')
  const [event] = events()
  expect(event).toMatchObject({ eventType: 'user.import.password', target: [] })
  expect(JSON.stringify(event)).not.toContain('isaac')
  expect((await call('GET', '/api/v1/logs?filter=actor.id%20eq%20%22system%22')).body).toHaveLength(
    1,
  )
})

it('the owner of an API token, and the app of an access token', async () => {
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const clientId = '0oamigration'
  const app = {
    clientId,
    keys: [await exportJWK(publicKey)],
    scopes: ['okta.users.manage'],
  } as const
  const { url, call, create, events } = await startTestSandbox({
    apps: [{ ...app, requiresDpop: false }],
  })
  await create(profileFor(LOGIN), HOOK_PASSWORD)
  const assertion = await new SignJWT({})
    .setProtectedHeader({ alg: 'RS256' })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(`${url}/oauth2/v1/token`)
    .setExpirationTime('5m')
    .sign(privateKey)
  const answer = await fetch(`${url}/oauth2/v1/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      scope: 'okta.users.manage',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    }),
  })
  const { access_token: token } = (await answer.json()) as { access_token: string }
  await call('POST', `${USER}/lifecycle/suspend`, undefined, { authorization: `Bearer ${token}` })
  await call('POST', `${USER}/lifecycle/unsuspend`)
  expect(events()).toMatchObject([
    { actor: { id: clientId, type: 'PublicClientApp' }, client: { id: clientId } },
    { actor: { type: 'User', alternateId: 'admin@sandbox.example', displayName: 'Sandbox Admin' } },
  ])
  expect(events()[1]?.client).not.toHaveProperty('id')
})

it('a long user agent is cut, and too many sources are stored without their clients', () => {
  const { userAgent } = clientView({ ipAddress: '::1', userAgent: 'x'.repeat(9_000) }) as {
    userAgent: { rawUserAgent: string }
  }
  expect(userAgent.rawUserAgent).toHaveLength(500)
  const { numberOf, at } = createNumbered<string>(
    (value) => value,
    () => 'other',
  )
  for (let value = 0; value < 20_000; value += 1) numberOf(String(value))
  expect(at(numberOf('0'))).toBe('0')
  expect([at(numberOf('9999')), at(numberOf('10000')), at(numberOf('19999'))]).toEqual([
    '9999',
    'other',
    'other',
  ])
  expect(numberOf('new')).toBe(10_000)
})
