/** New passwords by a link: who gets one, how long and how often it works, and what it changes. */
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../support/clock.ts'
import { HOOK_PASSWORD, profileFor, startTestSandbox, type Answer } from '../support/sandbox.ts'

const LOGIN = 'isaac.brock@example.com'
const USER = `/api/v1/users/${LOGIN}`
const NEW = 'Good news, 2004!'
const MINUTE_MS = 60_000

const start = async (more: object = HOOK_PASSWORD) => {
  const clock = new ManualClock()
  const sandbox = await startTestSandbox({ clock })
  const { call } = sandbox
  await sandbox.create(profileFor(LOGIN), more)
  const reset = (sendEmail: boolean) =>
    call('POST', `${USER}/lifecycle/reset_password?sendEmail=${sendEmail}`)
  const forgot = (sendEmail = false) =>
    call('POST', `${USER}/credentials/forgot_password?sendEmail=${sendEmail}`)
  const urlIn = ({ body }: Answer) => (body as { resetPasswordUrl: string }).resetPasswordUrl
  /** Sets a password on the page behind the link. */
  const open = async (url: string, password = NEW) =>
    (await fetch(url, { method: 'POST', body: new URLSearchParams({ password }) })).status
  const state = async () => {
    const { body } = await call('GET', USER)
    const { status, credentials } = body as {
      status: string
      credentials: { provider: { type: string } }
    }
    return `${status} ${credentials.provider.type}`
  }
  const events = () =>
    sandbox.events().map(({ eventType, outcome }) => `${eventType} ${outcome.result}`)
  return { ...sandbox, clock, reset, forgot, urlIn, open, state, types: events }
}

describe('a reset by an admin', () => {
  it('refuses sign-in and another request, until the link has set a password', async () => {
    const { reset, forgot, urlIn, open, state, signIn, types } = await start()
    const url = urlIn(await reset(false))
    expect(await state()).toBe('RECOVERY IMPORT')
    expect((await signIn(LOGIN, 'any')).status).toBe(401)
    expect(await forgot()).toMatchObject({ status: 403, body: { errorCode: 'E0000034' } })
    expect(await open(url)).toBe(200)
    expect(await state()).toBe('ACTIVE OKTA')
    expect((await signIn(LOGIN, NEW)).status).toBe(200)
    expect(types()).toEqual([
      'user.account.reset_password SUCCESS',
      'user.session.start FAILURE',
      'user.account.update_password SUCCESS',
      'user.session.start SUCCESS',
    ])
  })

  it('is mailed where no link is wanted in the answer', async () => {
    const { reset, mails, open, call } = await start()
    expect((await reset(true)).body).toEqual({})
    const [mail] = mails()
    expect(mail).toMatchObject({ to: LOGIN, login: LOGIN, kind: 'reset' })
    expect((await call('GET', '/sandbox/mails')).body).toEqual([mail])
    expect(await open(mail?.url ?? '')).toBe(200)
    await reset(false)
    expect(mails()).toHaveLength(1)
  })
})

describe('a link', () => {
  it('works once', async () => {
    const { reset, urlIn, open, signIn } = await start()
    const url = urlIn(await reset(false))
    expect([await open(url), await open(url, 'Other news, 2004!')]).toEqual([200, 403])
    expect((await signIn(LOGIN, NEW)).status).toBe(200)
  })

  it('works once also for two people at the same time', async () => {
    const { reset, urlIn, open } = await start()
    const url = urlIn(await reset(false))
    expect((await Promise.all([open(url), open(url)])).sort()).toEqual([200, 403])
  })

  it('is not used up by a password that the policy refuses', async () => {
    const { reset, urlIn, open } = await start()
    const url = urlIn(await reset(false))
    expect([await open(url, 'short'), await open(url)]).toEqual([403, 200])
  })

  it('is not used up in read-only mode', async () => {
    const { reset, urlIn, open, setFaults } = await start()
    const url = urlIn(await reset(false))
    setFaults({ readOnly: true })
    expect(await open(url)).toBe(503)
    setFaults({ readOnly: false })
    expect(await open(url)).toBe(200)
  })

  it('ends after as many minutes as the policy says', async () => {
    const { reset, urlIn, open, clock, call, state } = await start()
    const url = urlIn(await reset(false))
    clock.advance(60 * MINUTE_MS)
    expect(await open(url)).toBe(403)
    expect(await state()).toBe('RECOVERY IMPORT')
    const list = (await call('GET', '/api/v1/policies?type=PASSWORD')).body as { id: string }[]
    const path = `/api/v1/policies/${list[0]?.id}`
    const recoveryToken = { tokenLifetimeMinutes: 90 }
    const settings = { recovery: { factors: { okta_email: { properties: { recoveryToken } } } } }
    const answer = await call('PUT', path, { type: 'PASSWORD', name: 'Default', settings })
    expect(answer).toMatchObject({ status: 200, body: { settings } })
    expect(await call('GET', path)).toMatchObject({ body: { settings } })
    const second = urlIn(await reset(false))
    clock.advance(90 * MINUTE_MS - 1)
    expect(await open(second)).toBe(200)
  })

  it.each([
    ['another link', async ({ reset }: Awaited<ReturnType<typeof start>>) => reset(false)],
    [
      'a password of an admin',
      async ({ call }: Awaited<ReturnType<typeof start>>) =>
        call('POST', USER, { credentials: { password: { value: 'Float on, 2004!' } } }),
    ],
    [
      'deactivation',
      async ({ call }: Awaited<ReturnType<typeof start>>) =>
        call('POST', `${USER}/lifecycle/deactivate`),
    ],
  ])('is ended by %s', async (_, end) => {
    const sandbox = await start()
    const url = sandbox.urlIn(await sandbox.reset(false))
    expect((await end(sandbox)).status).toBe(200)
    expect(await sandbox.open(url)).toBe(403)
  })

  it('shows a form to the person who opens it', async () => {
    const { reset, urlIn } = await start()
    const page = await fetch(urlIn(await reset(false)))
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('name="password"')
  })
})

