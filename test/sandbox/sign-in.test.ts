/** Signing in: when the hook is called, how often, and what remains afterwards. */
import { describe, expect, it } from 'vitest'
import type { SandboxOptions } from '../../src/sandbox/sandbox.ts'
import { HOOK_TIMEOUT_MS } from '../../src/sandbox/hook-call.ts'
import { ManualClock } from '../support/clock.ts'
import {
  HOOK_PASSWORD,
  hookBody,
  profileFor,
  startHookStub,
  startTestSandbox,
  UNVERIFIED,
  VERIFIED,
  type HookReply,
} from '../support/sandbox.ts'

const LOGIN = 'isaac.brock@example.com'

const startWithPending = async (replies: HookReply[], options: SandboxOptions = {}) => {
  const stub = await startHookStub(...replies)
  const sandbox = await startTestSandbox(options)
  const { body } = await sandbox.call('POST', '/api/v1/inlineHooks', hookBody(stub.url))
  await sandbox.create(profileFor(LOGIN), HOOK_PASSWORD)
  return {
    ...sandbox,
    stub,
    hookId: (body as { id: string }).id,
    user: () => [...sandbox.users()].find(({ profile }) => profile['login'] === LOGIN),
    outcomes: () =>
      sandbox.events().map(({ eventType, outcome }) => `${eventType} ${outcome.result}`),
  }
}

const SUCCESS = { status: 200, body: { status: 'SUCCESS' } }
const REFUSED = { status: 401, body: { errorCode: 'E0000004' } }

describe('the first sign-in', () => {
  it('calls the hook as the contract says', async () => {
    const { signIn, stub, hookId, url } = await startWithPending([UNVERIFIED], {
      startedAt: Date.UTC(2026, 0, 1),
    })
    await signIn('Isaac.Brock@Example.com', 'Float on, 2004!')
    expect(stub.calls[0]?.headers).toMatchObject({
      accept: 'application/json',
      'content-type': 'application/json',
      authorization: 'Basic c2VjcmV0',
    })
    expect(stub.calls[0]?.body).toEqual({
      eventId: expect.stringMatching(/^[\w-]{22}$/) as string,
      eventTime: expect.stringMatching(/^2026-01-01T00:00/) as string,
      eventType: 'com.okta.user.credential.password.import',
      eventTypeVersion: '1.0',
      contentType: 'application/json',
      cloudEventVersion: '0.1',
      source: `${url}/api/v1/inlineHooks/${hookId}`,
      data: {
        context: {
          request: {
            id: expect.stringMatching(/^[\w-]+$/) as string,
            method: 'POST',
            url: { value: '/api/v1/authn' },
            ipAddress: '127.0.0.1',
          },
          credential: { username: 'Isaac.Brock@Example.com', password: 'Float on, 2004!' },
        },
        action: { credential: 'UNVERIFIED' },
      },
    })
  })

  it('stores a VERIFIED password, and never calls the hook again', async () => {
    const { signIn, stub, user, outcomes } = await startWithPending([VERIFIED])
    expect(user()).toMatchObject({
      password: 'hook',
      credentials: { provider: { type: 'IMPORT', name: 'IMPORT' } },
    })
    expect(await signIn(LOGIN, 'Float on')).toMatchObject({
      status: 200,
      body: { status: 'SUCCESS', sessionToken: expect.stringMatching(/./) as string },
    })
    expect(user()).toMatchObject({
      password: 'stored',
      credentials: { provider: { type: 'OKTA', name: 'OKTA' } },
      lastLogin: expect.any(String) as string,
    })
    expect(await signIn('ISAAC.BROCK@example.com', 'Float on')).toMatchObject(SUCCESS)
    expect(await signIn(LOGIN, 'float on')).toMatchObject(REFUSED)
    expect(stub.calls).toHaveLength(1)
    expect(outcomes()).toEqual([
      'inline_hook.response.processed SUCCESS',
      'user.import.password SUCCESS',
      'user.session.start SUCCESS',
      'user.session.start SUCCESS',
      'user.session.start FAILURE',
    ])
  })

  it.each<[string, HookReply]>([
    ['UNVERIFIED', UNVERIFIED],
    ['no content', { status: 204 }],
    ['no command', { status: 200, body: {} }],
  ])('is refused for %s, and the next one calls the hook again', async (_, reply) => {
    const { signIn, stub, user, outcomes } = await startWithPending([reply, VERIFIED])
    expect(await signIn(LOGIN, 'wrong')).toMatchObject(REFUSED)
    expect(user()).toMatchObject({ password: 'hook' })
    expect(outcomes()).toEqual([
      'inline_hook.response.processed SUCCESS',
      'user.import.password FAILURE',
      'user.session.start FAILURE',
    ])
    expect(await signIn(LOGIN, 'right')).toMatchObject(SUCCESS)
    expect(stub.calls).toHaveLength(2)
  })

  it('is refused without a call: no hook, not active, empty password, unknown, no password', async () => {
    const { signIn, stub, call, create, hookId } = await startWithPending([VERIFIED])
    await create(profileFor('none@example.com'))
    await create(profileFor('staged@example.com'), HOOK_PASSWORD, '?activate=false')
    expect(await signIn(LOGIN, '')).toMatchObject(REFUSED)
    for (const login of ['nobody@example.com', 'none@example.com', 'staged@example.com']) {
      expect(await signIn(login, 'right')).toMatchObject(REFUSED)
    }
    await call('POST', `/api/v1/users/${LOGIN}/lifecycle/reset_password?sendEmail=true`)
    expect(await signIn(LOGIN, 'right')).toMatchObject(REFUSED)
    await call('POST', `/api/v1/inlineHooks/${hookId}/lifecycle/deactivate`)
    await create(profileFor('other@example.com'), HOOK_PASSWORD)
    expect(await signIn('other@example.com', 'right')).toMatchObject(REFUSED)
    expect(stub.calls).toHaveLength(0)
  })
})

