/** `okta-migrate cutoff plan`, `close` and `reopen`: the gate, the number, the order, and whose hook it is. */
import Database from 'better-sqlite3'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { cutoffCommand } from '../../src/commands/cutoff/cutoff.ts'
import { collectReplicas } from '../../src/commands/cutoff/options.ts'
import { registerCommand } from '../../src/commands/register/register.ts'
import { statusCommand } from '../../src/commands/status/status.ts'
import { openCutOffJournal } from '../../src/cutoff/journal.ts'
import type { Scope } from '../../src/sandbox/org/tokens.ts'
import { addMoved, addPending, makeLegacyStore, oktaOf } from '../support/campaign.ts'
import type { Ended } from '../support/command.ts'
import { startHook } from '../support/hook.ts'
import { runInProcess } from '../support/in-process.ts'
import { hookBody, startTestSandbox, type TestSandbox } from '../support/sandbox.ts'
import { tempDir } from '../support/temp.ts'

const HOOK = 'https://hook.example.com/hooks/okta/password-import'
const HOOKS = '/api/v1/inlineHooks'
const HOUR = 3_600_000

const hookOf = async (org: TestSandbox) => {
  const { body } = await org.call('GET', HOOKS)
  return (body as { id: string; status: string }[])[0]
}

interface CampaignWish {
  readonly url?: string
  readonly missing?: number
  /** Of the token; all of them where they are left out. */
  readonly scopes?: readonly Scope[]
}

const BEARER = 'token-with-few-scopes'

const startCampaign = async ({ url = HOOK, missing = 0, scopes }: CampaignWish = {}) => {
  const dir = tempDir()
  const tokens = scopes ? [{ scheme: 'Bearer', token: BEARER, scopes } as const] : []
  const org = await startTestSandbox({ tokens })
  await org.call('POST', HOOKS, hookBody(url))
  const logins = ['a', 'b', 'c', 'd'].map((name) => `${name}@example.com`)
  const gone = Array.from({ length: missing }, (_, i) => `gone${i}@example.com`)
  const people = [...logins, ...gone].map((login, id) => ({ id, login }))
  for (const login of logins.slice(1)) await addPending(org, login)
  await addMoved(org, 'a@example.com')
  // Only in Okta: a status does not count them, and so does no count of now.
  await addPending(org, 'stranger@example.com')
  const okta = scopes ? { OKTA_ORG_URL: org.url, OKTA_ACCESS_TOKEN: BEARER } : oktaOf(org)
  const env = { ...makeLegacyStore(dir, people), ...okta }
  const files = ['--state', join(dir, 'state.sqlite'), '--journal', join(dir, 'cutoff.sqlite')]
  const at = (hours: number) => ({
    ...systemClock,
    epochMs: () => systemClock.epochMs() + hours * HOUR,
  })
  const cutoff = (args: string[], hours = 0): Promise<Ended> =>
    runInProcess(
      (perform) => cutoffCommand(perform, at(hours)),
      [...args, ...(args.includes('--journal') ? files.slice(0, 2) : files)],
      env,
    )
  return {
    org,
    env,
    dir,
    host: new URL(org.url).host,
    cutoff,
    plan: (...args: string[]) =>
      cutoff(['plan', '--other-apps', 'none', '--accept', 'link_short', ...args]),
    status: () => runInProcess(statusCommand, files.slice(0, 2), env),
    register: (...args: string[]) => runInProcess(registerCommand, [...args, ...files], env),
    steps: () => {
      const journal = openCutOffJournal(join(dir, 'cutoff.sqlite'), org.url)
      try {
        return journal.steps().map(({ step, state, people: count }) => [step, state, count])
      } finally {
        journal.close()
      }
    },
  }
}

type Campaign = Awaited<ReturnType<typeof startCampaign>>

const startPlanned = async (): Promise<Campaign> => {
  const campaign = await startCampaign()
  await campaign.status()
  expect((await campaign.plan()).code).toBe(0)
  return campaign
}

const findingsOf = ({ stdout }: Ended): string[] =>
  (JSON.parse(stdout) as { findings: { name: string; accepted: boolean }[] }).findings
    .filter(({ accepted }) => !accepted)
    .map(({ name }) => name)

