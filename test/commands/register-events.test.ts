/** `register --events`: the event hook is created once, verified and shown, in orgs with and without filters. */
import { describe, expect, it } from 'vitest'
import { registerCommand } from '../../src/commands/register/register.ts'
import type { SandboxOptions } from '../../src/sandbox/sandbox.ts'
import { delivery, EVENT_SECRET, news, startEvents } from '../support/events.ts'
import { eventHookBody } from '../support/event-hooks.ts'
import { runInProcess } from '../support/in-process.ts'
import { startTestSandbox, TOKEN } from '../support/sandbox.ts'
import { until } from '../support/until.ts'
import { HOOK_PASSWORD, hookBody, profileFor, startHookStub, VERIFIED } from '../support/sandbox.ts'
import { ManualClock } from '../support/clock.ts'

interface Shown {
  readonly status: string
  readonly verificationStatus: string
  readonly events: { readonly filter: object | null }
}

const start = async (options: SandboxOptions = {}) => {
  const sandbox = await startTestSandbox(options)
  const events = await startEvents({ orgUrl: sandbox.url })
  const env = {
    OKTA_ORG_URL: sandbox.url,
    OKTA_API_TOKEN: TOKEN,
    EVENT_HOOK_SECRET: EVENT_SECRET,
  }
  const run = async (args: readonly string[] = [], more: Record<string, string> = {}) => {
    const ended = await runInProcess(registerCommand, ['--events', events.base, ...args], {
      ...env,
      ...more,
    })
    expect(ended.stdout + ended.stderr).not.toContain(EVENT_SECRET)
    return ended
  }
  const hooks = async () => (await sandbox.call('GET', '/api/v1/eventHooks')).body as Shown[]
  const types = () =>
    sandbox
      .events()
      .map(({ eventType }) => eventType)
      .filter((type) => type.startsWith('event_hook'))
  return { ...sandbox, receiver: events, run, hooks, types }
}

describe('the event hook', () => {
  it('is created, verified and shown, and the same command again changes nothing', async () => {
    const { run, hooks, types, receiver } = await start()
    const made = await run()
    expect([made.code, made.stderr]).toEqual([0, ''])
    expect(made.stdout).toContain('The hook server accepts the secret')
    expect(made.stdout).toMatch(/status +ACTIVE, VERIFIED\n/)
    expect(made.stdout).toContain(`${receiver.base}/hooks/okta/events`)
    expect(made.stdout).toContain('with the outcome SUCCESS only')
    expect(made.stdout).not.toContain('WARNING')
    expect(await run()).toMatchObject({ code: 0 })
    expect(await hooks()).toHaveLength(1)
    expect(types()).toEqual(['event_hook.created', 'event_hook.verified'])
    // The trial call told of nothing.
    expect(receiver.counted.kept).toBe(0)
  })

  it('has a filter where the org takes one, and a warning where it does not', async () => {
    const { run, hooks, setSwitches } = await start({ switches: { eventFilters: 'refused' } })
    const without = await run()
    expect(without.code).toBe(0)
    expect(without.stdout).toContain('with any outcome')
    expect(without.stdout).toMatch(/WARNING: [^]+400,000 events in 24 hours/)
    expect(await hooks()).toMatchObject([{ events: { filter: null } }])
    setSwitches({ eventFilters: 'taken' })
    const rotated = await run(['--rotate', '--json'])
    expect(
      rotated.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { event: 'trial', accepted: true },
      expect.objectContaining({ event: 'event_hook', done: 'rotated', filtered: true }),
    ])
    expect(await hooks()).toMatchObject([
      { events: { filter: { eventFilterMap: [{}, {}] } }, verificationStatus: 'VERIFIED' },
    ])
  })

  it('that another program has registered elsewhere stays as it is', async () => {
    const { run, call, hooks } = await start()
    await call('POST', '/api/v1/eventHooks', eventHookBody('https://x.example', ['user.mfa.x']))
    await run()
    expect(await hooks()).toHaveLength(2)
  })

  it('is verified later where Okta could not reach it, and not used while it is off', async () => {
    const { run, call, hooks, receiver } = await start()
    const uri = `${receiver.base}/hooks/okta/events`
    const { body } = await call('POST', '/api/v1/eventHooks', eventHookBody(uri, ['user.mfa.x']))
    const { id } = body as { id: string }
    expect(await run()).toMatchObject({ code: 0 })
    expect(await hooks()).toMatchObject([{ verificationStatus: 'VERIFIED' }])
    await call('POST', `/api/v1/eventHooks/${id}/lifecycle/deactivate`)
    const off = await run()
    expect(off.code).toBe(1)
    expect(off.stdout).toContain('It is switched off.')
  })

  it('is kept, and an error is shown, where Okta gets no answer', async () => {
    const { run, hooks } = await start()
    const elsewhere = ['--force', '--events', 'http://127.0.0.1:9']
    const ended = await run(elsewhere)
    expect(ended.code).toBe(1)
    expect(ended.stdout).toMatch(/Okta could not verify the URL: .*no connection/)
    expect(ended.stdout).toContain('run\nthe same command again')
    expect(await hooks()).toMatchObject([{ verificationStatus: 'UNVERIFIED' }])
  })

  it('is refused by Okta when the org has 25, and that is said', async () => {
    const { run, call } = await start()
    for (let i = 0; i < 25; i++) {
      await call('POST', '/api/v1/eventHooks', eventHookBody(`https://x.example/${i}`, ['user.x']))
    }
    const ended = await run()
    expect(ended.code).toBe(1)
    expect(ended.stderr).toContain('as many as it can')
  })
})

