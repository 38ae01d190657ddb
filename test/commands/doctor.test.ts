/** `okta-migrate doctor` with an org: the whole is green in the demo, and each of its checks is made red once. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { registerCommand } from '../../src/commands/register/register.ts'
import { createDemo } from '../../src/commands/serve/demo-mode.ts'
import type { Scope } from '../../src/sandbox/org/tokens.ts'
import type { SandboxOptions } from '../../src/sandbox/sandbox.ts'
import { startCommand } from '../support/command.ts'
import { runDoctor, runDoctorWith } from '../support/doctor.ts'
import { payload } from '../support/hook.ts'
import { runInProcess } from '../support/in-process.ts'
import { runSql } from '../support/ledger-sql.ts'
import {
  hookBody,
  startHookStub,
  startTestSandbox,
  TOKEN,
  UNVERIFIED,
  VERIFIED,
  type HookReply,
} from '../support/sandbox.ts'
import { tempDir } from '../support/temp.ts'
import { until } from '../support/until.ts'

const SECRET = 'a secret of more than thirty-two characters'
const HOOK_PATH = '/hooks/okta/password-import'
const HEADER = { type: 'HEADER', key: 'Authorization', value: SECRET }

/** Variables with which the server is not configured, so that its own checks take no time. */
const NO_SERVER = { LEGACY_DB_URL: 'oracle://x' }

/** The server's variables, with a store that is away: the quickest that can be used. */
const SERVER = {
  HOOK_SECRET: SECRET,
  LEDGER_DB_URL: 'off',
  LEGACY_DB_URL: 'postgres://reader@127.0.0.1:1/users',
}

/** An org with a hook that gives these replies. */
const startOrg = async (
  { replies = [UNVERIFIED], config = {} }: { replies?: HookReply[]; config?: object } = {},
  options: SandboxOptions = {},
) => {
  const stub = await startHookStub(...replies)
  const org = await startTestSandbox(options)
  const body = hookBody(stub.url + HOOK_PATH, { authScheme: HEADER, ...config })
  await org.call('POST', '/api/v1/inlineHooks', body)
  const env = { OKTA_ORG_URL: org.url, OKTA_API_TOKEN: TOKEN }
  return {
    org,
    stub,
    env,
    doctor: (more = {}, ...args: string[]) => runDoctor({ ...SERVER, ...env, ...more }, ...args),
  }
}