describe('a plan', () => {
  it('names all that is not ready, sends nothing, and closes the gate', async () => {
    const { cutoff, org } = await startCampaign()
    const ended = await cutoff(['plan', '--json'])
    expect(ended.code).toBe(1)
    expect(findingsOf(ended)).toEqual(['status_unusable', 'link_short', 'other_apps'])
    const words = (await cutoff(['plan'])).stdout
    expect(words).toMatch(/Not ready:[^]+okta-migrate status[^]+60 minutes[^]+--other-apps/)
    expect((await hookOf(org))?.status).toBe('ACTIVE')
  })

  it('is ready after a status, and remembers who else uses the hashes', async () => {
    const { status, cutoff } = await startCampaign()
    await status()
    const accepted = ['plan', '--accept', 'link_short']
    const ready = await cutoff([...accepted, '--other-apps', 'wiki'])
    expect([ready.code, ready.stdout]).toEqual([
      0,
      expect.stringMatching(/After close, 3 people[^]+Keep the hashes: wiki[^]+Ready:/),
    ])
    expect((await cutoff(accepted)).code).toBe(0)
  })

  it('counts who is missing in Okta', async () => {
    const { status, plan } = await startCampaign({ missing: 2 })
    await status()
    expect((await plan()).stdout).toMatch(/2 people are not in Okta \(people_missing\)/)
    expect((await plan('--accept', 'people_missing')).code).toBe(0)
  })

  it('asks whose a hook is whose path is another one', async () => {
    const url = 'https://gateway.example.com/okta'
    const { status, plan } = await startCampaign({ url })
    await status()
    expect(findingsOf(await plan('--json'))).toEqual(['hook_foreign'])
    expect(findingsOf(await plan('--json', '--url', 'https://other.example.com/x'))).toEqual([
      'hook_foreign',
    ])
    expect((await plan('--url', url)).code).toBe(0)
  })

  it('knows with --dry-run, too, who else uses the hashes, and records nothing', async () => {
    const { cutoff, steps } = await startPlanned()
    const ended = await cutoff(['plan', '--accept', 'link_short', '--dry-run'])
    expect(ended.code).toBe(0)
    expect(await cutoff(['plan', '--other-apps', 'wiki', '--dry-run'])).toMatchObject({ code: 1 })
    expect(steps()).toEqual([['plan', 'done', 3]])
    expect((await cutoff(['plan'])).stdout).not.toContain('wiki')
  })

  it('takes no status of a time that is to come', async () => {
    const { cutoff, plan, status } = await startCampaign()
    await status()
    expect((await plan()).code).toBe(0)
    const ended = await cutoff(['plan', '--json'], -2)
    expect(findingsOf(ended)).toContain('status_unusable')
  })

  it('goes on where the password policies may not be read', async () => {
    const { status, plan } = await startCampaign({
      scopes: ['okta.users.read', 'okta.inlineHooks.manage'],
    })
    await status()
    const ended = await plan()
    expect([ended.code, ended.stdout]).toEqual([0, expect.stringMatching(/was not read: 403/)])
  })

  it('asks the replicas whether they can decide calls, and whether they agree', async () => {
    const { status, plan } = await startCampaign()
    await status()
    const [good, draining] = [await startHook(), await startHook({ isDraining: () => true })]
    const asked = (...urls: string[]) => urls.flatMap((url) => ['--replica', url])
    const ready = await plan(...asked(good.base))
    expect([ready.code, ready.stdout]).toEqual([0, expect.stringContaining('1 of 1 replica can')])
    const bad = await plan(...asked(good.base, draining.base, 'http://127.0.0.1:9'))
    expect([bad.code, bad.stdout]).toEqual([
      1,
      expect.stringMatching(
        /2 of 3 replicas cannot[^]+draining\); http:\/\/127\.0\.0\.1:9 \([^]+refuses[^]+\(replica_unready\)/,
      ),
    ])
    const other = createServer((_, res) => {
      res.end(JSON.stringify({ ready: true, engine: 'another', ledger: { state: 'ok' } }))
    })
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void other.close())
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
    expect(findingsOf(await plan('--json', ...asked(good.base, url)))).toEqual(['replicas_differ'])
    for (const wrong of ['ftp://x', 'http://user:pw@x', 'nonsense'])
      expect(() => collectReplicas(wrong)).toThrow('http://10.0.0.4:9464')
    expect(collectReplicas(`${url}/readyz`, ['x'])).toEqual(['x', url])
  })

  it('is not made for an inactive hook', async () => {
    const { status, plan, org } = await startCampaign()
    await status()
    await org.call('POST', `${HOOKS}/${(await hookOf(org))?.id ?? ''}/lifecycle/deactivate`)
    expect(findingsOf(await plan('--json'))).toEqual(['hook_inactive'])
  })

  it('that finds something takes back the one before', async () => {
    const { cutoff, plan, host } = await startPlanned()
    expect((await cutoff(['plan'])).code).toBe(1)
    const yes = ['--yes', `${host}:3`]
    expect(await cutoff(['close', ...yes])).toMatchObject({ code: 2 })
    expect((await plan()).code).toBe(0)
    expect((await cutoff(['close', ...yes])).code).toBe(0)
  })
})

