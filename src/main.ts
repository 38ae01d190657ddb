/** The process: runs the command that argv names, and ends with its exit code. */
import { Command } from 'commander'
import { readFileSync } from 'node:fs'
import { endsWithin, systemClock } from './clock.ts'
import { COMMANDS } from './commands/commands.ts'
import type { CommandContext, Perform } from './commands/context.ts'
import { fitHelp } from './commands/terminal/help-text.ts'
import { createColourise } from './commands/terminal/colour.ts'
import { AppError, asAppError, describeUnforeseen } from './errors/errors.ts'
import { EXIT_CODES } from './errors/error-row.ts'
import { jsonLine } from './text/printable.ts'
import { STOP_SIGNALS } from './ops/shutdown.ts'

const PACKAGE = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
const { version } = JSON.parse(PACKAGE) as { version: string }

/** With --json, a failure is also an event on standard output. */
const isJson = process.argv.includes('--json')

const printErrorEvent = ({ code, message, detail }: AppError): void => {
  if (isJson) process.stdout.write(jsonLine({ event: 'error', code, message, detail }))
}

/** An option is stronger than the environment. */
const isColourless = process.argv.includes('--no-color')

const context: CommandContext = {
  version,
  args: process.argv.slice(2),
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

const perform: Perform = async (work) => {
  const code = await work(context).catch(reportError)
  await flush()
  process.exit(code)
}

/** The command that is named; all of them if help or a hint needs them. */
const asked = Object.entries(COMMANDS).filter(([name]) => name === process.argv[2])
const wanted = asked.length > 0 ? asked : Object.entries(COMMANDS)

const program = new Command('okta-migrate')
  .description('Moves users from a legacy user store to Okta without password resets.')
  .version(version)
  // Otherwise an option after a subcommand could be taken for one of the command itself.
  .enablePositionalOptions()

for (const [, load] of wanted) program.addCommand((await load())(perform))

const withSubcommands = (command: Command): Command[] => [
  command,
  ...command.commands.flatMap(withSubcommands),
]

const HELP_COLUMNS = process.stdout.isTTY ? process.stdout.columns : 80

const exitHelp = Object.entries(EXIT_CODES)
  .map(([code, meaning]) => `  ${code.padEnd(4)} ${meaning}`)
  .join('\n')

for (const command of withSubcommands(program)) {
  command
    .option('--no-color', 'write no colour, like NO_COLOR=1; FORCE_COLOR=1 does the opposite')
    .addHelpText('after', `\nExit codes:\n${exitHelp}`)
    .configureOutput({
      outputError: (text, write) => write(`okta-migrate: ${text}`),
      writeOut: (text) => void process.stdout.write(fitHelp(text, HELP_COLUMNS)),
    })
    .exitOverride(({ exitCode, message }) => {
      if (exitCode === 0) process.exit(0)
      const detail = message.replace(/^error: /, '')
      printErrorEvent(new AppError('usage_invalid', { detail }))
      process.exit(2)
    })
}

await program.parseAsync()
