/** What can be typed at each place of the command line, read from the commands themselves. */
import type { Command, Option } from 'commander'

export interface Word {
  readonly word: string
  readonly help: string
}

/** One command: what may follow it. */
export interface Place {
  /** Its names, such as `cutoff plan`; empty for the program. */
  readonly path: string
  readonly commands: readonly Word[]
  readonly options: readonly Word[]
  /** The options that take a value, with its choices; without choices it may be a file. */
  readonly values: readonly { readonly option: string; readonly choices: readonly string[] }[]
}

/** A description as one short line without quotes, so that no shell finds anything to expand in it. */
const briefly = (text: string): string =>
  (text.split(/[;:(]/)[0] ?? '').replace(/[^\p{L}\p{N} ,./%-]/gu, '').trim()

const wordOf = (option: Option): string => option.long ?? option.short ?? ''

const placeOf = (command: Command, path: string): Place => {
  const help = command.createHelp()
  const [visibleCommands, visibleOptions] = [
    help.visibleCommands(command),
    help.visibleOptions(command),
  ]
  return {
    path,
    commands: visibleCommands.map((each) => ({
      word: each.name(),
      help: briefly(each.description()),
    })),
    options: visibleOptions.map((each) => ({
      word: wordOf(each),
      help: briefly(each.description),
    })),
    values: visibleOptions
      .filter(({ required, optional }) => required || optional)
      .map((each) => ({ option: wordOf(each), choices: each.argChoices ?? [] })),
  }
}

export const placesIn = (command: Command, path = ''): Place[] => [
  placeOf(command, path),
  ...command.commands.flatMap((each) => placesIn(each, `${path} ${each.name()}`.trim())),
]
