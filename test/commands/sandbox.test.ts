/** The sandbox as a process: its output can be pasted, and it stops at a signal. */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { runCommand, startCommand } from '../support/command.ts'
import { tempDir } from '../support/temp.ts'

const start = async (...args: string[]) => {
  const command = startCommand(['sandbox', '--port', '0', ...args], {})
  await command.until(/Ctrl-C stops the sandbox/)
  const exports = command.stdout().match(/^export (.|\n(?!\n))+/gm) ?? []
  /** Runs a shell line after pasting what the sandbox printed. */
  const paste = async (line: string) => {
    const script = [...exports, line].join('\n')
    return (await promisify(execFile)('sh', ['-c', script])).stdout
  }
  return { ...command, paste }
}

const CLI = fileURLToPath(new URL('../../src/cli.js', import.meta.url))

const LIST = 'curl -s "$OKTA_ORG_URL/api/v1/users" -H "authorization: SSWS $OKTA_API_TOKEN"'

describe('okta-migrate sandbox', () => {
  it('prints an address and a token that work, and ends with 0', async () => {
    const { paste, child, ended } = await start()
    expect(JSON.parse(await paste(LIST))).toMatchObject([{ profile: { lastName: 'Admin' } }])
    child.kill('SIGINT')
    expect(await ended).toMatchObject({ code: 0, stderr: '' })
  })

  it('prints all that a script needs in one line, and each call in words', async () => {
    const args = ['sandbox', '--port', '0', '--json', '--verbose', '--oauth', '--group', 'Staff']
    const { until, child, ended } = startCommand(args, {})
    const [line] = await until(/^.*"event":"ready".*$/m)
    const ready = JSON.parse(line) as { url: string; token: string; faultsUrl: string }
    expect(ready).toMatchObject({
      groups: [{ name: 'Everyone' }, { id: expect.any(String) as string, name: 'Staff' }],
      userTypes: [{ id: expect.any(String) as string }],
      serviceApp: { clientId: '0oasandboxserviceapp' },
      hookClient: { tokenUrl: `${ready.url}/oauth2/default/v1/token` },
    })
    expect((await fetch(ready.faultsUrl)).status).toBe(200)
    const headers = { authorization: `SSWS ${ready.token}` }
    const answer = await fetch(`${ready.url}/api/v1/users/a@b.example?x=1`, { headers })
    const requestId = answer.headers.get('x-okta-request-id')
    child.kill('SIGINT')
    const { code, stdout, stderr } = await ended
    expect(code).toBe(0)
    expect(stderr.replace(/\d+ ms/, 'N ms')).toBe(
      `GET /api/v1/users/… 404, N ms, request id ${requestId}\n`,
    )
    const [, ...more] = stdout.trimEnd().split('\n')
    expect(more.map((text) => JSON.parse(text) as unknown)).toMatchObject([
      { event: 'notice', message: expect.stringContaining('SIGINT') as string },
      { event: 'notice', message: 'the work in progress is finished' },
    ])
  })

  it('prints calls that do what they claim', async () => {
    const { stdout, paste } = await start()
    const [signIn, faults] = stdout().match(/^curl .+$/gm) ?? []
    expect(JSON.parse(await paste(signIn ?? ''))).toMatchObject({ errorCode: 'E0000004' })
    expect(JSON.parse(await paste(faults ?? ''))).toMatchObject({ resetAfterRate: 0.5 })
  })

  it('takes its faults, its token and its attributes from options', async () => {
    const args = ['--token', 'mine', '--rate-limit', '7', '--latency', '1', '--read-only']
    args.push('--answer', 'block-page', '--answer-rate', '0.5', '--answer-writes-only')
    const { stdout, paste } = await start(...args, '--attribute', 'band', 'label')
    expect(stdout()).toContain('export OKTA_API_TOKEN=mine\n')
    expect(JSON.parse(await paste('curl -s "$OKTA_ORG_URL/sandbox/faults"'))).toMatchObject({
      rateLimit: 7,
      latencyMs: 1,
      readOnly: true,
      concurrency: 75,
      answer: 'block-page',
      answerRate: 0.5,
      answerWritesOnly: true,
    })
  })

  it('answers what Okta does not document as options say', async () => {
    const args = ['--switch', 'importTarget=nobody', '--switch', 'hookFailures=counted']
    const { paste } = await start(...args)
    expect(JSON.parse(await paste('curl -s "$OKTA_ORG_URL/sandbox/switches"'))).toMatchObject({
      ...{ importTarget: 'nobody', hookFailures: 'counted', providerAtReset: 'IMPORT' },
    })
  })

  it('has people, and writes the legacy store that audit and the hook need', async () => {
    const dir = tempDir()
    const file = join(dir, 'people.sqlite')
    const { paste, stdout } = await start('--people', '20', '--legacy', file)
    expect(stdout()).toContain('20 people')
    const audit = await paste(`cd ${dir} && node ${CLI} audit --json`)
    expect(JSON.parse(audit)).toMatchObject({ accounts: 20, enabled: 20 })
    const jump = `curl -s -X PUT "$OKTA_ORG_URL/sandbox/clock" -H 'content-type: application/json'`
    expect(JSON.parse(await paste(`${jump} -d '{"days":60}'`))).toMatchObject({ signedIn: 0 })
    const again = await runCommand(['sandbox', '--legacy', file])
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('exists') as string })
  })

  it('reads a schema from a file, and prints the ids of its groups and types', async () => {
    const file = join(tempDir(), 'schema.json')
    const schema = { definitions: { custom: { properties: { vip: { type: 'boolean' } } } } }
    writeFileSync(file, JSON.stringify(schema))
    const args = ['--schema', file, '--group', 'Customers', 'Staff', '--user-type', 'contractor']
    const { stdout, paste } = await start(...args, '--unique-email')
    expect(stdout()).toMatch(
      /group +00g\w{17} {2}Customers\n[^]+user type +oty\w{17} {2}contractor/,
    )
    const url = '"$OKTA_ORG_URL/api/v1/meta/schemas/user/default"'
    const shown = await paste(`curl -s ${url} -H "authorization: SSWS $OKTA_API_TOKEN"`)
    expect(JSON.parse(shown)).toMatchObject(schema)
  })

  it.each([
    ['{', 'It is not JSON.'],
    ['[]', 'In the file: '],
    [
      '{"definitions":{"base":{"properties":{"login":{"pattern":"a|b"}}}}}',
      'login.pattern: Must be',
    ],
  ])('refuses the schema file %s with 2', async (text, sentence) => {
    const file = join(tempDir(), 'schema.json')
    writeFileSync(file, text)
    const { code, stderr } = await runCommand(['sandbox', '--schema', file])
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining(sentence) as string,
    })
  })

  it('creates a service app whose key can be pasted', async () => {
    const { paste, stdout } = await start('--dpop')
    const key = 'node -p "crypto.createPrivateKey(process.env.OKTA_PRIVATE_KEY).asymmetricKeyType"'
    expect(await paste(key)).toBe('rsa\n')
    expect(stdout()).toMatch(/OKTA_CLIENT_ID=0oa\w{17}\n/)
  })

  it.each([
    ['--rate-limit', 'many'],
    ['--error-rate', '1.5'],
    ['--latency', '-1'],
    ['--port', '70000'],
    ['--seed', ''],
    ['--answer', 'nonsense'],
    ['--switch', 'importTarget=x'],
    ['--switch', 'nonsense'],
    ['--people', '0'],
    ['--people', '3001'],
    ['--schema', '/nowhere/schema.json'],
  ])('refuses %s %s with 2', async (...args) => {
    const { code, stderr } = await runCommand(['sandbox', ...args])
    expect(code).toBe(2)
    expect(stderr).toContain(args[0])
  })

  it('lists in its help the faults on demand, and how to request them', async () => {
    const { stdout } = await runCommand(['sandbox', '--help'])
    expect(stdout).toMatch(/Examples:[^]+PUT[^]+resetAfterRate/)
  })
})
