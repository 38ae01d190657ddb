/** `okta-migrate register` before a change that can stop every sign-in: it tries, counts and asks. */
import { hashSync } from 'bcryptjs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { registerCommand } from '../../src/commands/register/register.ts'
import { HOOK_PATH } from '../../src/hook/app.ts'
import type { DecisionLog } from '../../src/call-record.ts'
import { SECRET, startHook } from '../support/hook.ts'
import { runInProcess } from '../support/in-process.ts'
import { oauthEnvironment, startIssuer } from '../support/issuer.ts'
import {
  oktaError,
  reset,
  startOkta,
  type Responder,
  type StubAnswer,
} from '../support/okta-server.ts'

const PATH = '/api/v1/inlineHooks'
const user = (id: number, type: string, status = 'ACTIVE') => ({
  id: `00u${id}`,
  status,
  profile: {},
  credentials: { provider: { type } },
})

const PEOPLE = [
  ...Array.from({ length: 10 }, (_, i) => user(i, 'IMPORT')),
  user(10, 'OKTA'),
  user(11, 'IMPORT', 'RECOVERY'),
]

/** An org whose hook has this URL. */
const startOrg = async (
  uri: string,
  { users = { body: PEOPLE }, status = 'ACTIVE' }: { users?: StubAnswer; status?: string } = {},
) => {
  const config = { uri, authScheme: { type: 'HEADER', key: 'x-old' }, headers: null }
  const hook = { id: 'cbl1', name: 'Old', status, channel: { type: 'HTTP', config } }
  const okta = await startOkta(({ method, path, body }): StubAnswer => {
    if (path.startsWith('/api/v1/users')) return users
    if (method === 'GET') return { body: [hook] }
    if (path.endsWith('/deactivate')) return { body: { ...hook, status: 'INACTIVE' } }
    if (path.endsWith('/activate')) return { body: { ...hook, status: 'ACTIVE' } }
    return { body: { ...hook, ...(JSON.parse(body) as object) } }
  })
  const env = { OKTA_ORG_URL: okta.url, OKTA_API_TOKEN: 'token', HOOK_SECRET: SECRET }
  return {
    org: new URL(okta.url).host,
    run: (args: string[], more: Record<string, string> = {}) =>
      runInProcess(registerCommand, args, { ...env, ...more }),
    changes: () => okta.calls.filter(({ method }) => method === 'POST').map(({ path }) => path),
  }
}

