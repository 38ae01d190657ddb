/** A misspelt variable: each command that reads the environment reports it once, on standard error. */
import { expect, it } from 'vitest'
import { COMMANDS } from '../../src/commands/commands.ts'
import { runInProcess } from '../support/in-process.ts'

const NOTICE =
  'okta-migrate: OKTA_ORG_ULR is not a variable of this program. Did you mean OKTA_ORG_URL?\n'

it.each([
  [['health'], { PORT: '1' }],
  [['register', '--print', '--url', 'https://hook.example.com'], {}],
  [['import', 'test/commands/near-misses.test.ts', '--dry-run'], {}],
])('a misspelt variable is reported by %j', async ([name = '', ...args], env) => {
  const build = await COMMANDS[name]?.()
  if (!build) throw new TypeError('no such command')
  const { stderr } = await runInProcess(build, args, { ...env, OKTA_ORG_ULR: 'x' })
  expect(stderr.split(NOTICE)).toHaveLength(2)
})
