/** `okta-migrate users`: pages, formats, pipes, and its messages on failures. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { parse } from 'csv-parse/sync'
import { describe, expect, it } from 'vitest'
import { usersCommand } from '../../src/commands/users/users.ts'
import { runCommand } from '../support/command.ts'
import { runInProcess } from '../support/in-process.ts'
import { oktaError, startOkta, type StubAnswer } from '../support/okta-server.ts'

const CLI = fileURLToPath(new URL('../../src/cli.js', import.meta.url))
const TOKEN = 'marked-token-0002'

const user = (n: number, more: object = {}, provider = 'OKTA') => ({
  id: `00u${n}`,
  status: 'ACTIVE',
  created: '2026-01-01T00:00:00.000Z',
  profile: { login: `u${n}@example.com`, firstName: 'Isaac', lastName: 'Brock', ...more },
  credentials: { provider: { type: provider, name: provider } },
})

const NASTY = user(
  3,
  { login: '\u001b[31m"q",\u202e\nx@example.com', firstName: 'a"b,\r\nc' },
  'IMPORT',
)

/** An org of three users in pages of one. */
const startOrg = async () => {
  const users = [user(1), user(2, {}, 'IMPORT'), NASTY]
  const okta = await startOkta(({ path }): StubAnswer => {
    const url = new URL(path, 'http://okta')
    const name = decodeURIComponent(/^\/api\/v1\/users\/(.+)$/.exec(url.pathname)?.[1] ?? '')
    if (name === 'me') return { body: users[0] }
    if (name) return { status: 404, body: oktaError('E0000007') }
    const page = Number(url.searchParams.get('after') ?? 0)
    const link = `<${okta.url}/api/v1/users?limit=200&after=${page + 1}>; rel="next"`
    return { body: [users[page]], headers: page < 2 ? { link } : {} }
  })
  return { okta, env: { OKTA_ORG_URL: okta.url, OKTA_API_TOKEN: TOKEN } }
}

describe('--verbose', () => {
  it('prints each call on standard error, without its query', async () => {
    const { env } = await startOrg()
    const listed = await runInProcess(usersCommand, ['list', '--verbose', '--json'], env)
    expect(listed.stdout.trimEnd().split('\n')).toHaveLength(3)
    expect(listed.stderr.replace(/\d+ ms/g, 'N ms')).toBe('GET /api/v1/users 200, N ms\n'.repeat(3))
    const got = await runInProcess(usersCommand, ['get', 'u1@example.com', '--verbose'], env)
    expect(got.stderr).toMatch(/^GET \/api\/v1\/users\/… 404, \d+ ms\n/)
  })
})