describe('a hook that fails', () => {
  it.each<[string, number, string, HookReply[]]>([
    ['a 500, twice', 2, 'inline_hook.executed', [{ status: 500 }]],
    ['a reset, twice', 2, 'inline_hook.executed', ['reset']],
    ['a 400', 1, 'inline_hook.executed', [{ status: 400 }, VERIFIED]],
    ['a 401', 1, 'inline_hook.executed', [{ status: 401 }, VERIFIED]],
    [
      'a redirect',
      1,
      'inline_hook.executed',
      [{ status: 307, headers: { location: '/' } }, VERIFIED],
    ],
    ['no JSON', 1, 'inline_hook.response.processed', [{ status: 200, body: '<html>' }, VERIFIED]],
    [
      'an error object',
      1,
      'inline_hook.response.processed',
      [{ status: 200, body: { ...VERIFIED.body, error: { errorSummary: 'No' } } }, VERIFIED],
    ],
    [
      '256 KB',
      1,
      'inline_hook.response.processed',
      [
        { status: 200, body: { ...VERIFIED.body, debugContext: { pad: 'x'.repeat(256 * 1024) } } },
        VERIFIED,
      ],
    ],
  ])(
    'with %s is called %i times, and the sign-in is refused',
    async (_, times, eventType, replies) => {
      const { signIn, stub, user, outcomes } = await startWithPending(replies)
      expect(await signIn(LOGIN, 'right')).toMatchObject(REFUSED)
      expect(stub.calls).toHaveLength(times)
      expect(user()).toMatchObject({ password: 'hook' })
      expect(outcomes()).toEqual([
        `${eventType} FAILURE`,
        'user.import.password FAILURE',
        'user.session.start FAILURE',
      ])
    },
  )

  it.each<[string, HookReply]>([
    ['a 503', { status: 503 }],
    ['a reset', 'reset'],
  ])('once, with %s, is retried with the same event', async (_, reply) => {
    const { signIn, stub } = await startWithPending([reply, VERIFIED])
    expect(await signIn(LOGIN, 'right')).toMatchObject(SUCCESS)
    expect(stub.calls).toHaveLength(2)
    expect(stub.calls[1]?.body).toEqual(stub.calls[0]?.body)
  })

  it('by not answering is given up after 3 seconds, twice', async () => {
    const clock = new ManualClock()
    const { signIn, stub, user } = await startWithPending(['hang'], { clock })
    const answer = signIn(LOGIN, 'right')
    for (const attempt of [1, 2]) {
      await stub.called(attempt)
      expect(clock.pending).toEqual([HOOK_TIMEOUT_MS])
      clock.advance(HOOK_TIMEOUT_MS - 1)
      expect(stub.calls).toHaveLength(attempt)
      clock.advance(1)
    }
    expect(await answer).toMatchObject(REFUSED)
    expect(clock.pending).toEqual([])
    expect(stub.calls).toHaveLength(2)
    expect(user()).toMatchObject({ password: 'hook' })
  })

  it('shows its debugContext in the System Log', async () => {
    const reply = { status: 200, body: { ...UNVERIFIED.body, debugContext: { reason: 'no' } } }
    const { signIn, events } = await startWithPending([reply])
    await signIn(LOGIN, 'wrong')
    expect(events()[0]).toMatchObject({
      eventType: 'inline_hook.response.processed',
      debugContext: { debugData: { reason: 'no', attempts: 1 } },
    })
  })
})

