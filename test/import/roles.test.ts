/** Columns that are not attributes: people who may not sign in are left out, and each row has its groups. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startFakeOkta } from '../support/fake-okta.ts'
import { runImport } from '../support/import.ts'
import { startTestSandbox, TOKEN } from '../support/sandbox.ts'
import { tempDir } from '../support/temp.ts'

const summaryOf = (stdout: string): unknown => JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')

const start = async (input: string) => {
  const sandbox = await startTestSandbox({ groups: [{ name: 'Customers' }, { name: 'Staff' }] })
  const file = join(tempDir(), 'users.csv')
  const env = { OKTA_ORG_URL: sandbox.url, OKTA_API_TOKEN: TOKEN }
  const write = (text: string): void => writeFileSync(file, text)
  write(input)
  const run = (...args: string[]) => runImport([file, '--json', ...args], env)
  const people = (): unknown[] =>
    [...sandbox.users()].slice(1).map(({ profile, status }) => [profile['login'], status])
  return { sandbox, file, env, write, run, people }
}

const HEAD = 'email,firstName,lastName,active\n'
const row = (name: string, word: string): string => `${name}@x.example,A,B,${word}\n`
const THREE = HEAD + row('ann', 'Yes') + row('bob', 'no') + row('cy', '')

describe('people who may not sign in', () => {
  it('are skipped and counted, and processed once they are enabled', async () => {
    const { run, write, people } = await start(THREE)
    const { code, stdout } = await run('--where-enabled', 'active')
    expect([code, summaryOf(stdout)]).toMatchObject([0, { created: 2, skipped: 1, rejected: 0 }])
    const both = [
      ['ann@x.example', 'ACTIVE'],
      ['cy@x.example', 'ACTIVE'],
    ]
    expect(people()).toEqual(both)
    await run('--where-enabled', 'active')
    expect(people()).toEqual(both)
    write(THREE.replace('no', 'yes'))
    const again = await run('--where-enabled', 'active')
    expect(summaryOf(again.stdout)).toMatchObject({ created: 3, skipped: 0 })
    expect(people()).toEqual([...both, ['bob@x.example', 'ACTIVE']])
  })

  it('are created staged by choice, and the choice cannot change between runs', async () => {
    const { run, people } = await start(THREE)
    const options = ['--map', 'enabled=active', '--disabled', 'staged']
    expect((await run(...options)).code).toBe(0)
    expect(people()).toContainEqual(['bob@x.example', 'STAGED'])
    expect(people()).toContainEqual(['ann@x.example', 'ACTIVE'])
    const { stderr, stdout } = await run('--map', 'enabled=active')
    expect(stderr + stdout).toContain('--disabled: staged, and now none')
  })

  it('are recognised by a column "enabled" without an option, with a notice, unless the column has another role', async () => {
    const input = THREE.replace('active', 'enabled')
    const { run, people, file } = await start(input)
    const { stdout } = await run()
    expect(stdout).toContain('The column \\"enabled\\" says who may sign in')
    expect(people()).toHaveLength(2)
    const other = ['--ignore', 'enabled', '--journal', `${file}.other`]
    expect(summaryOf((await run(...other)).stdout)).toMatchObject({ created: 1, existing: 2 })
    const { stdout: dry } = await run('--map', 'costCenter=enabled', '--print')
    expect(dry).toContain('"costCenter":"no"')
  })

  it('are not recognised by words that are not a flag: the run stops before the first row', async () => {
    const { run, people } = await start(HEAD + row('ann', 'active') + row('bob', 'left'))
    for (const more of [[], ['--dry-run']]) {
      const { code, stderr, stdout } = await run('--where-enabled', 'active', ...more)
      expect([code, stdout]).toEqual([2, expect.not.stringContaining('summary')])
      expect(stderr).toContain(
        '"active" must be y/n, yes/no, t/f, true/false, on/off or 1/0, and is something else ' +
          "on line 2 (it holds 'active', 'left').",
      )
    }
    expect(people()).toEqual([])
  })

  it('are rejected with the word where a word that is not a flag comes later in the file', async () => {
    const many = Array.from({ length: 120 }, (_, i) => row(`u${i}`, '1')).join('')
    const { run, people, file } = await start(HEAD + many + row('odd', 'perhaps'))
    const { code, stdout } = await run('--where-enabled', 'active')
    expect([code, summaryOf(stdout)]).toMatchObject([1, { created: 120, rejected: 1 }])
    expect(readFileSync(file.replace('.csv', '.rejects.csv'), 'utf8')).toContain(
      '122,"active must be y/n, yes/no, t/f, true/false, on/off or 1/0, and is something else"',
    )
    expect(people()).toHaveLength(120)
  })

  it('need a column that exists, and only one', async () => {
    const { run } = await start(THREE)
    const absent = await run('--where-enabled', 'activ')
    expect(absent.stderr).toContain('--where-enabled "activ": there is no column "activ"')
    const lines = join(tempDir(), 'users.jsonl')
    writeFileSync(lines, '{"email":"a@x.example","firstName":"A","lastName":"B","active":false}\n')
    const json = await runImport([lines, '--dry-run', '--where-enabled', 'activ'])
    expect(json.stderr).toContain('--where-enabled "activ": there is no column "activ"')
    const two = await run('--where-enabled', 'active', '--map', 'enabled=lastName')
    expect(two.stderr).toContain('name two columns')
  })

  it('are rejected in a stream of JSON until a row has the column, since its name may be wrong', async () => {
    const okta = await startFakeOkta()
    const dir = tempDir()
    const options = ['journal', 'rejects', 'existing'].flatMap((name) => [
      `--${name}`,
      join(dir, name),
    ])
    const env = { OKTA_ORG_URL: okta.url, OKTA_API_TOKEN: 'token' }
    const person = (name: string, more = ''): string =>
      `{"email":"${name}@x.example","firstName":"A","lastName":"B"${more}}\n`
    const input = person('ann') + person('bob', ',"active":true') + person('cy')
    const { stdout } = await runImport(
      ['-', '--json', '--where-enabled', 'active', ...options],
      env,
      input,
    )
    expect(summaryOf(stdout)).toMatchObject({ created: 2, rejected: 1 })
    expect(readFileSync(join(dir, 'rejects'), 'utf8')).toContain(
      'there is no column \\"active\\", here or in the rows before',
    )
    expect([...okta.users.keys()]).toEqual(['bob@x.example', 'cy@x.example'])
  })

  it('are recognised in a stream too, row by row', async () => {
    const okta = await startFakeOkta()
    const dir = tempDir()
    const options = ['journal', 'rejects', 'existing'].flatMap((name) => [
      `--${name}`,
      join(dir, name),
    ])
    const env = { OKTA_ORG_URL: okta.url, OKTA_API_TOKEN: 'token' }
    const input = HEAD + row('ann', '1') + row('bob', 'OFF') + row('cy', 'x')
    const { stdout } = await runImport(
      ['-', '--json', '--where-enabled', 'active', ...options],
      env,
      input,
    )
    expect(summaryOf(stdout)).toMatchObject({ created: 1, skipped: 1, rejected: 1 })
  })
})

const EVERYONE = '00gsandbox0000000000'
const [CUSTOMERS, STAFF] = ['00gsandbox0000000001', '00gsandbox0000000002']
const GROUPS = 'email,firstName,lastName,teams\n'

describe('the groups of a row', () => {
  it('are those of --group and of the column, each once', async () => {
    const okta = await startFakeOkta()
    const file = join(tempDir(), 'users.jsonl')
    const person = (name: string, teams: unknown): string =>
      JSON.stringify({ email: `${name}@x.example`, firstName: 'A', lastName: 'B', teams }) + '\n'
    writeFileSync(file, person('ann', 'g1| g2 ;') + person('bob', ['g3', 'g1']) + person('cy', ''))
    const env = { OKTA_ORG_URL: okta.url, OKTA_API_TOKEN: 'token' }
    const { code } = await runImport([file, '--group', 'g1', '--group-column', 'teams'], env)
    expect(code).toBe(0)
    const groupsOf = (name: string): unknown =>
      okta.creates().find(({ body }) => JSON.stringify(body).includes(`"${name}@`))?.body?.[
        'groupIds'
      ]
    expect(['ann', 'bob', 'cy'].map(groupsOf)).toEqual([['g1', 'g2'], ['g1', 'g3'], ['g1']])
    const asked = okta.calls.map(({ path }) => path).filter((path) => path.includes('/groups/'))
    expect(asked.sort()).toEqual(['g1', 'g2', 'g3'].map((id) => `/api/v1/groups/${id}`))
  })

  it('end the run before its first row if they are wrong, wherever in the file they are', async () => {
    const many = Array.from({ length: 300 }, (_, i) => row(`u${i}`, CUSTOMERS)).join('')
    const input = `${GROUPS}${many}${row('odd', `${STAFF}|Staff`)}${row('all', EVERYONE)}`
    const { run, people, file } = await start(input)
    for (const more of [[], ['--dry-run']]) {
      const args = ['--group-column', 'teams', '--group', '00gnone', ...more]
      const { code, stderr } = await run(...args)
      expect([code, people()]).toEqual([2, []])
      expect(stderr).toContain('Not all groups can be used; nothing was sent.')
      expect(stderr).toContain('  --group: group "00gnone" is the id of no group in this org\n')
      expect(stderr).toContain('  line 302: group "Staff" is the id of no group in this org\n')
      expect(stderr).toContain(
        `  line 303: group "${EVERYONE}" is the group Everyone, which all users are in already`,
      )
    }
    expect(existsSync(`${file}.journal`)).toBe(false)
  })

  it('in a stream fail their row before it is sent if they are wrong', async () => {
    const { env, sandbox, people } = await start('')
    const dir = tempDir()
    const options = ['journal', 'rejects', 'existing'].flatMap((name) => [
      `--${name}`,
      join(dir, name),
    ])
    const input = GROUPS + row('ann', CUSTOMERS) + row('bob', 'Staff') + row('cy', STAFF)
    const args = ['-', '--json', '--group-column', 'teams', ...options]
    const { stdout } = await runImport(args, env, input)
    expect(summaryOf(stdout)).toMatchObject({ created: 2, failed: 1 })
    expect(people()).toHaveLength(2)
    expect(readFileSync(join(dir, 'rejects'), 'utf8')).toContain(
      'group ""Staff"" is the id of no group in this org',
    )
    expect(sandbox.events().filter(({ outcome }) => outcome.result === 'FAILURE')).toEqual([])
  })

  it('reject the row if there are more than Okta accepts', async () => {
    const ids = Array.from({ length: 21 }, (_, i) => `g${i}`).join('|')
    const { file } = await start(GROUPS + row('ann', ids))
    // Without an org, which would first report that it has none of these groups.
    const { stdout } = await runImport([file, '--json', '--group-column', 'teams', '--dry-run'])
    expect(summaryOf(stdout)).toMatchObject({
      rejected: 1,
      reasons: [{ reason: expect.stringContaining('there are more than') as string }],
    })
  })

  it('are not checked where the credentials do not allow it, with one notice', async () => {
    const token = 'token-for-users'
    const tokens = [{ scheme: 'Bearer', token, scopes: ['okta.users.manage'] }] as const
    const sandbox = await startTestSandbox({ tokens, groups: [{ name: 'A' }, { name: 'B' }] })
    const file = join(tempDir(), 'users.csv')
    writeFileSync(file, GROUPS + row('ann', CUSTOMERS) + row('bob', STAFF))
    const env = { OKTA_ORG_URL: sandbox.url, OKTA_ACCESS_TOKEN: token }
    const { code, stderr } = await runImport([file, '--group-column', 'teams'], env)
    expect(code).toBe(0)
    expect(stderr.match(/were not checked/g)).toHaveLength(1)
    expect(stderr).toContain('okta.groups.read')
  })
})
