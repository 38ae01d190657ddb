#!/usr/bin/env node
/** Owns the process: argv to one command, its environment in, its exit code out. */
import { Command } from 'commander'
import { readFileSync } from 'node:fs'
import { demoCommand } from './commands/demo.ts'
import { healthCommand } from './commands/health.ts'
import type { Host, Perform } from './commands/host.ts'
import { importCommand } from './commands/import.ts'
import { registerCommand } from './commands/register.ts'
import { sandboxCommand } from './commands/sandbox.ts'
import { serveCommand } from './commands/serve.ts'
import { usersCommand } from './commands/users.ts'
import { asAppError, describeUnforeseen } from './errors.ts'

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string }

const host: Host = {
  version,
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  onSignal: (hear) => {
    process.on('SIGTERM', hear)
    process.on('SIGINT', hear)
  },
}

const complain = (err: unknown): number => {
  const { row, detail, cause } = asAppError(err)
  const what = detail ?? (cause === undefined ? '' : JSON.stringify(describeUnforeseen(cause)))
  const lines = [`okta-migrate: ${row.sentence}`, what, row.remedy]
  process.stderr.write(lines.filter((line) => line !== '').join('\n') + '\n')
  return row.exit ?? 1
}

// Node.js itself would print the message, and messages may quote a password.
process.on('uncaughtException', (err) => process.exit(complain(err)))

const perform: Perform = async (work) => process.exit(await work(host).catch(complain))

const COMMANDS = [
  serveCommand,
  importCommand,
  usersCommand,
  registerCommand,
  sandboxCommand,
  demoCommand,
  healthCommand,
]

const program = new Command('okta-migrate')
  .description('Moves users from a legacy user store to Okta without password resets.')
  .version(version)

for (const command of COMMANDS) program.addCommand(command(perform))

const withSubcommands = (command: Command): Command[] => [
  command,
  ...command.commands.flatMap(withSubcommands),
]

for (const command of withSubcommands(program)) {
  command
    .configureOutput({ outputError: (text, write) => write(`okta-migrate: ${text}`) })
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
}

await program.parseAsync()
