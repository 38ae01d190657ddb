/** `okta-migrate register`: one hook per org, its secret never shown, and a trial call with its result in words. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { registerCommand } from '../../src/commands/register/register.ts'
import { runCommand } from '../support/command.ts'
import { runInProcess } from '../support/in-process.ts'
import { oktaError, startOkta, type StubAnswer } from '../support/okta-server.ts'
import { tempDir } from '../support/temp.ts'

const SECRET = 'marked secret of more than thirty-two characters'
const PASSWORD = 'marked-legacy-password'
const TOKEN = 'marked-token-0003'
const PATH = '/api/v1/inlineHooks'
const URI = 'https://hook.example.com/hooks/okta/password-import'

interface HookBody {
  readonly channel: { readonly type: string; readonly config: Record<string, unknown> }
}

/** An org that keeps what it is given, as Okta does: no secret comes out again. */
const startOrg = async (trial: StubAnswer = { status: 204 }, existing?: object) => {
  let hook: Record<string, unknown> | undefined = existing && {
    id: 'cbl1',
    name: 'Old',
    status: 'ACTIVE',
    channel: {
      type: 'HTTP',
      config: {
        uri: URI,
        method: 'POST',
        authScheme: { type: 'HEADER', key: 'authorization' },
        headers: [{ key: 'X-Site', value: 'a' }],
      },
    },
    ...existing,
  }
  const okta = await startOkta(({ method, path, body }): StubAnswer => {
    if (path.endsWith('/execute')) return trial
    if (path.endsWith('activate')) {
      hook = { ...hook, status: path.endsWith('/deactivate') ? 'INACTIVE' : 'ACTIVE' }
    } else if (method === 'POST') {
      const { channel, ...rest } = JSON.parse(body) as HookBody
      hook = { id: 'cbl1', status: 'ACTIVE', name: 'Old', ...rest, channel }
    } else return { body: hook ? [hook] : [] }
    return { body: hook }
  })
  const env = { OKTA_ORG_URL: okta.url, OKTA_API_TOKEN: TOKEN, HOOK_SECRET: SECRET }
  const run = async (args: string[], more: Record<string, string> = {}) => {
    const ended = await runInProcess(registerCommand, args, { ...env, ...more })
    expect(ended.stdout + ended.stderr).not.toContain('marked')
    return ended
  }
  const posts = () =>
    okta.calls
      .filter(({ method }) => method === 'POST')
      .map(({ path, body }) => [path, body && (JSON.parse(body) as unknown)])
  return { run, posts }
}

const HEADER_CHANNEL = {
  type: 'HTTP',
  version: '1.0.0',
  config: {
    uri: URI,
    method: 'POST',
    headers: [],
    authScheme: { type: 'HEADER', key: 'authorization', value: SECRET },
  },
}

describe('how a hook authenticates', () => {
  const config = { uri: URI, method: 'POST', authScheme: null, headers: null }
  const channelOf = (type: string, more = {}) => ({ type, config: { ...config, ...more } })
  const oauth = {
    authType: 'client_secret_post',
    clientId: '0oa1',
    tokenUrl: 'https://a.example/t',
  }

  it.each<[auth: string, channel: object, warns: boolean]>([
    [
      'by the header X-Key',
      channelOf('HTTP', { authScheme: { type: 'HEADER', key: 'X-Key' } }),
      false,
    ],
    [
      'by OAuth, as client 0oa1, with tokens of https://a.example/t',
      channelOf('OAUTH', oauth),
      false,
    ],
    ['NOT AT ALL', channelOf('HTTP'), true],
    ['NOT AT ALL', channelOf('HTTP', { authScheme: {} }), true],
    [
      'NOT AT ALL (unless X-Site does)',
      channelOf('HTTP', { headers: [{ key: 'X-Site', value: 'marked' }] }),
      true,
    ],
    ['in a way unknown to this program (SOAP)', channelOf('SOAP'), false],
  ])('is reported as %s: shown, before and after a change', async (auth, channel, warns) => {
    const { run } = await startOrg(undefined, { channel })
    const shown = await run([])
    expect(shown.stdout).toContain(`  authenticates   ${auth}\n`)
    expect(shown.stdout.includes('WARNING: Okta sends no secret')).toBe(warns)
    const activated = await run(['--activate'])
    expect(activated.stdout).toContain(`Before: ACTIVE, authenticates ${auth}.\n`)
    expect(activated.stdout).toContain(`  authenticates   ${auth}\n`)
    const rotated = await run(['--rotate', '--force'])
    expect(rotated.stdout).toContain(`Before: ACTIVE, authenticates ${auth}.\n`)
    expect(rotated.stdout).toContain('  authenticates   by the header authorization\n')
    expect(rotated.stdout).not.toContain('WARNING')
  })
})

