/** Every help: at 80 columns, with its exit codes, and with the options that mean the same everywhere. */
import { describe, expect, it } from 'vitest'
import { fitHelp } from '../../src/commands/terminal/help-text.ts'
import { runCommand } from '../support/command.ts'

const COMMANDS = ['serve', 'check', 'import', 'users list', 'users get']
COMMANDS.push('audit', 'status', 'reconcile', 'register', 'sandbox', 'demo', 'health')
COMMANDS.push('who', 'decisions')
const WITHOUT_CALLS = ['check', 'health', 'decisions']

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

  it.each(['', 'users'])('the program (%s) fits too', async (name) => {
    const { stdout } = await runCommand([...name.split(' ').filter(Boolean), '--help'])
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
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