describe('a forgotten password', () => {
  const forget = (username: string) => [
    'POST',
    '/api/v1/authn/recovery/password',
    { username, factorType: 'EMAIL' },
  ]
  const CHALLENGE = {
    status: 'RECOVERY_CHALLENGE',
    factorResult: 'WAITING',
    factorType: 'EMAIL',
    recoveryType: 'PASSWORD',
  }

  it('can be replaced by the person, who is moved by it', async () => {
    const { call, mails, state, signIn } = await start()
    const ask = (username: string) =>
      call(...(forget(username) as [string, string, object])).then(({ body }) => body)
    expect(await ask('isaac.brock')).toEqual(CHALLENGE)
    expect(await state()).toBe('ACTIVE IMPORT')
    const recoveryToken = mails()[0]?.url.split('/').at(-1)
    const first = await call('POST', '/api/v1/authn/recovery/token', { recoveryToken })
    expect(first).toMatchObject({ status: 200, body: { status: 'PASSWORD_RESET' } })
    const again = await call('POST', '/api/v1/authn/recovery/token', { recoveryToken })
    expect(again).toMatchObject({ status: 403, body: { errorCode: 'E0000105' } })
    const { stateToken } = first.body as { stateToken: string }
    const body = { stateToken, newPassword: NEW }
    const done = await call('POST', '/api/v1/authn/credentials/reset_password', body)
    expect(done).toMatchObject({ status: 200, body: { status: 'SUCCESS' } })
    expect(await state()).toBe('ACTIVE OKTA')
    expect((await signIn(LOGIN, NEW)).status).toBe(200)
  })

  it('is answered alike for everybody, and mailed to those only who are ACTIVE', async () => {
    const { call, mails, reset, create } = await start()
    await create(profileFor('none@example.com'), {}, '?activate=false')
    await reset(false)
    for (const username of [LOGIN, 'nobody@example.com', 'none@example.com']) {
      const answer = await call(...(forget(username) as [string, string, object]))
      expect(answer.body).toEqual(CHALLENGE)
    }
    expect(mails()).toEqual([])
  })

  it.each(['suspend', 'expire_password', 'deactivate'])(
    'is refused where the user is not ACTIVE: %s',
    async (name) => {
      const { call, forgot } = await start()
      await call('POST', `${USER}/lifecycle/${name}`)
      expect((await forgot()).status).toBe(403)
    },
  )
})

describe('wrong passwords', () => {
  const VALUE = { credentials: { password: { value: 'Float on, 2004!' } } }
  const fail = async ({ signIn }: Awaited<ReturnType<typeof start>>, times: number) => {
    for (let time = 0; time < times; time += 1) await signIn(LOGIN, 'wrong')
  }

  it('lock the user out at the tenth in a row, until an admin unlocks', async () => {
    const sandbox = await start(VALUE)
    const { signIn, state, call, types } = sandbox
    await fail(sandbox, 9)
    expect((await signIn(LOGIN, 'Float on, 2004!')).status).toBe(200)
    await fail(sandbox, 9)
    expect(await state()).toBe('ACTIVE OKTA')
    await fail(sandbox, 1)
    expect(await state()).toBe('LOCKED_OUT OKTA')
    expect(types().at(-1)).toBe('user.account.lock FAILURE')
    expect((await signIn(LOGIN, 'Float on, 2004!')).status).toBe(401)
    await call('POST', `${USER}/lifecycle/unlock`)
    await fail(sandbox, 9)
    expect((await signIn(LOGIN, 'Float on, 2004!')).status).toBe(200)
  })

  it('lock out after as many as the policy says, or never', async () => {
    const sandbox = await start(VALUE)
    const { state, call } = sandbox
    const list = (await call('GET', '/api/v1/policies?type=PASSWORD')).body as { id: string }[]
    const allow = (maxAttempts: number) =>
      call('PUT', `/api/v1/policies/${list[0]?.id}`, {
        ...{
          type: 'PASSWORD',
          name: 'Default',
          settings: { password: { lockout: { maxAttempts } } },
        },
      })
    await allow(0)
    await fail(sandbox, 20)
    expect(await state()).toBe('ACTIVE OKTA')
    await allow(3)
    await fail(sandbox, 1)
    expect(await state()).toBe('LOCKED_OUT OKTA')
  })

  it('of a locked user are forgiven by a link of an admin', async () => {
    const sandbox = await start(VALUE)
    await fail(sandbox, 10)
    const { reset, urlIn, open, state, signIn } = sandbox
    expect(await open(urlIn(await reset(false)))).toBe(200)
    expect(await state()).toBe('ACTIVE OKTA')
    await fail(sandbox, 9)
    expect((await signIn(LOGIN, NEW)).status).toBe(200)
  })
})

it('there is one password policy, and no other policy', async () => {
  const { call } = await start()
  expect((await call('GET', '/api/v1/policies?type=OKTA_SIGN_ON')).body).toEqual([])
  expect((await call('GET', '/api/v1/policies')).status).toBe(400)
  expect((await call('GET', '/api/v1/policies/other')).status).toBe(404)
  expect((await call('PUT', '/api/v1/policies/other', {})).status).toBe(404)
})