describe('a close', () => {
  it('comes after a plan', async () => {
    const { cutoff, status, host } = await startCampaign()
    await status()
    const ended = await cutoff(['close', '--yes', `${host}:3`])
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringMatching(/cutoff plan first/)])
  })

  it('requires the number of the newest status, and deactivates the hook once', async () => {
    const { cutoff, org, host, steps, dir } = await startPlanned()
    const asked = await cutoff(['close'])
    expect([asked.code, asked.stderr]).toEqual([1, expect.stringContaining(`--yes ${host}:3`)])
    for (const wrong of [`${host}:2`, `${host}:4`, 'acme.okta.com:3', `${host}:unknown`]) {
      expect(await cutoff(['close', '--yes', wrong])).toMatchObject({ code: 1 })
    }
    expect((await hookOf(org))?.status).toBe('ACTIVE')
    const ended = await cutoff(['close', '--yes', `${host}:3`])
    expect([ended.code, ended.stdout]).toEqual([0, expect.stringMatching(/Deactivated at/)])
    expect((await hookOf(org))?.status).toBe('INACTIVE')
    const again = await cutoff(['close'])
    expect([again.code, again.stdout]).toEqual([0, expect.stringMatching(/nothing was sent/)])
    expect(steps()).toEqual([
      ['plan', 'done', 3],
      ['close', 'done', 3],
    ])
    expect(statSync(join(dir, 'cutoff.sqlite')).mode & 0o777).toBe(0o600)
  })

  it('refuses a status of more than 24 hours ago', async () => {
    const { cutoff, host } = await startPlanned()
    const yes = ['close', '--yes', `${host}:3`]
    expect(await cutoff(yes, 25)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/25 h 0 min old[^]+status again/) as string,
    })
    expect((await cutoff(yes, 23)).code).toBe(0)
  })

  it('refuses where more people have not moved by now, and goes on where fewer have', async () => {
    const { cutoff, org, host, status, plan } = await startPlanned()
    await addPending(org, 'new@example.com')
    const yes = ['close', '--yes', `${host}:3`]
    const more = await cutoff(yes)
    expect([more.code, more.stderr]).toEqual([1, expect.stringMatching(/4 people now.+says 3/)])
    await status()
    expect((await plan()).code).toBe(0)
    const { body } = await org.call('GET', '/api/v1/users/b@example.com')
    await org.call('POST', `/api/v1/users/${(body as { id: string }).id}`, {
      credentials: { password: { value: 'Float on, 2004!' } },
    })
    expect((await cutoff(yes)).code).toBe(0)
  })

  it('refuses another hook, and one with another URL', async () => {
    const { cutoff, org, host } = await startPlanned()
    const id = (await hookOf(org))?.id ?? ''
    const { channel } = hookBody('https://elsewhere.example.com/hooks/okta/password-import')
    await org.call('POST', `${HOOKS}/${id}`, { channel })
    const yes = ['close', '--yes', `${host}:3`]
    const other = await cutoff(yes)
    expect([other.code, other.stderr]).toEqual([2, expect.stringMatching(/elsewhere[^]+plan/)])
    await org.call('POST', `${HOOKS}/${id}/lifecycle/deactivate`)
    await org.call('DELETE', `${HOOKS}/${id}`)
    expect((await cutoff(yes)).stderr).toMatch(/no password import inline hook/)
    await org.call('POST', HOOKS, hookBody(HOOK))
    expect((await cutoff(yes)).stderr).toMatch(/the plan was made for/)
  })

  it('writes no password of a URL that was registered by other means', async () => {
    const url = 'https://user:marked@hook.example.com/hooks/okta/password-import'
    const { cutoff, status, plan, host, dir } = await startCampaign({ url })
    await status()
    expect((await plan()).code).toBe(0)
    const ended = await cutoff(['close', '--yes', `${host}:3`, '--json'])
    expect([ended.code, ended.stdout]).toEqual([0, expect.stringContaining('//…@hook')])
    expect(ended.stdout + readFileSync(join(dir, 'cutoff.sqlite'), 'latin1')).not.toContain(
      'marked',
    )
  })

  it('shows with --dry-run what it would do, and does nothing', async () => {
    const { cutoff, org, steps } = await startPlanned()
    const ended = await cutoff(['close', '--dry-run'])
    expect([ended.code, ended.stdout]).toEqual([
      0,
      expect.stringMatching(/3 people had not moved[^]+nothing was sent/),
    ])
    expect((await hookOf(org))?.status).toBe('ACTIVE')
    expect(steps()).toEqual([['plan', 'done', 3]])
  })

  it('says that the org is in read-only mode, and leaves the hook as it is', async () => {
    const { cutoff, org, host, steps } = await startPlanned()
    await org.call('PUT', '/sandbox/faults', { readOnly: true })
    const ended = await cutoff(['close', '--yes', `${host}:3`])
    expect([ended.code, ended.stderr]).toEqual([3, expect.stringMatching(/read-only mode/)])
    expect(steps().at(-1)).toEqual(['close', 'failed', 3])
  })

  it('says since when the hook is inactive, however often it was watched', async () => {
    const { cutoff, host } = await startPlanned()
    await cutoff(['close', '--yes', `${host}:3`])
    await cutoff(['watch', '--once'], 5)
    const again = await cutoff(['close', '--json'], 6)
    expect(JSON.parse(again.stdout)).toMatchObject({ event: 'close', sent: false, people: 3 })
  })

  it('keeps the journals of two orgs apart', async () => {
    const one = await startPlanned()
    const other = await startCampaign()
    const ended = await other.cutoff(['plan', '--journal', join(one.dir, 'cutoff.sqlite')])
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringMatching(/cut-off of http/)])
  })
})