it('keeps a password that an admin sets while the hook is called', async () => {
  const own = 'Float on, 2004!'
  const changed = Promise.withResolvers<undefined>()
  const reply = { ...VERIFIED, after: changed.promise }
  const { signIn, call, stub, user } = await startWithPending([reply])
  const signingIn = signIn(LOGIN, 'right')
  await stub.called(1)
  await call('POST', `/api/v1/users/${user()?.id}`, { credentials: { password: { value: own } } })
  changed.resolve(undefined)
  expect(await signingIn).toMatchObject(SUCCESS)
  expect(await signIn(LOGIN, 'right')).toMatchObject(REFUSED)
  expect(await signIn(LOGIN, own)).toMatchObject(SUCCESS)
})

describe('read-only mode', () => {
  it('lets a VERIFIED user in, stores nothing, and calls the hook again', async () => {
    const { signIn, stub, user, outcomes, setFaults } = await startWithPending([VERIFIED])
    setFaults({ readOnly: true })
    expect(await signIn(LOGIN, 'right')).toMatchObject(SUCCESS)
    expect(user()).toMatchObject({ password: 'hook', lastLogin: null })
    expect(outcomes()).toContain('user.import.password FAILURE')
    setFaults({ readOnly: false })
    expect(await signIn(LOGIN, 'right')).toMatchObject(SUCCESS)
    expect(await signIn(LOGIN, 'right')).toMatchObject(SUCCESS)
    expect(stub.calls).toHaveLength(2)
  })
})

describe('a user with a password in Okta', () => {
  it('signs in with it; an expired one leads to its change', async () => {
    const { create, signIn } = await startTestSandbox()
    const credentials = { password: { value: 'Float on, 2004!' } }
    await create(profileFor('a@example.com'), { credentials })
    await create(profileFor('b@example.com'), { credentials }, '?nextLogin=changePassword')
    expect(await signIn('a', 'Float on, 2004!')).toMatchObject(SUCCESS)
    expect(await signIn('a', 'Float on, 2005!')).toMatchObject(REFUSED)
    expect((await signIn('b', 'Float on, 2004!')).body).toMatchObject({
      status: 'PASSWORD_EXPIRED',
      stateToken: expect.any(String) as string,
    })
  })
})
