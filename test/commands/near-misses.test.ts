/** A misspelt variable: who reports it, and where. */
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/commands/commands.ts'
import { runInProcess } from '../support/in-process.ts'

const SENTENCE = 'OKTA_ORG_ULR is not a variable of this program. Did you mean OKTA_ORG_URL?'

const run = async ([name = '', ...args]: readonly string[]) => {
  const build = await COMMANDS[name]?.load()
  if (!build) throw new TypeError('no such command')
  return runInProcess(build, args, { PORT: '1', OKTA_ORG_ULR: 'x' })
}

const DRY_RUN = ['import', 'test/vectors/earlier/users.csv', '--dry-run']

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
