#!/usr/bin/env node
/** Owns the process: argv to one command, its environment in, its exit code out. */
import { Command } from 'commander'
import { readFileSync } from 'node:fs'
import { health } from './commands/health.ts'
import type { Host } from './commands/host.ts'
import { serve } from './commands/serve.ts'
import { describeVariables } from './config.ts'
import { asAppError, describeUnforeseen } from './errors.ts'

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string }

const host: Host = {
  env: process.env,
  stdout: process.stdout,
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

const run = (command: (host: Host) => Promise<number>) => async (): Promise<void> =>
  process.exit(await command(host).catch(complain))

const program = new Command('okta-migrate')
  .description('Moves users from a legacy user store to Okta without password resets.')
  .version(version)
  .configureOutput({ outputError: (text, write) => write(`okta-migrate: ${text}`) })
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))

program
  .command('serve')
  .description("answer Okta's password import inline hook")
  .addHelpText(
    'after',
    `
Configured by environment variables; each may be given as NAME_FILE, a path to read it from:

${describeVariables()}

Examples:
  okta-migrate serve                     the demo, where nothing is configured
  HOOK_SECRET_FILE=/run/secrets/hook LEGACY_DB_URL=sqlite:/data/legacy.sqlite okta-migrate serve
`,
  )
  .action(run(serve))

program
  .command('health')
  .description('ask the server on this machine whether it is alive, for container health checks')
  .addHelpText('after', '\nExample:\n  HEALTHCHECK CMD ["node", "dist/cli.js", "health"]\n')
  .action(run(health))

await program.parseAsync()
