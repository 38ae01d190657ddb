/** A user's lifecycle: from which status to which, what is answered, and what is refused. */
import { describe, expect, it } from 'vitest'
import { HOOK_PASSWORD, profileFor, startTestSandbox } from '../support/sandbox.ts'

const PROFILE = profileFor('isaac.brock@example.com')
const VALUE = { password: { value: 'Float on, 2004!' } }
const USER = `/api/v1/users/${PROFILE.login}`

const start = async (more: object = {}, query = '') => {
  const sandbox = await startTestSandbox()
  await sandbox.create(PROFILE, more, query)
  const run = (name: string, parameters = '') =>
    sandbox.call('POST', `${USER}/lifecycle/${name}${parameters}`)
  const status = async () =>
    ((await sandbox.call('GET', USER)).body as { status?: string } | undefined)?.status
  return { ...sandbox, run, status }
}

describe('a lifecycle operation', () => {
  it.each([
    ['STAGED', [], 'activate', 'PROVISIONED'],
    ['PROVISIONED', ['activate'], 'reactivate', 'PROVISIONED'],
    ['RECOVERY', ['activate', 'reset_password'], 'reactivate', 'RECOVERY'],
    ['PROVISIONED', ['activate'], 'deactivate', 'DEPROVISIONED'],
    ['DEPROVISIONED', ['activate', 'deactivate'], 'activate', 'PROVISIONED'],
    ['RECOVERY', ['activate', 'reset_password'], 'deactivate', 'DEPROVISIONED'],
  ])('of a user who is %s (%j): %s leads to %s', async (from, before, name, to) => {
    const { run, status } = await start({}, '?activate=false')
    for (const step of before) await run(step, '?sendEmail=true')
    expect(await status()).toBe(from)
    expect((await run(name, '?sendEmail=true')).status).toBe(200)
    expect(await status()).toBe(to)
  })

  it.each([
    ['ACTIVE', [], 'suspend', 'SUSPENDED'],
    ['SUSPENDED', ['suspend'], 'unsuspend', 'ACTIVE'],
    ['SUSPENDED', ['suspend'], 'deactivate', 'DEPROVISIONED'],
    ['ACTIVE', [], 'expire_password', 'PASSWORD_EXPIRED'],
    ['ACTIVE', [], 'expire_password_with_temp_password', 'PASSWORD_EXPIRED'],
    ['ACTIVE', [], 'reset_factors', 'ACTIVE'],
    ['ACTIVE', [], 'reset_password', 'RECOVERY'],
    ['DEPROVISIONED', ['deactivate'], 'activate', 'ACTIVE'],
  ])('of one with a password who is %s (%j): %s leads to %s', async (from, before, name, to) => {
    const { run, status } = await start({ credentials: VALUE })
    for (const step of before) await run(step)
    expect(await status()).toBe(from)
    expect((await run(name, '?sendEmail=true')).status).toBe(200)
    expect(await status()).toBe(to)
  })

  it.each([
    ['activate', 403, 'E0000016'],
    ['reactivate', 403, 'E0000038'],
    ['unsuspend', 400, 'E0000001'],
    ['unlock', 403, 'E0000032'],
    ['reset_password', 400, 'E0000028'],
  ])('that does not fit is refused: %s with %i %s', async (name, status, errorCode) => {
    const { run } = await start({ credentials: VALUE })
    expect(await run(name)).toMatchObject({ status, body: { errorCode } })
  })

  it.each([
    ['suspend', 400, 'E0000001'],
    ['deactivate', 403, 'E0000038'],
    ['reset_password?sendEmail=true', 403, 'E0000038'],
    ['expire_password', 403, 'E0000038'],
  ])('on a deactivated user is refused: %s', async (name, status, errorCode) => {
    const { run } = await start({ credentials: VALUE })
    await run('deactivate')
    expect(await run(name)).toMatchObject({ status, body: { errorCode } })
  })
})

describe('the content of an e-mail', () => {
  it('is in the answer instead where no e-mail is wanted', async () => {
    const { run } = await start({}, '?activate=false')
    const activation = {
      activationUrl: expect.stringMatching(/\/welcome\/[\w-]{20}$/) as string,
      activationToken: expect.stringMatching(/^[\w-]{20}$/) as string,
    }
    expect((await run('activate', '?sendEmail=false')).body).toEqual(activation)
    expect((await run('reactivate', '?sendEmail=false')).body).toEqual(activation)
    expect((await run('reset_password', '?sendEmail=false')).body).toEqual({
      resetPasswordUrl: expect.stringMatching(/\/reset_password\/[\w-]{20}$/) as string,
    })
    expect((await run('reset_password', '?sendEmail=true')).body).toEqual({})
  })

  it('is answered also for users who can sign in without it', async () => {
    const { run, status } = await start(HOOK_PASSWORD, '?activate=false')
    expect((await run('activate', '?sendEmail=false')).body).toHaveProperty('activationUrl')
    expect(await status()).toBe('ACTIVE')
  })
})

describe('a password', () => {
  it('that is set ends RECOVERY', async () => {
    const { run, call } = await start(HOOK_PASSWORD)
    await run('reset_password', '?sendEmail=true')
    expect((await call('POST', USER, { credentials: VALUE })).body).toMatchObject({
      status: 'ACTIVE',
      credentials: { provider: { type: 'OKTA' } },
    })
  })

  it('for one sign-in lets its user in, who must then change it', async () => {
    const { run, signIn } = await start(HOOK_PASSWORD)
    const { body } = await run('expire_password_with_temp_password')
    const { tempPassword } = body as { tempPassword: string }
    expect(await signIn(PROFILE.login, tempPassword)).toMatchObject({
      body: { status: 'PASSWORD_EXPIRED' },
    })
  })

  it('of a suspended user is refused', async () => {
    const { run, signIn } = await start({ credentials: VALUE })
    await run('suspend')
    expect((await signIn(PROFILE.login, VALUE.password.value)).status).toBe(401)
    await run('unsuspend')
    expect((await signIn(PROFILE.login, VALUE.password.value)).status).toBe(200)
  })
})

describe('deleting a user', () => {
  it('takes two steps: the first one deactivates', async () => {
    const { create, call, status } = await start()
    expect((await call('DELETE', USER)).status).toBe(204)
    expect(await status()).toBe('DEPROVISIONED')
    expect((await create(PROFILE)).status).toBe(400)
    expect((await call('DELETE', USER)).status).toBe(204)
    expect((await call('GET', USER)).status).toBe(404)
    expect((await create(PROFILE)).status).toBe(200)
  })

  it('frees the e-mail address where each may have only one user', async () => {
    const { create, call } = await startTestSandbox({ uniqueEmail: true })
    const { body } = await create(PROFILE)
    const path = `/api/v1/users/${(body as { id: string }).id}`
    await call('DELETE', path)
    expect((await create({ ...PROFILE, login: 'other@example.com' })).status).toBe(400)
    await call('DELETE', path)
    expect((await create({ ...PROFILE, login: 'other@example.com' })).status).toBe(200)
  })
})