describe('users list', () => {
  it('shows every page as a table in which no login can inject control characters', async () => {
    const { env } = await startOrg()
    const { code, stdout, stderr } = await runInProcess(usersCommand, ['list'], env)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['STATUS', 'PROVIDER', 'ID', 'LOGIN'],
      ['ACTIVE', 'OKTA', '00u1', 'u1@example.com'],
      ['ACTIVE', 'IMPORT', '00u2', 'u2@example.com'],
      ['ACTIVE', 'IMPORT', '00u3', '[31m"q", x@example.com'],
      [''],
    ])
  })

  it('writes CSV that a parser reads back', async () => {
    const { env } = await startOrg()
    const { stdout } = await runInProcess(
      usersCommand,
      ['list', '--pending', '--format', 'csv'],
      env,
    )
    const rows = parse(stdout, { columns: true })
    expect(rows).toMatchObject([
      { id: '00u2', provider: 'IMPORT', login: 'u2@example.com', email: '' },
      { id: '00u3', login: NASTY.profile.login, firstName: 'a"b,\r\nc' },
    ])
  })

  it('writes one JSON object per line', async () => {
    const { env } = await startOrg()
    const { stdout } = await runInProcess(usersCommand, ['list', '--format', 'jsonl'], env)
    const lines = stdout.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      user(1),
      user(2, {}, 'IMPORT'),
      NASTY,
    ])
  })

  it('passes search, filter and limit on', async () => {
    const { okta, env } = await startOrg()
    const search = 'profile.lastName eq "O\'Brien & sons"'
    await runInProcess(usersCommand, ['list', '--search', search, '--limit', '7'], env)
    await runInProcess(usersCommand, ['list', '--filter', 'status eq "ACTIVE"'], env)
    const firsts = okta.calls.filter(({ path }) => !path.includes('after='))
    const queries = firsts.map(({ path }) =>
      Object.fromEntries(new URL(path, 'http://okta').searchParams),
    )
    expect(queries).toEqual([
      { search, limit: '7' },
      { filter: 'status eq "ACTIVE"', limit: '200' },
    ])
  })

  it('ends quietly when its reader stops reading', async () => {
    let page = 0
    const full = Array.from({ length: 200 }, (_, n) => user(n))
    const okta = await startOkta(() => {
      const link = `<${okta.url}/api/v1/users?after=${++page}>; rel="next"`
      return { body: full, headers: { link } }
    })
    const line = `"${process.execPath}" "${CLI}" users list; echo "code $?" >&2`
    const { stdout, stderr } = await promisify(execFile)('sh', ['-c', `(${line}) | head -n 2`], {
      env: { OKTA_ORG_URL: okta.url, OKTA_API_TOKEN: TOKEN, PATH: process.env['PATH'] },
    })
    expect(stdout.split('\n')).toHaveLength(3)
    expect(stderr).toBe('code 0\n')
  })

  it('with no user to show writes only the header, and without an answer nothing', async () => {
    const empty = await startOkta(() => ({ body: [] }))
    const env = { OKTA_ORG_URL: empty.url, OKTA_API_TOKEN: TOKEN }
    const { stdout } = await runInProcess(usersCommand, ['list', '--format', 'csv'], env)
    expect(stdout).toMatch(/^id,status,.*\r\n$/)
    const refusing = await startOkta(() => ({ status: 401, body: oktaError('E0000011') }))
    const refused = await runCommand(['users', 'list'], { ...env, OKTA_ORG_URL: refusing.url })
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toMatch(
      /does not accept the credentials\.\n401 E0000011.*error id oaeX\nCreate a new token/,
    )
    expect(refused.stderr).not.toContain(TOKEN)
  })
})

describe('users get', () => {
  it('shows one user, or reports that there is none', async () => {
    const { okta, env } = await startOrg()
    for (const format of [['--format', 'jsonl'], ['--json']]) {
      const found = await runInProcess(usersCommand, ['get', 'me', ...format], env)
      expect(JSON.parse(found.stdout)).toEqual(user(1))
    }
    const missing = await runInProcess(usersCommand, ['get', 'a/b?c@example.com'], env)
    expect(missing).toMatchObject({ code: 1, stdout: '' })
    expect(missing.stderr).toMatch(/nothing by this name\.\n404 E0000007/)
    expect(okta.calls.at(-1)?.path).toBe('/api/v1/users/a%2Fb%3Fc%40example.com')
  })

  it.each(['.', '..', ''])('never mistakes %j for a user', async (name) => {
    const { okta, env } = await startOrg()
    expect((await runInProcess(usersCommand, ['get', name], env)).code).toBe(1)
    expect(okta.calls).toEqual([])
  })
})

describe('wrong usage', () => {
  it.each([
    [['users', 'lst'], /Did you mean list\?/],
    [['users', 'list', '--limit', '201'], /whole number from 1 to 200/],
    [['users', 'list', '--format', 'xml'], /Allowed choices are table, csv, jsonl/],
    [['users', 'list', '--filter', 'a', '--search', 'b'], /cannot be used with/],
    [['users', 'get'], /missing required argument/],
  ])('%j ends with 2 and a hint', async (args, hint) => {
    const { code, stderr } = await runCommand(args)
    expect(code).toBe(2)
    expect(stderr).toMatch(/^okta-migrate: error: /)
    expect(stderr).toMatch(hint)
  })
})
