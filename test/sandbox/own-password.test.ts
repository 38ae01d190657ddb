/** What people do by themselves: set a first password, change one that has expired, and unlock the account. */
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../support/clock.ts'
import { HOOK_PASSWORD, profileFor, startTestSandbox, type Answer } from '../support/sandbox.ts'

const LOGIN = 'isaac.brock@example.com'
const USER = `/api/v1/users/${LOGIN}`
const OLD = 'Float on, 2004!'
const NEW = 'Good news, 2004!'
const VALUE = { credentials: { password: { value: OLD } } }
const DAY_MS = 86_400_000

const start = async (more: object = {}, query = '') => {
  const clock = new ManualClock()
  const sandbox = await startTestSandbox({ clock })
  const { call } = sandbox
  await sandbox.create(profileFor(LOGIN), more, query)
  const act = (name: string) => call('POST', `${USER}/lifecycle/${name}`)
  const authn = (path: string, body: object) => call('POST', `/api/v1/authn${path}`, body)
  /** On the page behind a link. */
  const open = async (url: string, password?: string) => {
    const body = new URLSearchParams(password === undefined ? {} : { password })
    return (await fetch(url, { method: 'POST', body })).status
  }
  const status = async () => ((await call('GET', USER)).body as { status: string }).status
  const types = () => sandbox.events().map(({ eventType }) => eventType)
  return { ...sandbox, clock, act, authn, open, status, types }
}

const urlIn = ({ body }: Answer) => (body as { activationUrl: string }).activationUrl
const tokenIn = ({ body }: Answer) => (body as { stateToken: string }).stateToken

describe('an activation link', () => {
  it('sets the first password of a user who was created without one, once', async () => {
    const { act, open, status, signIn, types, mails } = await start({}, '?activate=false')
    const url = urlIn(await act('activate?sendEmail=false'))
    expect(mails()).toEqual([])
    expect(await status()).toBe('PROVISIONED')
    expect((await fetch(url)).status).toBe(200)
    expect([await open(url, 'short'), await open(url, NEW), await open(url, NEW)]).toEqual([
      403, 200, 403,
    ])
    expect(await status()).toBe('ACTIVE')
    expect((await signIn(LOGIN, NEW)).status).toBe(200)
    expect(types()).toEqual([
      'user.lifecycle.activate',
      'user.account.update_password',
      'user.session.start',
    ])
  })

  it('is mailed to a user who is created active without a password, and to no other', async () => {
    const { mails, open, create, call, status } = await start()
    expect(mails()).toMatchObject([{ kind: 'activate', to: LOGIN }])
    await create(profileFor('b@example.com'), HOOK_PASSWORD)
    await create(profileFor('c@example.com'), VALUE)
    expect(mails()).toHaveLength(1)
    await call('POST', `${USER}/lifecycle/reactivate`)
    const [first, second] = mails().map(({ url }) => url)
    expect([await open(first ?? '', NEW), await open(second ?? '', NEW)]).toEqual([403, 200])
    expect(await status()).toBe('ACTIVE')
  })

  it('works for seven days', async () => {
    const { clock, mails, open, status } = await start()
    clock.advance(7 * DAY_MS - 1)
    expect(await open(mails()[0]?.url ?? '', 'short')).toBe(403)
    clock.advance(1)
    expect(await open(mails()[0]?.url ?? '', NEW)).toBe(403)
    expect(await status()).toBe('PROVISIONED')
  })

  it('has a token that the Authentication API takes', async () => {
    const { act, authn, signIn, status } = await start()
    const { body } = await act('reactivate?sendEmail=false')
    const { activationToken: token } = body as { activationToken: string }
    const answer = await authn('', { token })
    expect(answer).toMatchObject({ status: 200, body: { status: 'PASSWORD_RESET' } })
    expect((await authn('', { token })).status).toBe(403)
    const given = { stateToken: tokenIn(answer), newPassword: NEW }
    expect(await authn('/credentials/reset_password', given)).toMatchObject({
      body: { status: 'SUCCESS' },
    })
    expect(await status()).toBe('ACTIVE')
    expect((await signIn(LOGIN, NEW)).status).toBe(200)
    expect((await authn('', {})).status).toBe(400)
  })
})

