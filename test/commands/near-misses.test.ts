/** A misspelt variable: who reports it, and where. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/commands/commands.ts'
import { runDoctor } from '../support/doctor.ts'
import { runInProcess } from '../support/in-process.ts'
import { tempDir } from '../support/temp.ts'

const SENTENCE = 'OKTA_ORG_ULR is not a variable of this program. Did you mean OKTA_ORG_URL?'

const run = async (
  [name = '', ...args]: readonly string[],
  env: Record<string, string> = { PORT: '1', OKTA_ORG_ULR: 'x' },
) => {
  const build = await COMMANDS[name]?.load()
  if (!build) throw new TypeError('no such command')
  return runInProcess(build, args, env)
}

const USERS = 'test/vectors/earlier/users.csv'
const DRY_RUN = ['import', USERS, '--dry-run']

describe('a misspelt variable', () => {
  it('is reported by register', async () => {
    const { stderr } = await run(['register', '--print', '--url', 'https://hook.example.com'])
    expect(stderr.split(`okta-migrate: ${SENTENCE}\n`)).toHaveLength(2)
  })

  it('is reported by a dry run offline, as a notice for programs, and not with --quiet', async () => {
    expect((await run(DRY_RUN)).stderr.split(SENTENCE)).toHaveLength(2)
    const { stdout, stderr } = await run([...DRY_RUN, '--json'])
    expect(stdout).toContain(JSON.stringify({ event: 'notice', message: SENTENCE }))
    expect(stderr + (await run([...DRY_RUN, '--quiet'])).stderr).not.toContain(SENTENCE)
  })

  it('is not reported by health, whose output a container keeps', async () => {
    expect((await run(['health'])).stderr).toBe('')
  })
})

const OTHERS = { OKTA_DOMAIN: 'acme.okta.com', OKTA_TOKEN: 'marked' }

describe("other programs' names", () => {
  it.each([[DRY_RUN], [['audit', '--legacy', USERS]]])(
    'are told where no org is asked: %j',
    async ([name = '', ...args]) => {
      const [blocked, routes] = ['blocked', 'routes'].map((each) => join(tempDir(), each))
      const outputs = name === 'audit' ? [`--blocked=${blocked}`, `--routes=${routes}`] : []
      const { stderr } = await run([name, ...args, ...outputs], OTHERS)
      expect(stderr).toContain('Set OKTA_ORG_URL, and OKTA_API_TOKEN or another way')
      expect(stderr).toContain('OKTA_DOMAIN is not read. Use OKTA_ORG_URL.')
      expect(stderr).toContain('OKTA_TOKEN is not read. Use OKTA_API_TOKEN.')
      expect(stderr).not.toContain('marked')
    },
  )

  it.each([
    [{ OKTA_ORG_URL: 'https://acme.okta.com' }, 'OKTA_ORG_URL is set: set OKTA_API_TOKEN or'],
    [{ OKTA_API_TOKEN: 'x' }, 'A way to authenticate is set: set OKTA_ORG_URL too.'],
  ])('are told together with which of the two is missing: %j', async (env, sentence) => {
    expect((await run(DRY_RUN, env)).stderr).toContain(sentence)
  })

  it('and misspelt ones are told by doctor and check where nothing is configured', async () => {
    const env = { HOOK_SECRETT: 'x', LEGACY_DATABASE_URL: 'x', OKTA_CLIENT_ORGURL: 'x' }
    for (const name of ['check', 'doctor']) {
      const { stdout, stderr } = await run([name], env)
      const told = stdout + stderr
      expect(told).toContain('Did you mean HOOK_SECRET?')
      expect(told).toContain('LEGACY_DATABASE_URL is not read. Use LEGACY_DB_URL.')
      expect(told).toContain('OKTA_CLIENT_ORGURL is not read. Use OKTA_ORG_URL.')
      expect(told).toContain('with --env-file; okta-migrate init writes one.')
    }
  })

  it('are told by doctor, with what is missing', async () => {
    const { of } = await runDoctor({ OKTA_ORG_URL: 'https://acme.okta.com', OKTA_TOKEN: 'x' })
    expect(of('org')).toEqual([
      {
        topic: 'org',
        level: 'unknown',
        text: 'OKTA_ORG_URL is set: set OKTA_API_TOKEN or another way to authenticate too.',
        fix: 'OKTA_TOKEN is not read. Use OKTA_API_TOKEN.',
      },
    ])
    expect(of('configuration')[0]?.fix).toContain('--env-file')
  })
})
