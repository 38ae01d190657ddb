/** The command `okta-migrate decisions`: what the hook has decided since a time, and what it decides now. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { systemClock, type Clock } from '../../clock.ts'
import { describeVariables } from '../../config/variables.ts'
import { jsonOption } from '../common-options.ts'
import type { Perform } from '../context.ts'
import { wholeOption } from '../okta-options.ts'
import { KNOWN_REASONS } from '../who/decision-words.ts'
import { DECISIONS, performDecisions, type DecisionsOptions } from './perform.ts'
import { readSince } from './since.ts'

const MAX_ROWS = 100_000

const HELP = `
Reads the ledger of the servers, and changes nothing. Times are in the local time zone, which each line names; with
--json they are in UTC. Logins are fingerprints, and a login that is given is made one, so FINGERPRINT_KEY must be that
of the servers. A decision appears within about a second; a server that cannot reach the ledger adds its decisions
when it can again.

--follow prints each new decision once, about a second after it is in the ledger, until Ctrl-C. If several servers
write at once, decisions can be out of order. One that appears more than five seconds after later ones is left out.

${describeVariables(DECISIONS.names)}

Examples:
  okta-migrate decisions --since 09:00
  okta-migrate decisions --since 3d --reason hash_truncated --json
  okta-migrate decisions --login isaac.brock@example.com --follow
`

/** Only checked here: what it means depends on the moment at which the command runs. */
const since = (text: string): string => {
  readSince(text, 0)
  return text
}

const reason = (text: string): string => {
  if (KNOWN_REASONS.includes(text)) return text
  throw new InvalidArgumentError(`Use one of ${KNOWN_REASONS.join(', ')}.`)
}

export const decisionsCommand = (perform: Perform, clock: Clock = systemClock): Command =>
  new Command('decisions')
    .description('list what the hook has decided, from the ledger')
    .addOption(
      new Option(
        '--since <time>',
        'a time (09:00), a duration (30m, 2h, 3d) or a date (2026-11-27)',
      )
        .argParser(since)
        .default('24h'),
    )
    .addOption(
      new Option(
        '--reason <reason>',
        'only decisions with this reason, such as mismatch',
      ).argParser(reason),
    )
    .option('--login <login>', 'only decisions about this login, as it is typed')
    .option('--follow', 'then print each new decision, until Ctrl-C')
    .addOption(
      new Option('--limit <number>', 'the newest so many')
        .argParser(wholeOption(1, MAX_ROWS))
        .default(100),
    )
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action((options: DecisionsOptions) =>
      perform((host) => performDecisions(options, host, clock)),
    )