describe('an expired password', () => {
  const expire = async () => {
    const sandbox = await start(VALUE)
    await sandbox.act('expire_password')
    const answer = await sandbox.signIn(LOGIN, OLD)
    expect(answer.body).toMatchObject({ status: 'PASSWORD_EXPIRED' })
    expect(answer.body).not.toHaveProperty('sessionToken')
    const change = (stateToken: string, oldPassword: string, newPassword: string) =>
      sandbox.authn('/credentials/change_password', { stateToken, oldPassword, newPassword })
    return { ...sandbox, stateToken: tokenIn(answer), change }
  }

  it('is changed by the person who knows it', async () => {
    const { stateToken, change, signIn, status, events } = await expire()
    const wrong = await change(stateToken, 'wrong', NEW)
    expect(wrong).toMatchObject({ status: 403, body: { errorCode: 'E0000014' } })
    const weak = await change(stateToken, OLD, 'short')
    expect(weak).toMatchObject({ status: 403, body: { errorCode: 'E0000080' } })
    expect(await status()).toBe('PASSWORD_EXPIRED')
    const done = await change(stateToken, OLD, NEW)
    expect(done).toMatchObject({ status: 200, body: { status: 'SUCCESS' } })
    expect(done.body).toHaveProperty('sessionToken')
    expect(await status()).toBe('ACTIVE')
    expect(events().at(-1)).toMatchObject({
      eventType: 'user.account.update_password',
      actor: { type: 'User', alternateId: LOGIN },
    })
    expect((await signIn(LOGIN, OLD)).status).toBe(401)
    expect((await signIn(LOGIN, NEW)).body).toMatchObject({ status: 'SUCCESS' })
  })

  it('is changed once, within five minutes, and only while it is expired', async () => {
    const { stateToken, change, signIn, act, clock } = await expire()
    const refused = { status: 401, body: { errorCode: 'E0000011' } }
    expect(await change('other', OLD, NEW)).toMatchObject(refused)
    clock.advance(5 * 60_000)
    expect(await change(stateToken, OLD, NEW)).toMatchObject(refused)
    const second = tokenIn(await signIn(LOGIN, OLD))
    await act('deactivate')
    expect(await change(second, OLD, NEW)).toMatchObject(refused)
  })
})

describe('a locked account', () => {
  const lock = async () => {
    const sandbox = await start(VALUE)
    for (let time = 0; time < 10; time += 1) await sandbox.signIn(LOGIN, 'wrong')
    expect(await sandbox.status()).toBe('LOCKED_OUT')
    const ask = (username: string) =>
      sandbox.authn('/recovery/unlock', { username, factorType: 'EMAIL' })
    return { ...sandbox, ask }
  }

  it('is unlocked by the link in a mail, once, and keeps its password', async () => {
    const { ask, mails, open, status, signIn, types } = await lock()
    expect((await ask(LOGIN)).body).toEqual((await ask('nobody@example.com')).body)
    expect(mails()).toMatchObject([{ kind: 'unlock', login: LOGIN }])
    const url = mails()[0]?.url ?? ''
    expect([await open(url), await open(url)]).toEqual([200, 403])
    expect(await status()).toBe('ACTIVE')
    expect(types().at(-1)).toBe('user.account.unlock')
    for (let time = 0; time < 9; time += 1) await signIn(LOGIN, 'wrong')
    expect((await signIn(LOGIN, OLD)).status).toBe(200)
    await ask(LOGIN)
    expect(mails()).toHaveLength(1)
  })

  it('keeps its state in read-only mode, and its link sets no password', async () => {
    const { ask, mails, open, setFaults, status } = await lock()
    await ask(LOGIN)
    const url = mails()[0]?.url ?? ''
    expect(await open(url.replace('/unlock/', '/reset_password/'), NEW)).toBe(403)
    setFaults({ readOnly: true })
    expect(await open(url)).toBe(503)
    expect(await status()).toBe('LOCKED_OUT')
    setFaults({ readOnly: false })
    expect(await open(url)).toBe(200)
  })
})