describe('a hook', () => {
  it('is created once; the same one again is accepted, another one is refused', async () => {
    const { run, posts } = await startOrg()
    expect((await run([])).stdout).toMatch(/^This org has no password import inline hook/)
    const made = await run(['--url', 'https://hook.example.com', '--force'])
    expect([made.code, made.stderr]).toEqual([0, ''])
    expect(made.stdout).toMatch(/URL +https:\/\/hook\.example\.com\/hooks\/okta\/password-import/)
    expect(posts()).toEqual([
      [
        PATH,
        {
          name: 'Password import',
          type: 'com.okta.user.credential.password.import',
          version: '1.0.0',
          channel: HEADER_CHANNEL,
        },
      ],
    ])
    expect((await run(['--url', 'https://hook.example.com'])).code).toBe(0)
    const other = await run(['--url', 'https://other.example.com/my/path'])
    expect(other.code).toBe(1)
    expect(other.stdout).toContain('register --rotate --url https://other.example.com/my/path')
    expect((await run([])).stdout).toMatch(/status +ACTIVE/)
    expect(posts()).toHaveLength(1)
  })

  it('can authenticate by OAuth', async () => {
    const { run, posts } = await startOrg()
    const oauth = ['--oauth-token-url', 'https://a.okta.com/oauth2/x/v1/token', '--oauth-client-id']
    const args = ['--force', '--url', URI, ...oauth, '0oa9', '--oauth-scope', 'hook']
    const made = await run(args, { HOOK_OAUTH_CLIENT_SECRET: 'marked oauth' })
    expect(made.code).toBe(0)
    expect(posts()[0]?.[1]).toMatchObject({
      channel: {
        type: 'OAUTH',
        config: {
          authType: 'client_secret_post',
          clientId: '0oa9',
          clientSecret: 'marked oauth',
          tokenUrl: 'https://a.okta.com/oauth2/x/v1/token',
          scope: 'hook',
          uri: URI,
        },
      },
    })
    const half = await run(['--url', URI, '--oauth-client-id', 'a'])
    expect(half.code).toBe(2)
  })

  it('gets a new secret, and keeps its URL and its other headers', async () => {
    const { run, posts } = await startOrg({}, {})
    expect((await run(['--rotate', '--force'])).code).toBe(0)
    const config = { ...HEADER_CHANNEL.config, headers: [{ key: 'X-Site', value: 'a' }] }
    expect(posts()).toEqual([[`${PATH}/cbl1`, { channel: { ...HEADER_CHANNEL, config } }]])
  })

  it.each(['--rotate', '--activate', '--deactivate'])('must exist for %s', async (action) => {
    const { run, posts } = await startOrg()
    expect(await run([action])).toMatchObject({ code: 1, stdout: '' })
    expect(posts()).toEqual([])
  })

  it('is shown as a request, without its secret, and no call is made', async () => {
    const { run, posts } = await startOrg()
    const { code, stdout } = await run(['--print', '--url', 'https://hook.example.com'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^POST http:\/\/127\.0\.0\.1:\d+\/api\/v1\/inlineHooks\n/)
    expect(stdout).toContain('"value": "$HOOK_SECRET"')
    expect(posts()).toEqual([])
  })
})

describe('a trial', () => {
  const answers = (credential: string, debugContext?: object): StubAnswer => ({
    body: {
      commands: [{ type: 'com.okta.action.update', value: { credential } }],
      ...(debugContext && { debugContext }),
    },
  })
  const failure = (status: number, code: string): StubAnswer => ({ status, body: oktaError(code) })

  it.each<[string, StubAnswer, number, RegExp]>([
    ['VERIFIED', answers('VERIFIED'), 0, /^VERIFIED: .*password is right/],
    ['UNVERIFIED', answers('UNVERIFIED'), 1, /^UNVERIFIED: .*password is wrong, or no enabled/],
    [
      'a damaged hash',
      answers('UNVERIFIED', { reason: 'hash_malformed' }),
      1,
      /^UNVERIFIED: .*hash is damaged/,
    ],
    ['nothing', { status: 204 }, 1, /^UNVERIFIED: /],
    ['something else', answers('verified'), 1, /neither VERIFIED nor UNVERIFIED/],
    ['an error', failure(400, 'E0000135'), 1, /400 E0000135/],
    ['no contact', failure(502, 'E0000134'), 1, /502 E0000134/],
    ['no answer in time', failure(504, 'E0000137'), 1, /504 E0000137.*\n.*waits 3 seconds/],
  ])('that ends in %s is explained in words', async (_, answer, code, words) => {
    const { run, posts } = await startOrg(answer, {})
    const args = ['--test', '--test-login', 'isaac.brock@example.com']
    const ended = await run(args, { HOOK_TEST_PASSWORD: PASSWORD })
    expect([ended.code, ended.stderr]).toEqual([code, ''])
    expect(ended.stdout).toMatch(words)
    expect(posts()).toMatchObject([
      [
        `${PATH}/cbl1/execute`,
        {
          eventType: 'com.okta.user.credential.password.import',
          data: {
            context: { credential: { username: 'isaac.brock@example.com', password: PASSWORD } },
            action: { credential: 'UNVERIFIED' },
          },
        },
      ],
    ])
  })

  it('needs a password, which no argument can hold', async () => {
    const { run, posts } = await startOrg({}, {})
    const ended = await run(['--test', '--test-login', 'a'])
    expect(ended.code).toBe(2)
    expect(ended.stderr).toContain('HOOK_TEST_PASSWORD')
    expect(posts()).toEqual([])
  })

  it('sends no empty password, not even one from a file', async () => {
    const { run, posts } = await startOrg({}, {})
    const file = join(tempDir(), 'password')
    writeFileSync(file, '\n')
    const ended = await run(['--test', '--test-login', 'a'], { HOOK_TEST_PASSWORD_FILE: file })
    expect(ended.code).toBe(2)
    expect(ended.stderr).toContain('HOOK_TEST_PASSWORD')
    expect(posts()).toEqual([])
  })
})

describe('a variable that cannot be read', () => {
  const HOOK = { HOOK_SECRET: '', HOOK_SECRET_FILE: '/nonexistent', HOOK_TEST_PASSWORD: '' }

  it.each([[[]], [['--activate']]])(
    'does not stop register %j, which does not need it',
    async (args) => {
      const { run } = await startOrg({}, {})
      expect(await run(args, HOOK)).toMatchObject({ code: 0, stderr: '' })
    },
  )

  it('stops what would send it to Okta', async () => {
    const { run, posts } = await startOrg({}, {})
    expect(await run(['--rotate', '--force'], HOOK)).toMatchObject({ code: 2 })
    expect(posts()).toEqual([])
  })

  it('of the way to Okta does not stop --print, which does not call it', async () => {
    const { run } = await startOrg()
    const args = ['--print', '--url', 'https://hook.example.com']
    const ended = await run(args, { OKTA_API_TOKEN: '', OKTA_PRIVATE_KEY_FILE: '/nonexistent' })
    expect([ended.code, ended.stderr]).toEqual([0, ''])
  })
})

describe('events', () => {
  const KEYED = { type: 'header', key: 'authorization' }

  it('have the same content as the words: created, kept, refused, rotated, switched', async () => {
    const { run } = await startOrg()
    const events = async (...args: string[]) => {
      const { stdout } = await run([...args, '--json'])
      return stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown)
    }
    expect(await events()).toEqual([{ event: 'hook', registered: false }])
    const hook = {
      event: 'hook',
      registered: true,
      id: 'cbl1',
      name: 'Password import',
      status: 'ACTIVE',
      url: URI,
      authentication: KEYED,
      warnings: [],
    }
    expect(await events('--url', 'https://hook.example.com', '--force')).toEqual([
      { event: 'trial', skipped: true },
      { ...hook, done: 'created' },
    ])
    expect(await events('--url', URI)).toEqual([{ ...hook, done: 'found' }])
    const other = 'https://other.example.com/a'
    expect(await events('--url', other)).toEqual([{ ...hook, done: 'found', refused: other }])
    const before = { event: 'before', status: 'ACTIVE', authentication: KEYED }
    expect(await events('--rotate', '--force')).toEqual([
      before,
      { event: 'trial', skipped: true },
      { ...hook, done: 'rotated', name: 'Old' },
    ])
    expect(await events('--activate')).toEqual([
      before,
      { ...hook, done: 'activated', name: 'Old' },
    ])
  })

  it('warn about a hook without authentication, as data', async () => {
    const config = { uri: 'https://a:pw@b.example', headers: [{ key: 'X-Site', value: 'marked' }] }
    const { run } = await startOrg(undefined, { channel: { type: 'HTTP', config } })
    const { stdout } = await run(['--json'])
    expect(JSON.parse(stdout)).toMatchObject({
      url: 'https://…@b.example',
      authentication: { type: 'none', headers: ['X-Site'] },
      warnings: [{ code: 'no_authentication' }],
    })
  })

  it('show how a trial ended, and what a request would be', async () => {
    const body = {
      commands: [{ value: { credential: 'UNVERIFIED' } }],
      debugContext: { reason: 'hash_malformed' },
    }
    const args = ['--test', '--test-login', 'a@example.com', '--json']
    const given = { HOOK_TEST_PASSWORD: PASSWORD }
    const { run } = await startOrg({ body }, {})
    const { code, stdout } = await run(args, given)
    expect([code, JSON.parse(stdout)]).toEqual([
      1,
      { event: 'test', credential: 'UNVERIFIED', reason: 'hash_malformed' },
    ])
    const silent = await startOrg({ status: 502, body: oktaError('E0000134') }, {})
    expect(JSON.parse((await silent.run(args, given)).stdout)).toMatchObject({
      credential: 'unanswered',
      detail: expect.stringContaining('E0000134') as string,
    })
    const printed = await run(['--print', '--url', URI, '--json'])
    expect(JSON.parse(printed.stdout)).toMatchObject({
      event: 'request',
      method: 'POST',
      url: expect.stringMatching(/\/api\/v1\/inlineHooks$/) as string,
      body: { channel: { config: { authScheme: { value: '$HOOK_SECRET' } } } },
    })
  })
})

