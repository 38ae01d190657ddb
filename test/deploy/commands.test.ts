/** The commands in the documents: each block runs as it stands, and uses no variable that it does not set. */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/commands/commands.ts'
import { VARIABLES } from '../../src/config/variables.ts'
import { blocksOf, makeWorkplace } from '../support/documents/blocks.ts'
import { makeTempDir, removeDir } from '../support/temp.ts'

const DOCUMENTS = [
  'README.md',
  'docs/AUDIT.md',
  'docs/OPERATIONS.md',
  'docs/REGISTER-IN-OKTA.md',
  'docs/SECURITY.md',
  'docs/UPGRADE.md',
]

/** These run against real databases: see backup.test.ts. */
const ELSEWHERE = ['Backup', 'Restore']

const blocks = DOCUMENTS.flatMap(blocksOf)

const dir = makeTempDir()
afterAll(() => removeDir(dir))
const { run, checkout } = makeWorkplace(dir)

describe('commands in the documents', () => {
  it.each(blocks.filter(({ section }) => !ELSEWHERE.includes(section)))(
    'run under "$section": $script',
    ({ script }) => {
      const { status, stderr } = run(script)
      expect([status, stderr]).toEqual([0, ''])
    },
    30_000,
  )

  it('use only commands and options that the program has', async () => {
    const calls = readFileSync(join(dir, 'calls'), 'utf8').split('\n').slice(0, -1)
    expect(calls.length).toBeGreaterThan(5)
    for (const call of calls) {
      const [file, name = '', ...args] = call.split('\t').slice(0, -1)
      expect(file).toBe('dist/cli.js')
      const create = await COMMANDS[name]?.()
      const command = create?.(() => Promise.resolve()).exitOverride()
      await command?.parseAsync(args, { from: 'user' })
      expect(command).toBeDefined()
    }
  })

  it('set only variables that exist', () => {
    const scripts = blocks.map(({ script }) => script.replaceAll(/'[^']*'/g, "''")).join('\n')
    const set = [...scripts.matchAll(/(?<![$\w])([A-Z][A-Z_]{2,})=/g)].map(([, name = '']) => name)
    const ours = Object.keys(VARIABLES).flatMap((name) => [name, `${name}_FILE`])
    const known = [...ours, 'HOOK_ID', 'DATA_DIR']
    expect(set).toContain('HOOK_SECRET')
    expect(set.filter((name) => !known.includes(name))).toEqual([])
  })

  it('fail without the file that names the org, and say so', () => {
    rmSync(join(checkout, 'deploy/.env'))
    const [renewal] = blocks.filter(({ section }) => section === 'Certificates')
    const { status, stderr } = run(renewal?.script ?? '')
    expect(status).not.toBe(0)
    expect(stderr).toContain('OKTA_ORG_URL is missing a value: set it in deploy/.env')
  })
})
