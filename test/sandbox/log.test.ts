/** The System Log as a migration reads it. */
import { describe, expect, it } from 'vitest'
import { createRing } from '../../src/sandbox/ring.ts'
import {
  HOOK_PASSWORD,
  hookBody,
  profileFor,
  startHookStub,
  startTestSandbox,
  UNVERIFIED,
  VERIFIED,
} from '../support/sandbox.ts'

const types = (body: unknown): string[] =>
  (body as { eventType: string }[]).map(({ eventType }) => eventType)

describe('the System Log', () => {
  it('is read by time, by expression, and in part', async () => {
    const stub = await startHookStub(UNVERIFIED, VERIFIED)
    const { call, create, signIn } = await startTestSandbox()
    await call('POST', '/api/v1/inlineHooks', hookBody(stub.url))
    const { body } = await create(profileFor('isaac.brock@example.com'), HOOK_PASSWORD)
    await signIn('isaac.brock', 'wrong')
    await signIn('isaac.brock', 'right')
    const read = async (query: Record<string, string>) =>
      (await call('GET', `/api/v1/logs?${String(new URLSearchParams(query))}`)).body

    expect(types(await read({}))).toEqual([
      'user.lifecycle.create',
      'inline_hook.response.processed',
      'user.import.password',
      'user.session.start',
      'inline_hook.response.processed',
      'user.import.password',
      'user.session.start',
    ])
    const filter = 'eventType eq "user.import.password" and outcome.result eq "SUCCESS"'
    expect(await read({ filter })).toMatchObject([
      {
        outcome: { result: 'SUCCESS' },
        target: [{ id: (body as { id: string }).id, alternateId: 'isaac.brock@example.com' }],
      },
    ])
    expect(await read({ limit: '1' })).toHaveLength(1)
    expect(await read({ until: '2020-01-01T00:00:00.000Z' })).toEqual([])
    expect(await read({ since: '2020-01-01T00:00:00.000Z' })).toHaveLength(7)
    expect(types(await read({ q: 'login FAILURE' }))).toEqual(['user.session.start'])
    expect(await read({ filter: 'published gt "2020-01-01"' })).toMatchObject({
      errorCode: 'E0000031',
    })
    expect(await read({ filter: 'client.zone eq "x"' })).toMatchObject({ errorCode: 'E0000031' })
    expect(await read({ since: 'yesterday' })).toMatchObject({ errorCode: 'E0000001' })
  })
})

it('the System Log names users who are created, changed and deleted', async () => {
  const { call, create } = await startTestSandbox()
  await create(profileFor('isaac.brock@example.com'))
  const user = '/api/v1/users/isaac.brock@example.com'
  await call('POST', user, { profile: { firstName: 'Ike' } })
  for (let turn = 0; turn < 2; turn += 1) await call('DELETE', user)
  const { body } = await call('GET', '/api/v1/logs')
  expect(types(body)).toEqual([
    'user.lifecycle.create',
    'user.account.update_profile',
    'user.lifecycle.deactivate',
    'user.lifecycle.delete.completed',
  ])
  expect(body).toMatchObject([1, 2, 3, 4].map(() => ({ target: [{ type: 'User' }] })))
})

it('the System Log names the hook that an admin turns off and on, and the user whose password one sets', async () => {
  const { call, create, events } = await startTestSandbox()
  const { body } = await call('POST', '/api/v1/inlineHooks', hookBody('https://x.example/'))
  const hook = `/api/v1/inlineHooks/${(body as { id: string }).id}`
  for (const name of ['deactivate', 'activate']) await call('POST', `${hook}/lifecycle/${name}`)
  await create(profileFor('isaac.brock@example.com'))
  const credentials = { password: { value: 'Float on, 2004!' } }
  await call('POST', '/api/v1/users/isaac.brock@example.com', { credentials })
  const named = events().map(({ eventType, target }) => [eventType, target[0]?.alternateId])
  expect(named).toEqual([
    ['inline_hook.deactivated', 'Legacy passwords'],
    ['inline_hook.activated', 'Legacy passwords'],
    ['user.account.update_password', 'isaac.brock@example.com'],
  ])
  expect(events()[0]?.target[0]?.id).toBe((body as { id: string }).id)
})

describe('following the System Log', () => {
  const start = async () => {
    const sandbox = await startTestSandbox()
    await sandbox.create(profileFor('isaac.brock@example.com'), HOOK_PASSWORD)
    const read = async (path: string) => {
      const { headers, body } = await sandbox.call('GET', path)
      const [, next] = /<([^>]+)>; rel="next"/.exec(headers.get('link') ?? '') ?? []
      return { types: types(body), next: next?.slice(sandbox.url.length) ?? '' }
    }
    const act = (name: string) =>
      sandbox.call('POST', `/api/v1/users/isaac.brock/lifecycle/${name}?sendEmail=true`)
    return { read, act }
  }

  it('continues where it ended, and misses nothing', async () => {
    const { read, act } = await start()
    await act('suspend')
    const first = await read('/api/v1/logs?limit=2')
    expect(first.types).toEqual(['user.lifecycle.create', 'user.lifecycle.suspend'])
    expect((await read(first.next)).types).toEqual([])
    await act('unsuspend')
    await act('reset_password')
    const second = await read(first.next)
    expect(second.types).toEqual(['user.lifecycle.unsuspend', 'user.account.reset_password'])
    expect((await read(second.next)).types).toEqual([])
  })

  it('goes backwards, and ends', async () => {
    const { read, act } = await start()
    for (const name of ['suspend', 'unsuspend', 'deactivate']) await act(name)
    const first = await read('/api/v1/logs?sortOrder=DESCENDING&limit=2')
    expect(first.types).toEqual(['user.lifecycle.deactivate', 'user.lifecycle.unsuspend'])
    const last = ['user.lifecycle.suspend', 'user.lifecycle.create']
    expect(await read(first.next)).toEqual({ types: last, next: '' })
  })
})

describe('a ring', () => {
  it('keeps the latest entries, oldest first', () => {
    const ring = createRing<number>(3)
    expect(ring.values()).toEqual([])
    for (const n of [1, 2]) ring.push(n)
    expect(ring.values()).toEqual([1, 2])
    for (const n of [3, 4, 5, 6, 7]) ring.push(n)
    expect(ring.values()).toEqual([5, 6, 7])
  })
})