describe('wrong usage', () => {
  it.each([
    [['--url', 'http://hook.example.com'], /public https/],
    [['--url', 'https://user:pass@hook.example.com'], /public https/],
    [['--url', `https://hook.example.com/${'x'.repeat(1024)}`], /too long/],
    [['--url', 'hook.example.com'], /public https/],
    [
      ['--url', 'https://a.example.com', '--oauth-token-url', 'https://a:b@c.example.com'],
      /without user/,
    ],
    [['--url', 'https://a.example.com', '--oauth-token-url', 'http://c.example.com'], /https/],
    [['--rotate', '--activate'], /cannot be used with/],
    [['--test'], /--test-login/],
    [['--activate', '--force'], /--force goes with/],
    [['--rotate', '--yes', 'acme.okta.com:7'], /--yes goes with/],
    [['--deactivate', '--url', 'https://a.example.com'], /--url goes with/],
    [['--print'], /--url/],
  ])('%j ends with 2 and a hint', async (args, hint) => {
    const { code, stderr } = await runCommand(['register', ...args])
    expect(code).toBe(2)
    expect(stderr).toMatch(/^okta-migrate: error: /)
    expect(stderr).toMatch(hint)
  })

  it('without the secret that Okta is to send ends with 2', async () => {
    const { run, posts } = await startOrg()
    const ended = await run(['--url', URI], { HOOK_SECRET: '' })
    expect(ended.code).toBe(2)
    expect(ended.stderr).toContain('HOOK_SECRET is missing')
    expect(posts()).toEqual([])
  })
})
