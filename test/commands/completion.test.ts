/** Completion of the command line, in the shells themselves. */
import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { runCommand } from '../support/command.ts'
import { findProgram } from '../support/private-databases.ts'

/** How each shell is asked for what can follow the words; the last one is what was begun. */
const ASK: Readonly<Record<string, (script: string, words: readonly string[]) => string>> = {
  bash: (script, words) => `${script}
    COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}) COMP_CWORD=${words.length - 1}
    _okta_migrate; printf '%s\\n' "\${COMPREPLY[@]}"`,
  // What the completion system of a terminal would do with the words is to print them.
  zsh: (script, words) => `
    compdef() { }; _files() { print FILES }
    compadd() { shift; print -l -- "$@" }; _describe() { print -l -- "\${(@P)2}" }
    ${script}
    words=(${words.map((word) => `'${word}'`).join(' ')}) CURRENT=${words.length}; _okta_migrate`,
  fish: (script, words) => `${script}
    complete -C '${words.join(' ')}'`,
}

const scripts: Record<string, string> = {}

const scriptFor = async (shell: string): Promise<string> =>
  (scripts[shell] ??= (await runCommand(['completion', shell])).stdout)

const complete = async (shell: string, ...words: string[]): Promise<string[]> => {
  const input = ASK[shell]?.(await scriptFor(shell), ['okta-migrate', ...words]) ?? ''
  const plain = shell === 'fish' ? '--no-config' : shell === 'zsh' ? '-f' : '--norc'
  const { stdout, stderr } = spawnSync(shell, [plain, '-c', input], { encoding: 'utf8' })
  expect(stderr).toBe('')
  return stdout.split('\n').map((line) => line.split(/[\t:]/)[0] ?? '')
}

describe.each(Object.keys(ASK))('in %s', (shell) => {
  const isThere = findProgram(shell) !== undefined
  if (!isThere) console.warn(`skipped: completion in ${shell}, which is not installed`)

  it.runIf(isThere)('the commands come first, and those within a command after it', async () => {
    expect(await complete(shell, '')).toEqual(expect.arrayContaining(['serve', 'check', 'cutoff']))
    const steps = await complete(shell, 'cutoff', '')
    expect(steps).toEqual(expect.arrayContaining(['plan', 'purge']))
    expect(steps).not.toContain('serve')
  })

  it.runIf(isThere)('options are those of the command, and of the command within it', async () => {
    const options = await complete(shell, 'import', '--')
    expect(options).toEqual(expect.arrayContaining(['--mode', '--env-file', '--no-input']))
    const undo = await complete(shell, 'import', '--mode', 'hook', 'undo', '--')
    expect(undo).toContain('--share')
    expect(undo).not.toContain('--mode')
  })

  it.runIf(isThere)('the value of an option is one of its words', async () => {
    const words = await complete(shell, 'import', '--mode', 'h')
    expect(words).toEqual(expect.arrayContaining(['hook', 'hash']))
    expect(words).not.toContain('--group')
    expect(words).not.toContain('undo')
  })
})

describe('completion', () => {
  it.runIf(findProgram('bash'))(
    'knows in bash the value after =, which is a word of its own',
    async () => {
      expect(await complete('bash', 'import', '--mode', '=', 'ha')).toContain('hash')
      expect(await complete('bash', 'import', '--mode', '=')).toContain('staged')
    },
  )

  it('refuses a shell that it does not know', async () => {
    expect(await runCommand(['completion', 'tcsh'])).toMatchObject({ code: 2 })
  })
})
