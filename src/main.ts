/** The process: runs the command that argv names, and ends with its exit code. */
import { Command } from 'commander'
import { readFileSync } from 'node:fs'
import { endsWithin, systemClock } from './clock.ts'
import { buildCommand, COMMANDS, nameCommand } from './commands/commands.ts'
import type { CommandContext, Perform } from './commands/context.ts'
import {
  addGlobals,
  applyGlobals,
  globalsOf,
  withSubcommands,
  type GlobalOptions,
} from './commands/global-options.ts'
import { examplesFirst, fitHelp } from './commands/terminal/help-text.ts'
import { createColourise } from './commands/terminal/colour.ts'
import { AppError, asAppError, describeUnforeseen } from './errors/errors.ts'
import { packageFile } from './files.ts'
import { jsonLine } from './text/printable.ts'
import { STOP_SIGNALS } from './ops/shutdown.ts'

const PACKAGE = readFileSync(packageFile('package.json'), 'utf8')
const { version } = JSON.parse(PACKAGE) as { version: string }

/** `help NAME …` is `NAME … --help`, also after options, but for a name that is none. */
const given = process.argv.slice(2)
const at = given.findIndex((arg, i) => !arg.startsWith('-') && given[i - 1] !== '--env-file')
const asked = given.slice(at + 1)
const isKnown = Object.hasOwn(COMMANDS, asked[0] ?? '')
const asHelp = isKnown || asked.length === 0 ? [...asked, '--help'] : asked
const args = given[at] === 'help' ? asHelp : given

/** With --json, a failure is also an event on standard output. */
const isJson = process.argv.includes('--json')

const printErrorEvent = ({ code, message, detail }: AppError): void => {
  if (isJson) process.stdout.write(jsonLine({ event: 'error', code, message, detail }))
}

/** Before the options are read: a failure to read them has colours as well. */
const isColourless = process.argv.includes('--no-color')

let context: CommandContext = {
  version,
  args,
  env: isColourless ? { ...process.env, FORCE_COLOR: '0' } : process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  onSignal: (listener) => {
    for (const signal of STOP_SIGNALS) process.on(signal, listener)
  },
}

const reportError = (err: unknown): number => {
  const error = asAppError(err)
  printErrorEvent(error)
  const { row, detail, cause } = error
  const what = detail ?? (cause === undefined ? '' : JSON.stringify(describeUnforeseen(cause)))
  const colourise = createColourise(process.stderr, context.env)
  const lines = [colourise('red', `okta-migrate: ${row.sentence}`), what, row.remedy]
  process.stderr.write(lines.filter((line) => line !== '').join('\n') + '\n')
  return row.exit ?? 1
}

/** The exit code that a shell reports for a program that was ended by SIGPIPE. */
const BROKEN_PIPE = 141

/**
 * A reader that closes the pipe early, as `head` does, ends a command silently, as usual. Except if the command handles
 * the stream itself: this listener is then one of several.
 */
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (err: NodeJS.ErrnoException) => {
    if (stream.listenerCount('error') > 1) return
    const cause = new AppError('output_unwritable', { detail: err.code ?? err.name })
    process.exit(err.code === 'EPIPE' ? BROKEN_PIPE : reportError(cause))
  })
}

// Node.js itself would print the message, and messages may quote a password.
process.on('uncaughtException', (err) => process.exit(reportError(err)))

/** How long, in milliseconds, the process waits for the reader of its output: a server must not wait forever. */
const FLUSH_MS = 1_000

/** Otherwise output that the pipe has not taken yet would be lost, and so would an error of the pipe. */
const flush = (): Promise<unknown> => {
  const written = new Promise<void>((resolve) => {
    process.stdout.write('', () => setImmediate(resolve))
  })
  return endsWithin(systemClock, FLUSH_MS, written)
}

/** Of the command that runs, and of those it belongs to. */
let options: GlobalOptions = {}

const perform: Perform = async (work) => {
  const run = async (): Promise<number> => {
    context = applyGlobals(context, options)
    return work(context)
  }
  const code = await run().catch(reportError)
  await flush()
  process.exit(code)
}

/** Whether the command line needs all of a command, and not just its name for a list or a hint. */
const isNeeded = (name: string): boolean => args.includes(name) || args.includes('completion')

const HELP = `
Examples:
  okta-migrate demo
  okta-migrate init
  okta-migrate check --env-file .env
  okta-migrate help cutoff plan
`

const program = new Command('okta-migrate')
  .description('Moves users from a legacy user store to Okta without password resets.')
  .version(version)
  .helpCommand('help [command...]', 'display help for command')
  .addHelpText('after', HELP)
  // Otherwise an option after a subcommand could be taken for one of the command itself.
  .enablePositionalOptions()
  .hook('preAction', (_, command) => {
    options = globalsOf(command)
  })

for (const name of Object.keys(COMMANDS)) {
  const command = isNeeded(name) ? await buildCommand(name, perform) : undefined
  program.addCommand(command ?? nameCommand(name))
}

const HELP_COLUMNS = process.stdout.isTTY ? process.stdout.columns : 80

/** A help arrives in parts, of which the examples are not the first. */
let helpText = ''
let errorText = ''

for (const command of withSubcommands(program)) {
  addGlobals(command)
  command
    .configureOutput({
      outputError: (text, write) => write(`okta-migrate: ${text}`),
      writeOut: (text) => (helpText += text),
      writeErr: (text) => (errorText += text),
    })
    .exitOverride(({ exitCode, message }) => {
      process.stdout.write(fitHelp(examplesFirst(helpText), HELP_COLUMNS))
      process.stderr.write(examplesFirst(errorText))
      if (exitCode === 0) process.exit(0)
      const detail = message.replace(/^error: /, '')
      printErrorEvent(new AppError('usage_invalid', { detail }))
      process.exit(2)
    })
}

await program.parseAsync(args, { from: 'user' })