describe('in the demo', () => {
  it('the whole is green, and its calls are in no report', async () => {
    const org = await startTestSandbox()
    const store = createDemo(tempDir())
    onTestFinished(store.remove)
    const ledger = `sqlite:${join(tempDir(), 'ledger.sqlite')}`
    const given = { HOOK_SECRET: store.secret, LEGACY_DB_URL: store.legacyDbUrl }
    const own = { ...given, HOOK_DEADLINE_MS: '2900' }
    const env = { ...own, LEDGER_DB_URL: ledger, OKTA_ORG_URL: org.url, OKTA_API_TOKEN: TOKEN }
    const server = startCommand(['serve'], { ...env, PORT: '0' })
    const [, url = ''] = await server.until(/"url":"(http:[^"]+)"/)
    await runInProcess(registerCommand, ['--url', url], env)
    const file = join(tempDir(), 'users.csv')
    writeFileSync(
      file,
      'login,email,firstName,lastName,enabled\na@example.com,a@example.com,A,B,1\n',
    )

    const { code, rows, topicsAt } = await runDoctor(env, '--execute', '--file', file)
    const notOk = rows.filter(({ level }) => level !== 'ok')
    expect(notOk).toEqual([
      { topic: 'outside', level: 'unknown', text: expect.stringContaining('e-mails') as string },
    ])
    expect(topicsAt('ok')).toEqual(
      expect.arrayContaining([
        ...['configuration', 'store', 'hashes', 'times', 'ledger', 'spill', 'proxies', 'clock'],
        ...['org', 'scopes', 'schema', 'rate limits', 'hook', 'call', 'execute', 'outside'],
      ]),
    )
    expect(code).toBe(0)
    expect(server.stdout().match(/"eventId":"okta-migrate-doctor-/g)).toHaveLength(2)

    // Another login that nobody has is somebody's sign-in.
    const headers = { authorization: store.secret, 'content-type': 'application/json' }
    const source = `${org.url}/api/v1/inlineHooks/x`
    const body = JSON.stringify(payload('nobody@example.com', 'guess', { source }))
    await fetch(url + HOOK_PATH, { method: 'POST', headers, body })
    const kept = async () => runSql(ledger, 'SELECT reason FROM ledger_decisions')
    let decisions: unknown[] = []
    await until('the decision is in the ledger', async () => {
      decisions = await kept()
      return decisions.length > 0
    })
    expect(decisions).toEqual([{ reason: 'unknown_login' }])
  })
})

describe('without an org', () => {
  it('nothing about it is checked, and the rest says what to set', async () => {
    const { of, topicsAt } = await runDoctor(SERVER)
    expect(of('org')[0]?.text).toBe(
      'Set OKTA_ORG_URL, and OKTA_API_TOKEN or another way to authenticate.',
    )
    expect(of('hook')[0]?.text).toBe(of('org')[0]?.text)
    expect(topicsAt('unknown')).toEqual(
      expect.arrayContaining(['clock', 'org', 'scopes', 'schema', 'rate limits', 'hook', 'call']),
    )
    expect(topicsAt('failed')).toEqual(['store'])
  })

  it('the hook is called at --url', async () => {
    const stub = await startHookStub(UNVERIFIED)
    const { of } = await runDoctor(SERVER, '--url', stub.url)
    expect(of('call')[0]).toMatchObject({ level: 'ok' })
    expect(stub.calls[0]?.headers.authorization).toBe(SECRET)
    expect(stub.calls[0]?.body).toMatchObject({
      eventId: expect.stringMatching(/^okta-migrate-doctor-/) as string,
      data: {
        context: {
          credential: {
            username: expect.stringMatching(
              /^okta-migrate-probe-\w+@okta-migrate-\w+\.invalid$/,
            ) as string,
          },
        },
      },
    })
  })
})

describe('of the way to the org', () => {
  it('a proxy that is away is red', async () => {
    const { of, code } = await runDoctor({
      ...NO_SERVER,
      HTTPS_PROXY: 'http://user:marked-password@127.0.0.1:1',
    })
    expect(of('proxies')[0]).toMatchObject({
      level: 'failed',
      text: 'The proxy 127.0.0.1:1 cannot be reached (ECONNREFUSED).',
      fix: expect.stringContaining('Correct HTTPS_PROXY') as string,
    })
    expect(JSON.stringify(of('proxies'))).not.toContain('marked')
    expect(code).toBe(1)
    const socks = await runDoctor({ ...NO_SERVER, ALL_PROXY: 'socks5://127.0.0.1:1' })
    expect(socks.of('proxies')[0]?.level).toBe('warning')
  })

  it('a clock that is wrong is yellow, and red where OAuth is used', async () => {
    const { doctor } = await startOrg({}, { faults: { clockSkewMs: 600_000 } })
    const { of } = await doctor()
    expect(of('clock')[0]?.level).toBe('warning')
    expect(of('clock')[0]?.text).toMatch(
      /^This machine's clock is (599|600|601) s behind Okta's\.$/,
    )
    const oauth = {
      HOOK_OAUTH_ISSUER: 'http://127.0.0.1:1/oauth2/aus1',
      HOOK_OAUTH_AUDIENCE: 'hook',
      HOOK_OAUTH_CLIENT_ID: '0oa1',
      HOOK_OAUTH_SCOPE: 'hook',
    }
    const { of: withOAuth } = await doctor(oauth)
    expect(withOAuth('clock')[0]?.level).toBe('failed')
  })
})

describe('of the org', () => {
  it('a token that it does not accept is red, and what needs it is not checked', async () => {
    const { doctor } = await startOrg()
    const { of, topicsAt, stdout } = await doctor({ OKTA_API_TOKEN: 'marked-token' })
    expect(of('org')[0]).toMatchObject({ level: 'failed' })
    expect(of('org')[0]?.fix).toContain('Create a new token')
    for (const topic of ['scopes', 'schema', 'rate limits', 'hook', 'execute'])
      expect(topicsAt('unknown')).toContain(topic)
    expect(stdout).not.toContain('marked')
  })

  it('scopes that are missing are red where nothing goes without them', async () => {
    const scopes: Scope[] = ['okta.inlineHooks.manage', 'okta.logs.read']
    const token = { scheme: 'Bearer', token: 'bearer-token', scopes } as const
    const { doctor } = await startOrg({}, { tokens: [token] })
    const { of } = await doctor({ OKTA_API_TOKEN: '', OKTA_ACCESS_TOKEN: token.token })
    expect(of('scopes').map(({ level, text }) => [level, text.split(' ')[0]])).toEqual([
      ['ok', 'Granted,'],
      ['failed', 'okta.users.manage'],
      ['warning', 'okta.schemas.read'],
      ['warning', 'okta.groups.read'],
      ['warning', 'okta.policies.read'],
    ])
    expect(of('scopes')[1]?.fix).toContain('Okta API Scopes')
  })

  it('a rate limit that is used up is red', async () => {
    const { doctor } = await startOrg()
    expect((await doctor()).of('rate limits')[0]?.level).toBe('ok')
    const { doctor: limited, org } = await startOrg()
    org.setFaults({ rateLimit: 2 })
    const { of } = await limited()
    expect(of('rate limits')[0]).toMatchObject({
      level: 'failed',
      text: 'Okta allows 2 calls a minute to /api/v1/inlineHooks; 0 are left in this one.',
    })
  })

  it('columns that no profile has are red', async () => {
    const { doctor } = await startOrg()
    const file = join(tempDir(), 'users.csv')
    writeFileSync(
      file,
      'login,email,firstName,lastName,shoeSize\na@example.com,a@example.com,A,B,9\n',
    )
    const { of } = await doctor({}, '--file', file)
    expect(of('schema')[0]).toMatchObject({ level: 'failed' })
    expect(of('schema')[0]?.text).toContain('"shoeSize" is no attribute of a profile in this org')
    const ignored = await doctor({}, '--file', file, '--ignore', 'shoeSize')
    expect(ignored.of('schema')[0]?.level).toBe('ok')
  })
})

describe('a hook', () => {
  it('that is not registered is red', async () => {
    const org = await startTestSandbox()
    const env = { ...SERVER, OKTA_ORG_URL: org.url, OKTA_API_TOKEN: TOKEN }
    const { of } = await runDoctor(env)
    expect(of('hook')[0]).toMatchObject({ level: 'failed' })
    expect(of('hook')[0]?.fix).toMatch(/^okta-migrate register --url/)
  })

  it.each([
    ['sends no secret', { authScheme: null }, 'Okta sends no secret to the hook.'],
    [
      'sends it in another header',
      { authScheme: { ...HEADER, key: 'X-Key' } },
      'Okta sends the secret in the header X-Key, and HOOK_AUTH_HEADER is authorization.',
    ],
  ])('that %s is red', async (_, config, text) => {
    const { doctor } = await startOrg({ config })
    expect((await doctor()).of('hook')).toEqual([
      { topic: 'hook', level: 'failed', text, fix: 'okta-migrate register --rotate' },
    ])
  })

  it('that Okta does not call, or calls elsewhere, is red', async () => {
    const { org, doctor } = await startOrg()
    const [hook] = org.hooks()
    await org.call('POST', `/api/v1/inlineHooks/${hook?.id}/lifecycle/deactivate`)
    const { of } = await doctor({}, '--url', 'http://localhost:1')
    expect(of('hook').map(({ level }) => level)).toEqual(['failed', 'failed'])
    expect(of('hook')[0]?.fix).toBe(
      `okta-migrate register --rotate --url http://localhost:1${HOOK_PATH}`,
    )
    expect(of('hook')[1]?.fix).toBe('okta-migrate register --activate')
  })

  const rejected: HookReply = { status: 401, body: { code: 'unauthenticated' } }
  const failing: HookReply = { status: 503, body: { code: 'legacy_unavailable' } }

  it.each<[string, HookReply, RegExp]>([
    ['lets a made-up login in', VERIFIED, /VERIFIED to a login that nobody has/],
    ['rejects the secret', rejected, /rejects this secret/],
    ['cannot answer', failing, /status 503, legacy_unavailable/],
    ['is another program', { status: 200, body: { hello: 1 } }, /neither VERIFIED nor UNVERIFIED/],
  ])('that %s is red', async (_, reply, text) => {
    const { doctor } = await startOrg({ replies: [reply] })
    const { of, code } = await doctor()
    expect(of('call')[0]).toMatchObject({ level: 'failed' })
    expect(of('call')[0]?.text).toMatch(text)
    expect(of('call')[0]?.fix).toBeDefined()
    expect(code).toBe(1)
  })

  it.each([
    [2_000, 'warning'],
    [4_000, 'failed'],
  ])('that takes %d ms is a %s', async (ms, level) => {
    const { env } = await startOrg()
    const { of } = await runDoctorWith(ms, { ...SERVER, ...env })
    expect(of('call').map((row) => row.level)).toEqual(['ok', level])
    expect(of('call')[1]?.text).toMatch(/^The answer took \d+ ms, and Okta waits 3000\.$/)
  })

  it('that Okta cannot use is red with --execute', async () => {
    const { doctor } = await startOrg({ replies: [UNVERIFIED, failing] })
    const { of } = await doctor({}, '--execute')
    expect(of('call')[0]?.level).toBe('ok')
    expect(of('execute')[0]).toMatchObject({ level: 'failed' })
    expect(of('execute')[0]?.text).toContain('got no usable answer')
    expect(of('outside')[0]?.level).toBe('unknown')
  })

  it('is called once, and by Okta only with --execute', async () => {
    const { doctor, stub } = await startOrg()
    const { of } = await doctor()
    expect(of('execute')[0]?.level).toBe('unknown')
    expect(stub.calls).toHaveLength(1)
  })
})
