/** The commands in the documents: which of them run where, and that those within sentences exist. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { buildCommand } from '../../src/commands/commands.ts'
import { addGlobals } from '../../src/commands/global-options.ts'
import { VARIABLES } from '../../src/config/variables.ts'
import { read } from '../support/deploy.ts'
import { DOCUMENTS, fencesOf, makeWorkplace } from '../support/documents/blocks.ts'
import { ELSEWHERE, STAND_INS } from '../support/documents/stand-ins.ts'
import { tempDir } from '../support/temp.ts'

const fences = DOCUMENTS.flatMap((document) =>
  fencesOf(document).map((fence) => ({ document, ...fence })),
)
const blocks = fences.filter(({ language }) => language === 'sh')
const scripts = blocks.map(({ script }) => script).join('\n')

/** In these languages a document has no commands; `text` is what a command prints. */
const LANGUAGES = ['text', 'json', 'js', 'yaml', 'hcl', 'ini', 'sql', 'ebnf', 'crontab']

describe('the list of what does not run in documents.test.ts', () => {
  it('has no program that no document has any more', () => {
    const unused = Object.keys(STAND_INS).filter(
      (name) => !new RegExp(`(?:^|[|;(] ?|&& )${name} `, 'm').test(scripts),
    )
    expect(unused).toEqual([])
  })

  it('has no section that is not there any more', () => {
    const gone = ELSEWHERE.filter(
      ({ document, section }) =>
        !blocks.some(
          (one) => one.document === document && (section ?? one.section) === one.section,
        ),
    )
    expect(gone).toEqual([])
  })
})

describe('commands in the documents', () => {
  it.each(DOCUMENTS)('of %s stand in blocks that are run', (document) => {
    const others = fences.filter((one) => one.document === document && one.language !== 'sh')
    expect(others.filter(({ language }) => !LANGUAGES.includes(language))).toEqual([])
    const text = others.map(({ script }) => script).join('')
    expect(text).not.toMatch(/^\s*(?:\$ |okta-migrate |node |npm |npx |docker |kubectl |curl )/m)
  })

  const crontabs = fences.filter(({ language }) => language === 'crontab')
  const sentences = [
    ...DOCUMENTS.map(read),
    ...crontabs.map(({ script }) => script.replace(/[^]*(?=okta-migrate )/, '`').trim() + '`'),
  ]
    .flatMap((text) => [...text.matchAll(/`(?:okta-migrate|node dist\/cli\.js) ([a-z][^`]*)`/g)])
    .map(([, text = '']) => text.replaceAll(/\s+/g, ' ').trim())

  it.each([...new Set(sentences)])('such as okta-migrate %s exist', async (text) => {
    const [name = '', ...args] = text.replace(/^help /, '').split(' ')
    const command = (await buildCommand(name, () => Promise.resolve()))?.exitOverride()
    if (!command) throw new TypeError(`no command ${name}`)
    addGlobals(command.configureOutput({ writeOut: () => undefined, writeErr: () => undefined }))
    // A sentence need not have the whole command.
    const { code } = await command.parseAsync(args, { from: 'user' }).then(
      () => ({ code: 'complete' }),
      (err: unknown) => err as { code: string },
    )
    expect(code).not.toMatch(/unknown|excess/)
  })

  it('set only variables that exist', () => {
    const plain = scripts.replaceAll(/'[^']*'/g, "''")
    const set = [...plain.matchAll(/(?<![$\w])([A-Z][A-Z_]{2,})=/g)].map(([, name = '']) => name)
    const ours = Object.keys(VARIABLES).flatMap((name) => [name, `${name}_FILE`])
    const known = [...ours, 'DATA_DIR', 'PATH', 'SANDBOX', 'SERVER']
    expect(set).toContain('HOOK_SECRET')
    expect(set.filter((name) => !known.includes(name))).toEqual([])
  })

  it('fail without the file that names the org, and say so', () => {
    const { checkout, run } = makeWorkplace(tempDir())
    rmSync(join(checkout, 'deploy/.env'), { force: true })
    const [renewal] = blocks.filter(({ section }) => section === 'Certificates')
    const [, signal = ''] = renewal?.script.split('\n') ?? []
    const { status, stderr } = run(signal)
    expect(status).not.toBe(0)
    expect(stderr).toContain('OKTA_ORG_URL is missing a value: set it in deploy/.env')
  })
})
