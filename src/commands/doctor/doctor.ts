/** The commands `okta-migrate doctor` and `okta-migrate check`: one table of checks, all of it or the local part. */
import { Command } from 'commander'
import { systemClock, type Clock } from '../../clock.ts'
import { describeVariables } from '../../config/variables.ts'
import { NETWORK_HELP } from '../../http/proxied-fetch.ts'
import { jsonLine } from '../../text/printable.ts'
import { jsonOption, verboseOption, type CommonOptions } from '../common-options.ts'
import type { CommandContext, Perform } from '../context.ts'
import { ignoreOption, mapOption } from '../import/options.ts'
import { OKTA_SETTINGS } from '../okta-settings.ts'
import { urlOption } from '../register/options.ts'
import { createColourise } from '../terminal/colour.ts'
import { CALL_CHECKS } from './call-checks.ts'
import { HOOK_CHECKS } from './hook-checks.ts'
import { LOCAL_CHECKS } from './local-checks.ts'
import { createLocalDeps, type LocalDeps } from './local-deps.ts'
import { ORG_CHECKS } from './org-checks.ts'
import { createOrgDeps, type DoctorOptions } from './org-deps.ts'
import { OUTSIDE_CHECKS } from './outside-checks.ts'
import { createRowPrinter, describeLevels } from './report.ts'
import { runChecks, type CheckRow } from './table.ts'

/** Prints each row as it is known, or in the end one list. */
const createOutput = ({ stdout, env }: CommandContext, { json }: CommonOptions) => {
  const printRow = createRowPrinter(createColourise(stdout, env))
  return {
    onRow: (row: CheckRow): void => {
      if (!json) stdout.write(`${printRow(row)}\n`)
    },
    end: (rows: readonly CheckRow[]): void => {
      const list = rows.map(({ topic, level, text, fix }) => ({ topic, level, text, fix }))
      stdout.write(json ? jsonLine(list) : `\n${describeLevels(rows)}\n`)
    },
  }
}

/** A process that ends because nobody reads on may crash while threads run: the rows are printed when none does. */
const runLocally = async (
  local: LocalDeps,
  onRow: (row: CheckRow) => void,
): Promise<readonly CheckRow[]> => {
  const { clock, close } = local
  const running = runChecks(LOCAL_CHECKS, { deps: local, clock, onRow: () => undefined })
  const rows = await running.finally(close)
  rows.forEach(onRow)
  return rows
}

/** @returns 1 if anything has failed */
const doctor =
  (options: DoctorOptions, orgClock: Clock) =>
  async (context: CommandContext): Promise<number> => {
    const { onRow, end } = createOutput(context, options)
    const local = createLocalDeps(context)
    const rows = [...(await runLocally(local, onRow))]
    if (!options.local) {
      const deps = createOrgDeps(local, options, orgClock)
      const { clock } = local
      const checks = [...ORG_CHECKS, ...HOOK_CHECKS, ...CALL_CHECKS, ...OUTSIDE_CHECKS]
      rows.push(...(await runChecks(checks, { deps, clock, onRow })))
    }
    end(rows)
    return rows.some(({ level }) => level === 'failed') ? 1 : 0
  }

/** @returns 0 if a server would start and decide, 2 if it would not start, 3 if the store cannot be reached */
const check =
  (options: CommonOptions) =>
  async (context: CommandContext): Promise<number> => {
    const { onRow, end } = createOutput(context, options)
    const local = createLocalDeps(context)
    local.loaded()
    const rows = await runLocally(local, onRow)
    end(rows)
    const exits = rows.flatMap(({ level, exit = 2 }) => (level === 'failed' ? [exit] : []))
    if (exits.includes(2)) return 2
    return Math.max(0, ...exits)
  }

const HELP = `
First what this machine can see alone, as "check" does: the configuration of the server, the legacy store and its
lookup, the hashes and the time that they take, the ledger and its spill file, the certificate and the ports. Then,
with OKTA_ORG_URL and a token, the org: its clock, the token and its scopes, the rate limits, the hook, and the columns
of an import. At last the hook is called once as Okta would call it, with a login that nobody has: it counts in no
report. What cannot be seen from here is "not checked". Nothing is changed.

Exits with 1 if anything has failed.

${describeVariables([...OKTA_SETTINGS.names, 'LEGACY_USERS_SQL'])}

The variables of the server are those of "serve" (see its --help). The network:

${NETWORK_HELP}

Examples:
  okta-migrate doctor --env-file .env
  okta-migrate doctor --url https://hook.example.com
  okta-migrate doctor --execute --file users.csv
  okta-migrate doctor --local --json
`

/** @param orgClock what is compared with the org's, and times the call of the hook */
export const doctorCommand = (perform: Perform, orgClock: Clock = systemClock): Command =>
  new Command('doctor')
    .option('--local', 'only what this machine can see alone: nothing is asked of Okta')
    .option(
      '--url <url>',
      'the public address of the hook server, if not the registered one',
      urlOption,
    )
    .option('--execute', 'let Okta itself call the hook once, with a made-up login')
    .option('--file <file>', 'the file of an import, whose columns are compared with the schema')
    .addOption(mapOption())
    .addOption(ignoreOption())
    .addOption(jsonOption('print the results as one JSON list (docs/EVENTS.md)'))
    .addOption(verboseOption())
    .addHelpText('after', HELP)
    .action((options: DoctorOptions) => perform(doctor(options, orgClock)))

export const checkCommand = (perform: Perform): Command =>
  new Command('check')
    .addOption(jsonOption('print the results as one JSON list (docs/EVENTS.md)'))
    .addHelpText(
      'after',
      `
The same checks as "doctor --local", with other exit codes. Reads the variables of \`serve\` (see its --help). Exits
with 0 if a server would start and decide, with 2 if it would not start, with 3 if the legacy store cannot be reached.
A port that is in use is only a warning, since a server may be running.
Run it before a new version or another statement goes live.

Examples:
  okta-migrate check
  LEGACY_DB_URL=sqlite:/data/legacy.sqlite HOOK_SECRET_FILE=/run/secrets/hook \\
    okta-migrate check --json
`,
    )
    .action((options: CommonOptions) => perform(check(options)))