describe('a rotation', () => {
  it('goes ahead where the hook server accepts the secret, which uses up no guess and writes no row', async () => {
    const recorded: unknown[] = []
    const ledger: DecisionLog = { record: (entry) => Promise.resolve(void recorded.push(entry)) }
    const rows = [{ login: 'good@example.com', hash: hashSync('open sesame', 4) }]
    const hook = await startHook({ rows, ledger })
    onTestFinished(() => hook.close())
    const { run, changes } = await startOrg(hook.url)
    const ended = await run(['--rotate'])
    expect([ended.code, ended.stderr]).toEqual([0, ''])
    expect(ended.stdout).toMatch(/accepts the secret/)
    expect(changes()).toEqual([`${PATH}/cbl1`])
    expect([recorded, hook.runs]).toEqual([[], []])
    expect(hook.lines()).toMatchObject([{ reason: 'payload_invalid' }])
  })

  it('stops where the hook server does not accept the secret', async () => {
    const hook = await startHook()
    onTestFinished(() => hook.close())
    const { run, changes } = await startOrg(hook.url)
    const ended = await run(['--rotate'], { HOOK_SECRET: `${SECRET}x` })
    expect(ended.code).toBe(1)
    expect(ended.stderr).toMatch(/Nothing was changed[^]+rejects this secret[^]+--force/)
    expect(ended.stderr).not.toContain(SECRET)
    expect(changes()).toEqual([])
  })

  it.each<[string, Responder, RegExp]>([
    ['503', () => ({ status: 503, body: {} }), /status 503/],
    ['404', () => ({ status: 404, body: 'no' }), /status 404/],
    ['400 of another server', () => ({ status: 400, body: { code: 'other' } }), /status 400/],
    ['200', () => ({ body: {} }), /status 200/],
    ['a redirect', () => ({ status: 302, headers: { location: '/' } }), /redirects \(status 302/],
    ['a cut connection', reset, /did not answer/],
  ])('stops at %s, and goes on with --force', async (_, behaviour, words) => {
    const server = await startOkta(behaviour)
    const { run, changes } = await startOrg(server.url + HOOK_PATH)
    const ended = await run(['--rotate'])
    expect(ended.code).toBe(1)
    expect(ended.stderr).toMatch(words)
    expect(ended.stderr).toContain('--force')
    expect(changes()).toEqual([])
    expect(server.calls.length).toBeLessThanOrEqual(1)
    const forced = await run(['--rotate', '--force'])
    expect([forced.code, forced.stdout]).toEqual([0, expect.stringMatching(/not tried/)])
    expect(changes()).toEqual([`${PATH}/cbl1`])
    expect(server.calls.length).toBeLessThanOrEqual(1)
  })

  it('tries the new URL, and no other', async () => {
    const hook = await startHook()
    onTestFinished(() => hook.close())
    const { run, org, changes } = await startOrg('http://127.0.0.1:1/old')
    const asked = await run(['--rotate', '--url', hook.base])
    expect([asked.code, asked.stderr]).toEqual([1, expect.stringContaining(`--yes ${org}:10`)])
    expect(changes()).toEqual([])
    expect((await run(['--rotate', '--url', hook.base, '--yes', `${org}:10`])).code).toBe(0)
    expect(changes()).toEqual([`${PATH}/cbl1`])
    const gone = await startOkta(reset)
    gone.close()
    expect((await run(['--rotate', '--url', gone.url])).stderr).toMatch(/ECONNREFUSED/)
  })

  it('to OAuth gets a token as Okta does, and tries it', async () => {
    const issuer = await startIssuer()
    onTestFinished(() => issuer.close())
    const token = await issuer.sign(Date.now())
    const asked: string[] = []
    const tokens = await startOkta(({ body }) => {
      asked.push(body)
      return body.includes('client_secret=right')
        ? { body: { access_token: token, token_type: 'Bearer' } }
        : { status: 401, body: { error: 'invalid_client' } }
    })
    const hook = await startOkta(({ headers }) =>
      headers.authorization === `Bearer ${token}`
        ? { status: 400, body: { code: 'payload_invalid' } }
        : { status: 401, body: {} },
    )
    const { run, changes } = await startOrg(hook.url + HOOK_PATH)
    const { HOOK_OAUTH_CLIENT_ID: id } = oauthEnvironment(issuer)
    const oauth = ['--oauth-token-url', `${tokens.url}/token`, '--oauth-client-id', id]
    const args = ['--rotate', ...oauth, '--oauth-scope', 'hook.call']
    expect((await run(args, { HOOK_OAUTH_CLIENT_SECRET: 'right' })).code).toBe(0)
    expect(asked[0]).toContain('grant_type=client_credentials')
    expect(asked[0]).toContain('scope=hook.call')
    expect(changes()).toHaveLength(1)
    const ended = await run(args, { HOOK_OAUTH_CLIENT_SECRET: 'wrong' })
    expect(ended.stderr).toMatch(/token URL returned no token \(status 401\)/)
    expect(changes()).toHaveLength(1)
  })
})

describe('a deactivation', () => {
  const OFF = `${PATH}/cbl1/lifecycle/deactivate`

  it('shows how many people it affects, and requires that number', async () => {
    const { run, changes, org } = await startOrg('https://hook.example.com/')
    const asked = await run(['--deactivate'])
    expect(asked.code).toBe(1)
    expect(asked.stdout).toMatch(/Up to 10 people cannot sign in/)
    expect(asked.stderr).toContain(`--yes ${org}:10`)
    expect(changes()).toEqual([])
    const ended = await run(['--deactivate', '--yes', `${org}:10`])
    expect([ended.code, ended.stdout]).toEqual([0, expect.stringMatching(/status +INACTIVE/)])
    expect(changes()).toEqual([OFF])
  })

  it.each([
    ['another org', () => 'other.okta.com:10'],
    ['fewer people', (org: string) => `${org}:9`],
    ['far more people', (org: string) => `${org}:12`],
    ['no number', (org: string) => `${org}:unknown`],
  ])('is refused where %s was confirmed', async (...[, yes]) => {
    const { run, changes, org } = await startOrg('https://hook.example.com/')
    expect(await run(['--deactivate', '--yes', yes(org)])).toMatchObject({ code: 1 })
    expect(changes()).toEqual([])
  })

  it('tolerates that people have moved since', async () => {
    const { run, org } = await startOrg('https://hook.example.com/')
    expect((await run(['--deactivate', '--yes', `${org}:11`])).code).toBe(0)
  })

  it('reports where they cannot be counted, and requires confirmation of that', async () => {
    const users = { status: 403, body: oktaError('E0000006') }
    const { run, changes, org } = await startOrg('https://hook.example.com/', { users })
    const asked = await run(['--deactivate', '--yes', `${org}:10`])
    expect(asked.stdout).toMatch(/could not be counted: .*E0000006/)
    expect(asked.stderr).toContain(`--yes ${org}:unknown`)
    expect(changes()).toEqual([])
    expect((await run(['--deactivate', '--yes', `${org}:unknown`])).code).toBe(0)
    expect(changes()).toEqual([OFF])
  })

  it('of a hook that is already off asks nothing, and neither does an activation', async () => {
    const { run, changes } = await startOrg('https://hook.example.com/', { status: 'INACTIVE' })
    expect((await run(['--deactivate'])).code).toBe(0)
    expect((await run(['--activate'])).code).toBe(0)
    expect(changes()).toEqual([OFF, `${PATH}/cbl1/lifecycle/activate`])
  })
})

it('a URL that was registered with a password is shown without it', async () => {
  const { run } = await startOrg('https://user:marked@hook.example.com/')
  const { stdout } = await run([])
  expect(stdout).toContain('https://…@hook.example.com/')
  expect(stdout).not.toContain('marked')
})
