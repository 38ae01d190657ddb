/** Every help: at 80 columns, with its exit codes, and with the options that mean the same everywhere. */
import { Command } from 'commander'
import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { buildCommand, COMMANDS as TABLE } from '../../src/commands/commands.ts'
import { addGlobals, DOCUMENTS, withSubcommands } from '../../src/commands/global-options.ts'
import { examplesFirst, fitHelp } from '../../src/commands/terminal/help-text.ts'
import { runCommand } from '../support/command.ts'

const COMMANDS = ['serve', 'check', 'doctor', 'import', 'users list', 'users get']
COMMANDS.push('audit', 'status', 'reconcile', 'register', 'sandbox', 'demo', 'health')
COMMANDS.push('who', 'decisions', 'init')
COMMANDS.push(
  'cutoff plan',
  'cutoff close',
  'cutoff watch',
  'cutoff reset',
  'cutoff purge',
  'cutoff reopen',
)
const WITHOUT_CALLS = ['check', 'health', 'decisions', 'init']

describe('the help of', () => {
  it.each(COMMANDS)(
    '%s fits into 80 columns, and has the parts that every command has',
    async (name) => {
      const { code, stdout, stderr } = await runCommand([...name.split(' '), '--help'])
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
      expect(stdout).toMatch(/ --json .*[^]+ --no-color /)
      expect(stdout.includes(' --verbose ')).toBe(!WITHOUT_CALLS.includes(name))
      expect(stdout).toMatch(/Exit codes:\n {2}0 [^]+\n {2}130 /)
    },
  )

  it.each(['', 'users', 'cutoff'])('the program (%s) fits too', async (name) => {
    const { stdout } = await runCommand([...name.split(' ').filter(Boolean), '--help'])
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
  })
})

const helpOf = (command: Command): string => {
  let text = ''
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp()
  return examplesFirst(text)
}

const buildAll = async (): Promise<Command[]> => {
  const program = new Command('okta-migrate')
  for (const name of Object.keys(TABLE)) {
    const command = await buildCommand(name, async () => undefined)
    if (command) program.addCommand(command)
  }
  const all = withSubcommands(program)
  all.forEach(addGlobals)
  return all.filter((command) => command !== program)
}

describe('every command', () => {
  it('has its examples before its options, and the name of a document that is there at the end', async () => {
    const all = await buildAll()
    expect(all.length).toBeGreaterThan(COMMANDS.length)
    for (const command of all) {
      const [text, name] = [helpOf(command), command.name()]
      expect(text, name).toMatch(/^Usage: [^]+?\n\n\S[^]+?\n\nExamples?:\n {2}\S[^]+\n\nOptions:\n/)
      expect(text.split(/^Examples?:$/m), name).toHaveLength(2)
      const [, path = ''] = /\n\nMore: (\S+)\n$/.exec(text) ?? []
      expect(existsSync(path), name).toBe(true)
    }
  })

  it('has no document of a command that is gone', () => {
    expect(Object.keys(TABLE)).toEqual(expect.arrayContaining(Object.keys(DOCUMENTS)))
  })
})

describe('the command help', () => {
  it('shows the help of a command, and of one within a command', async () => {
    for (const name of ['health', 'cutoff plan']) {
      const { stdout } = await runCommand([...name.split(' '), '--help'])
      expect(await runCommand(['help', ...name.split(' ')])).toEqual({
        code: 0,
        stdout,
        stderr: '',
      })
    }
    const { stdout } = await runCommand(['help'])
    expect(stdout).toContain('\nCommands:\n')
  })

  it('refuses a name that is none', async () => {
    const { code, stderr } = await runCommand(['help', 'nope'])
    expect(code).toBe(2)
    expect(stderr).toContain("unknown command 'nope'")
  })
})

describe('a text', () => {
  const TEXT = `
One sentence that was broken
somewhere else, and goes on.

  word   and what it means, at length
      a line with an indent of its own
  FLAG=1 okta-migrate import a-long-name.csv
`

  it('is wrapped, keeps its columns and indents, and breaks no command', () => {
    expect(fitHelp(TEXT, 30)).toBe(`
One sentence that was broken
somewhere else, and goes on.

  word   and what it means, at
         length
      a line with an indent of
      its own
  FLAG=1 okta-migrate import a-long-name.csv
`)
    expect(fitHelp(TEXT, 120)).toContain(
      'One sentence that was broken somewhere else, and goes on.\n',
    )
  })
})

describe('help NAME', () => {
  it.each([['--no-color'], ['--env-file', '/dev/null']])(
    'shows a command within another after the option %s too',
    async (...options) => {
      const { code, stdout } = await runCommand([...options, 'help', 'cutoff', 'plan'])
      expect([code, stdout.split('\n')[0]]).toEqual([
        0,
        'Usage: okta-migrate cutoff plan [options]',
      ])
    },
  )
})
