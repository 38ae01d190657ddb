/** What every command has in common on its command line: the options, and the end of its help. */
import { Option, type Command } from 'commander'
import { noticeOfMode, withEnvFile } from '../config/env-file.ts'
import { AppError } from '../errors/errors.ts'
import { EXIT_CODES } from '../errors/error-row.ts'
import { printNotices, readText, type CommandContext } from './context.ts'

export interface GlobalOptions {
  /** All that were given, on whatever side of the command's name. */
  readonly envFiles?: readonly string[]
  readonly input?: boolean
  readonly color?: boolean
  readonly quiet?: true
}

const GLOBAL_OPTIONS: readonly Option[] = [
  new Option(
    '--env-file <file>',
    'read variables from this file, given once; what is set in the environment wins',
  ).argParser((path: string, before?: readonly string[]) => [...(before ?? []), path]),
  new Option('--no-input', 'never ask: fail where an answer is needed, and say what to give'),
  new Option('--no-color', 'write no colour, like NO_COLOR=1; FORCE_COLOR=1 does the opposite'),
]

/** Where each command is described at length, in this package. */
export const DOCUMENTS: Readonly<Record<string, string>> = {
  init: 'docs/SCHEMA.md',
  serve: 'docs/SERVE.md',
  check: 'docs/OPERATIONS.md',
  doctor: 'docs/OPERATIONS.md',
  audit: 'docs/AUDIT.md',
  status: 'docs/CAMPAIGN.md',
  reconcile: 'docs/CAMPAIGN.md',
  cutoff: 'docs/CUT-OVER.md',
  who: 'docs/SUPPORT.md',
  decisions: 'docs/OPERATIONS.md',
  import: 'docs/IMPORT.md',
  users: 'docs/IMPORT.md',
  register: 'docs/REGISTER-IN-OKTA.md',
  sandbox: 'docs/SANDBOX.md',
  health: 'docs/OPERATIONS.md',
}

const documentOf = (command: Command): string =>
  DOCUMENTS[command.name()] ?? (command.parent ? documentOf(command.parent) : 'README.md')

const exitHelp = Object.entries(EXIT_CODES)
  .map(([code, meaning]) => `  ${code.padEnd(4)} ${meaning}`)
  .join('\n')

export const withSubcommands = (command: Command): Command[] => [
  command,
  ...command.commands.flatMap(withSubcommands),
]

/** A command, after those it belongs to. */
const chainOf = (command: Command): Command[] => [
  ...(command.parent ? chainOf(command.parent) : []),
  command,
]

/** The options of a command, and of those it belongs to: each may stand on either side of the command's name. */
export const globalsOf = (command: Command): GlobalOptions => {
  const given = chainOf(command).map((each) => each.opts<GlobalOptions & { envFile?: string[] }>())
  return {
    ...command.optsWithGlobals(),
    envFiles: given.flatMap(({ envFile = [] }) => envFile),
    // The default of the one must not hide what was given to the other.
    input: given.every(({ input }) => input !== false),
    color: given.every(({ color }) => color !== false),
  }
}

/** Adds to a command what all of them have. */
export const addGlobals = (command: Command): void => {
  for (const option of GLOBAL_OPTIONS) command.addOption(option)
  const more = `\nExit codes:\n${exitHelp}\n\nMore: ${documentOf(command)}`
  command.addHelpText('after', more)
}

const ONE_FILE =
  'Only one --env-file is read, and there are several. Put all variables into one file, or set some in the environment.'

/**
 * What the command knows of its process, after these options.
 * @throws AppError `config_invalid`, or `usage_invalid` where it is not clear which file is meant
 */
export const applyGlobals = (
  context: CommandContext,
  { envFiles = [], input, color, quiet }: GlobalOptions,
): CommandContext => {
  const [envFile, ...others] = envFiles
  if (others.length > 0) throw new AppError('usage_invalid', { detail: ONE_FILE })
  const env = envFile === undefined ? context.env : withEnvFile(context.env, envFile, readText)
  const notice = envFile === undefined || quiet ? undefined : noticeOfMode(envFile)
  if (notice !== undefined) printNotices(context, [notice])
  return {
    ...context,
    // An option is stronger than the environment.
    env: color === false ? { ...env, FORCE_COLOR: '0' } : env,
    noInput: input === false,
  }
}