describe('a journal', () => {
  it.each([
    ["INSERT INTO steps (step, state, begun_at) VALUES ('later', 'done', 1)", /"later"[^]+version/],
    ['DROP TABLE steps', /no such table/],
  ])('is refused after %s', async (sql, words) => {
    const { cutoff, dir } = await startPlanned()
    const db = new Database(join(dir, 'cutoff.sqlite'))
    db.exec(sql)
    db.close()
    const ended = await cutoff(['reopen'])
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringMatching(words)])
  })
})

describe('a reopening', () => {
  it('asks nothing, also with an old status, and the next close needs a new plan', async () => {
    const { cutoff, org, host } = await startPlanned()
    await cutoff(['close', '--yes', `${host}:3`])
    const ended = await cutoff(['reopen'], 1_000)
    expect([ended.code, ended.stdout]).toEqual([0, expect.stringMatching(/Activated at/)])
    expect((await hookOf(org))?.status).toBe('ACTIVE')
    expect((await cutoff(['reopen'])).stdout).toMatch(/nothing was sent/)
    expect((await cutoff(['close', '--yes', `${host}:3`])).code).toBe(2)
  })
})

describe('register', () => {
  it('confirms the number of the status, and writes into the journal', async () => {
    const { register, cutoff, host, steps } = await startPlanned()
    const asked = await register('--deactivate')
    expect(asked.stdout).toMatch(/Up to 3 people .+ newest status/)
    // Okta's own list has four whose provider is IMPORT.
    expect((await register('--deactivate', '--yes', `${host}:4`)).code).toBe(1)
    expect((await register('--deactivate', '--yes', `${host}:3`)).code).toBe(0)
    expect(steps().at(-1)).toEqual(['register', 'done', 3])
    expect((await cutoff(['reopen'])).code).toBe(0)
  })

  it('counts for itself without a status', async () => {
    const { register, host } = await startCampaign()
    const asked = await register('--deactivate')
    expect(asked.stdout).toMatch(/Up to 4 people .+ IMPORT/)
    expect((await register('--deactivate', '--yes', `${host}:4`)).code).toBe(0)
  })

  it('activates the hook also where the journal cannot be used, and says so', async () => {
    const { register, cutoff, host, dir, org } = await startPlanned()
    await cutoff(['close', '--yes', `${host}:3`])
    writeFileSync(join(dir, 'cutoff.sqlite'), 'not a database')
    expect(await cutoff(['reopen'])).toMatchObject({ code: 2 })
    const ended = await register('--activate')
    expect([ended.code, ended.stderr]).toEqual([0, expect.stringMatching(/not recorded/)])
    expect((await hookOf(org))?.status).toBe('ACTIVE')
    expect(await register('--deactivate', '--yes', `${host}:3`)).toMatchObject({ code: 2 })
  })

  it('says so where the journal is that of another org, and goes on', async () => {
    const [one, other] = [await startPlanned(), await startCampaign()]
    const args = ['--deactivate', '--yes', `${other.host}:4`]
    const journal = ['--journal', join(one.dir, 'cutoff.sqlite')]
    const state = ['--state', join(other.dir, 'state.sqlite')]
    const ended = await runInProcess(registerCommand, [...args, ...journal, ...state], other.env)
    expect([ended.code, ended.stderr]).toEqual([0, expect.stringMatching(/not recorded/)])
    expect(one.steps()).toHaveLength(1)
  })
})