describe('before anything is sent to Okta', () => {
  it('the secret is there, and the hook server accepts it', async () => {
    const { run, hooks, url } = await start()
    const without = await run([], { EVENT_HOOK_SECRET: '' })
    expect(without.code).toBe(2)
    expect(without.stderr).toContain('EVENT_HOOK_SECRET is missing')
    const wrong = await run([], {
      EVENT_HOOK_SECRET: 'another secret of thirty-two or more letters',
    })
    expect(wrong.code).toBe(1)
    expect(wrong.stderr).toContain('rejects this secret (status 401)')
    const elsewhere = await run(['--events', `${url}/nothing`])
    expect(elsewhere.stderr).toContain('takes no events (status 404): set EVENT_HOOK_SECRET')
    expect(await hooks()).toEqual([])
  })

  it.each([['--test'], ['--deactivate'], ['--print'], ['--url', 'https://x.example']])(
    'it does not go with %s',
    async (...args) => {
      const { run } = await start()
      await expect(run(args)).rejects.toThrow()
    },
  )
})

describe('the events of a migration, through all faults of the way', () => {
  it('are counted once each, but for those that Okta dropped', async () => {
    const clock = new ManualClock()
    const faults = {
      ...{ eventDropRate: 0.2, eventDuplicateRate: 0.3, eventReorderRate: 0.3 },
      ...{ eventDelayMs: 30_000, rateLimit: 1_000_000 },
    }
    const { run, call, create, signIn, receiver, events } = await start({ clock, faults })
    expect(await run()).toMatchObject({ code: 0 })
    const stub = await startHookStub(VERIFIED)
    await call('POST', '/api/v1/inlineHooks', hookBody(stub.url))
    const people = 60
    for (let i = 0; i < people; i++) {
      await create(profileFor(`person${i}@example.com`), HOOK_PASSWORD)
      expect((await signIn(`person${i}@example.com`, 'any')).status).toBe(200)
    }
    const counts = async () =>
      (await call('GET', '/sandbox/deliveries')).body as Record<'waiting' | 'dropped', number>
    const { dropped } = await counts()
    expect(dropped).toBeGreaterThan(0)
    clock.advance(1_000)
    clock.advance(2 * 60_000)
    await until('all are delivered', () => receiver.counted.kept === people - dropped)
    await receiver.written(people - dropped)
    expect(receiver.counted).toMatchObject({ kept: people - dropped, dropped: 0, ignored: 0 })
    expect(receiver.counted.repeated).toBeGreaterThan(0)
    const imported = events().filter(({ eventType }) => eventType === 'user.import.password')
    const known = new Set(imported.map(({ uuid }) => uuid))
    expect((await receiver.rows()).every(({ uuid }) => known.has(String(uuid)))).toBe(true)
  })

  it('come from nobody else: without the secret nothing is counted', async () => {
    const { receiver, url } = await start()
    const source = `${url}/api/v1/eventHooks/who1`
    const forged = delivery([news()], { source })
    expect((await receiver.send(forged, { authorization: 'not it' })).status).toBe(401)
    expect(receiver.counted.kept).toBe(0)
    expect((await receiver.send(forged)).status).toBe(204)
  })
})
