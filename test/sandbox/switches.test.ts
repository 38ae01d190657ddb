/** What Okta does not document: each question is answered either way, and all are listed for people to try. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { SWITCHES, type Switches } from '../../src/sandbox/switches.ts'
import { eventHookBody, onlyIf } from '../support/event-hooks.ts'
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
const NEW = 'Good news, 2004!'

const start = async (switches: Partial<Switches>) => {
  const stub = await startHookStub(UNVERIFIED)
  const sandbox = await startTestSandbox({ switches })
  const { call } = sandbox
  const { body } = await call('POST', '/api/v1/inlineHooks', hookBody(stub.url))
  const hook = `/api/v1/inlineHooks/${(body as { id: string }).id}`
  await sandbox.create(profileFor(LOGIN), HOOK_PASSWORD)
  const user = async () => {
    const { body } = await call('GET', USER)
    const { status, credentials } = body as {
      status: string
      credentials: { provider: { type: string } }
    }
    return { status, provider: credentials.provider.type }
  }
  const reset = async (): Promise<string> => {
    const { body } = await call('POST', `${USER}/lifecycle/reset_password?sendEmail=false`)
    return (body as { resetPasswordUrl: string }).resetPasswordUrl
  }
  const forget = () => call('POST', `${USER}/credentials/forgot_password?sendEmail=false`)
  const open = (url: string) =>
    fetch(url, { method: 'POST', body: new URLSearchParams({ password: NEW }) })
  return { ...sandbox, hook, user, reset, forget, open }
}

type Started = Awaited<ReturnType<typeof start>>

/** What a person or a program sees of each switch. */
const SEEN: Readonly<Record<keyof Switches, (sandbox: Started) => Promise<unknown>>> = {
  async inactiveHook({ call, hook, signIn, events }) {
    await call('POST', `${hook}/lifecycle/deactivate`)
    const { status } = await signIn(LOGIN, 'any')
    return [status, ...events().map(({ eventType }) => eventType)]
  },
  async importTarget({ signIn, events }) {
    await signIn(LOGIN, 'any')
    const event = events().find(({ eventType }) => eventType === 'user.import.password')
    return event?.target.map(({ alternateId }) => alternateId)
  },
  async providerAtReset({ reset, user }) {
    await reset()
    return user()
  },
  async providerAfterReset({ forget, open, user, signIn }) {
    const { resetPasswordUrl } = (await forget()).body as { resetPasswordUrl: string }
    await open(resetPasswordUrl)
    return { ...(await user()), signIn: (await signIn(LOGIN, NEW)).status }
  },
  async hookSetAgain({ reset, call, user }) {
    await reset()
    await call('POST', USER, HOOK_PASSWORD)
    return user()
  },
  async forgotWithHook({ forget }) {
    return (await forget()).status
  },
  async hookFailures({ signIn, user }) {
    for (let time = 0; time < 10; time += 1) await signIn(LOGIN, 'any')
    return user()
  },
  async eventFilters({ call }) {
    const filter = onlyIf('user.import.password', "event.outcome.result eq 'SUCCESS'")
    const body = eventHookBody('https://hook.example.com', ['user.import.password'], filter)
    return (await call('POST', '/api/v1/eventHooks', body)).status
  },
}

const ACTIVE = { status: 'ACTIVE', provider: 'IMPORT' }
const RECOVERY = { status: 'RECOVERY', provider: 'IMPORT' }

describe('a switch', () => {
  it.each<[keyof Switches, string, unknown]>([
    ['inactiveHook', 'failed-session', [401, 'inline_hook.deactivated', 'user.session.start']],
    [
      'inactiveHook',
      'failed-import',
      [401, 'inline_hook.deactivated', 'user.import.password', 'user.session.start'],
    ],
    ['importTarget', 'user', [LOGIN]],
    ['importTarget', 'nobody', []],
    ['providerAtReset', 'IMPORT', RECOVERY],
    ['providerAtReset', 'OKTA', { ...RECOVERY, provider: 'OKTA' }],
    ['providerAfterReset', 'OKTA', { status: 'ACTIVE', provider: 'OKTA', signIn: 200 }],
    ['providerAfterReset', 'IMPORT', { ...ACTIVE, signIn: 200 }],
    ['hookSetAgain', 'RECOVERY', RECOVERY],
    ['hookSetAgain', 'ACTIVE', ACTIVE],
    ['forgotWithHook', 'allowed', 200],
    ['forgotWithHook', 'refused', 403],
    ['hookFailures', 'ignored', ACTIVE],
    ['hookFailures', 'counted', { ...ACTIVE, status: 'LOCKED_OUT' }],
    ['eventFilters', 'taken', 200],
    ['eventFilters', 'refused', 400],
  ])('%s=%s is seen as %j', async (name, answer, seen) => {
    expect(SWITCHES[name].answers).toContain(answer)
    expect(await SEEN[name](await start({ [name]: answer }))).toEqual(seen)
  })

  it('can be changed while it runs, one by one', async () => {
    const { call, setSwitches } = await start({ importTarget: 'nobody' })
    const { body } = await call('PUT', '/sandbox/switches', { hookFailures: 'counted' })
    expect(body).toMatchObject({ importTarget: 'nobody', hookFailures: 'counted' })
    setSwitches({ importTarget: 'user' })
    expect((await call('GET', '/sandbox/switches')).body).toMatchObject({
      ...{ importTarget: 'user', hookFailures: 'counted', providerAtReset: 'IMPORT' },
    })
    for (const wrong of [{ importTarget: 'x' }, { other: 'x' }]) {
      expect((await call('PUT', '/sandbox/switches', wrong)).status).toBe(400)
    }
  })

  it('that sets the hook again leads back to the hook', async () => {
    const stub = await startHookStub(VERIFIED)
    const { call, hook, reset, signIn, user } = await start({ hookSetAgain: 'ACTIVE' })
    await call('POST', hook, { channel: { config: { uri: stub.url } } })
    await reset()
    expect((await signIn(LOGIN, 'old')).status).toBe(401)
    await call('POST', USER, HOOK_PASSWORD)
    expect((await signIn(LOGIN, 'old')).status).toBe(200)
    expect(await user()).toEqual({ status: 'ACTIVE', provider: 'OKTA' })
  })

  it('is in docs/SANDBOX.md with its question and its answers', () => {
    const text = readFileSync(new URL('../../docs/SANDBOX.md', import.meta.url), 'utf8')
    const rows = text.split('\n').filter((line) => line.startsWith('| `'))
    const cells = rows.map((line) => line.split('|').map((cell) => cell.trim()))
    const found = cells.filter(([, name = '']) => name.replaceAll('`', '') in SWITCHES)
    expect(found.map(([, name, question, answers]) => [name, question, answers])).toEqual(
      Object.entries(SWITCHES).map(([name, { question, answers }]) => [
        `\`${name}\``,
        question,
        answers.map((answer) => `\`${answer}\``).join(', '),
      ]),
    )
  })
})
