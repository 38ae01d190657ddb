/** Looking up existing users: they are found by their own attributes only, and not by anything else that leads to them. */
import { describe, expect, it } from 'vitest'
import { createKnownUsers } from '../../src/okta/api/known-users.ts'
import { OktaAnswerLost } from '../../src/okta/errors/rejection.ts'
import { staticToken } from '../../src/okta/auth/credentials.ts'
import { advanceUntil, makeClient } from '../support/okta-client.ts'
import {
  inTurn,
  oktaError,
  reset,
  startOkta,
  type Responder,
  type StubAnswer,
} from '../support/okta-server.ts'
import { HOOK_PASSWORD, profileFor, startTestSandbox, TOKEN } from '../support/sandbox.ts'

const start = async (scheme: 'SSWS' | 'Bearer' = 'SSWS') => {
  const other = { scheme: 'Bearer', token: 'bearer' } as const
  const sandbox = await startTestSandbox({ tokens: [{ ...other, scopes: ['okta.users.read'] }] })
  const credentials = staticToken(scheme, scheme === 'SSWS' ? TOKEN : other.token)
  const { client, clock } = makeClient(sandbox.url, credentials)
  const users = createKnownUsers((request) => advanceUntil(client.request(request), clock))
  return { sandbox, users }
}

const startStub = async (...answers: (StubAnswer | Responder)[]) => {
  const okta = await startOkta(inTurn(...answers))
  const { client, clock } = makeClient(okta.url)
  const users = createKnownUsers((request) => advanceUntil(client.request(request), clock))
  return { okta, users }
}

const user = (login: string): object => ({ id: '00u9', status: 'ACTIVE', profile: { login } })

describe('a user', () => {
  it('is found by login with status, provider and more', async () => {
    const { sandbox, users } = await start()
    await sandbox.create(profileFor('ann@x.example'), HOOK_PASSWORD)
    expect(await users.find('Ann@x.example')).toMatchObject({
      login: 'ann@x.example',
      email: 'ann@x.example',
      status: 'ACTIVE',
      provider: 'IMPORT',
      lastLogin: undefined,
      profile: { firstName: 'Isaac' },
    })
    expect(await users.find('bob@x.example')).toBeUndefined()
  })

  it.each(['a/b@x.example', 'a"b\\c@x.example', 'a+b c%20#?@x.example', '..'])(
    'is found whatever the login consists of: %s',
    async (login) => {
      const { okta, users } = await startStub(({ path }) => {
        const { pathname, searchParams } = new URL(path, 'http://x')
        const name = decodeURIComponent(pathname.split('/')[4] ?? '')
        if (name !== '')
          return name === login
            ? { body: user(login) }
            : { status: 404, body: oktaError('E0000007') }
        const filter = `profile.login eq ${JSON.stringify(login)}`
        return { body: searchParams.get('filter') === filter ? [user(login)] : [] }
      })
      expect(await users.find(login)).toMatchObject({ login })
      expect(okta.calls).toHaveLength(1)
    },
  )

  it('does not count as found by short name, id or "me"', async () => {
    const { sandbox, users } = await start()
    const { body } = await sandbox.create(profileFor('ann@x.example'))
    for (const login of ['ann', (body as { id: string }).id, 'me']) {
      expect(await users.find(login)).toBeUndefined()
    }
  })

  it('is found even where another user is found first', async () => {
    const { users } = await startStub({ body: user('ann@x.example') }, { body: [user('Ann')] })
    expect(await users.find('ann')).toMatchObject({ login: 'Ann' })
  })

  it('is found through the list where the path does not return them', async () => {
    const missing = { status: 404, body: oktaError('E0000007') }
    const { users } = await startStub(missing, { body: [user('ann@x.example')] })
    expect(await users.find('ann@x.example')).toMatchObject({ id: '00u9' })
  })

  it('does not count as missing where a 404 is not Okta’s own answer', async () => {
    const { users } = await startStub({
      status: 404,
      body: '<html>',
      headers: { 'x-okta-request-id': 'r' },
    })
    await expect(users.get('00u1')).rejects.toMatchObject({ code: 'okta_not_found' })
  })

  it('is found with all others of an address, by that address alone', async () => {
    const { sandbox, users } = await start()
    for (const login of ['ann@x.example', 'ann2@x.example', 'bob@x.example']) {
      const email = login.startsWith('ann') ? 'shared@x.example' : login
      await sandbox.create({ ...profileFor(login), email })
    }
    const found = await users.findByEmail('shared@x.example')
    expect(found.map(({ login }) => login).sort()).toEqual(['ann2@x.example', 'ann@x.example'])
    expect(await users.findByEmail('none@x.example')).toEqual([])
  })
})

describe('a change', () => {
  it('affects only what it names; then the user is deactivated, deleted and gone', async () => {
    const { sandbox, users } = await start()
    const { body } = await sandbox.create(profileFor('ann@x.example'), HOOK_PASSWORD)
    const { id } = body as { id: string }
    expect((await users.update(id, { lastName: 'Lee' })).profile).toMatchObject({
      firstName: 'Isaac',
      lastName: 'Lee',
    })
    expect(await users.get(id)).toMatchObject({ provider: 'IMPORT' })
    await users.deactivate(id)
    expect(await users.get(id)).toMatchObject({ status: 'DEPROVISIONED' })
    expect(await users.find('ann@x.example')).toMatchObject({ status: 'DEPROVISIONED' })
    await users.delete(id)
    expect(await users.get(id)).toBeUndefined()
  })

  it('that is lost is reported as lost, and not repeated', async () => {
    const { okta, users } = await startStub(reset)
    await expect(users.update('00u1', {})).rejects.toBeInstanceOf(OktaAnswerLost)
    await expect(users.deactivate('00u1')).rejects.toBeInstanceOf(OktaAnswerLost)
    expect(okta.calls).toHaveLength(2)
  })

  it('counts as done where the user was deleted and only the answer was lost', async () => {
    const { okta, users } = await startStub(reset, { status: 404, body: oktaError('E0000007') })
    await users.delete('00u1')
    expect(okta.calls).toMatchObject([{ method: 'DELETE' }, { method: 'DELETE' }])
  })
})

describe('the account behind the token', () => {
  it('is that of an API token', async () => {
    expect(await (await start()).users.whoAmI()).toMatchObject({ login: 'admin@sandbox.example' })
  })

  it('is undefined for a service app, and where the request is forbidden', async () => {
    expect(await (await start('Bearer')).users.whoAmI()).toBeUndefined()
    const { users } = await startStub({ status: 403, body: oktaError('E0000006') })
    expect(await users.whoAmI()).toBeUndefined()
  })

  it('is no reason to go on with a token that Okta refuses', async () => {
    const { users } = await startStub({ status: 401, body: oktaError('E0000011') })
    await expect(users.whoAmI()).rejects.toMatchObject({ code: 'okta_unauthorized' })
  })
})
