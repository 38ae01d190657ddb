/** The options that every command has, on either side of the command's name. */
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import {
  addGlobals,
  globalsOf,
  withSubcommands,
  type GlobalOptions,
} from '../../src/commands/global-options.ts'

const parse = (...args: string[]): GlobalOptions => {
  let options: GlobalOptions | undefined
  const note = (_: object, command: Command): void => void (options = globalsOf(command))
  const program = new Command('program').enablePositionalOptions()
  program.command('cutoff').command('plan').action(note)
  for (const command of withSubcommands(program)) addGlobals(command)
  program.parse(args, { from: 'user' })
  if (!options) throw new TypeError('no command ran')
  return options
}

describe('an option', () => {
  it.each([
    ['input', '--no-input'],
    ['color', '--no-color'],
  ] as const)('that switches %s off does so at any place', (name, flag) => {
    const places = [
      [flag, 'cutoff', 'plan'],
      ['cutoff', flag, 'plan'],
      ['cutoff', 'plan', flag],
    ]
    for (const args of places) expect(parse(...args)[name]).toBe(false)
    expect(parse('cutoff', 'plan')[name]).toBe(true)
  })

  it('that names a file is kept from any place', () => {
    const args = ['--env-file', 'a', 'cutoff', 'plan', '--env-file', 'b']
    expect(parse(...args).envFiles).toEqual(['a', 'b'])
  })
})
