/** The command `okta-migrate decisions`: what the hook has decided since a time, what it decides now, and what to forget. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { systemClock, type Clock } from '../../clock.ts'
import { describeVariables } from '../../config/variables.ts'
import { AppError } from '../../errors/errors.ts'
import { jsonOption } from '../common-options.ts'
import type { Perform } from '../context.ts'
import { wholeOption } from '../okta-options.ts'
import { KNOWN_REASONS } from '../who/decision-words.ts'
import { performForget, type ForgetOptions } from './forget.ts'
import { DECISIONS, performDecisions, type DecisionsOptions } from './perform.ts'
import { sinceOption } from './since.ts'

const MAX_ROWS = 100_000

const HELP = `
Reads the ledger of the servers, and changes nothing unless --forget-before is given. Times are in the local time zone, which each line names; with
--json they are in UTC. Logins are fingerprints, and a login that is given is made one, so FINGERPRINT_KEY must be that
of the servers. A decision appears within about a second; a server that cannot reach the ledger adds its decisions
when it can again.

--follow prints each new decision once, about a second after it is in the ledger, until Ctrl-C. If several servers
write at once, decisions can be out of order. One that appears more than five seconds after later ones is left out.

--forget-before deletes what is older than a time, 24 hours at least, in small batches while the servers go on. VERIFIED
stays, since status, reconcile and import undo need it to say who has moved; --with-verified deletes it, too. It needs the
right to delete from the ledger, and no FINGERPRINT_KEY. If it is interrupted, run the same command again
(docs/OPERATIONS.md, "How long to keep it").

${describeVariables(DECISIONS.names)}

Examples:
  okta-migrate decisions --since 09:00
  okta-migrate decisions --since 3d --reason hash_truncated --json
  okta-migrate decisions --login isaac.brock@example.com --follow
  okta-migrate decisions --forget-before 90d --dry-run
  okta-migrate decisions --forget-before 90d --yes
`

const reason = (text: string): string => {
  if (KNOWN_REASONS.includes(text)) return text
  throw new InvalidArgumentError(`Use one of ${KNOWN_REASONS.join(', ')}.`)
}

export const decisionsCommand = (perform: Perform, clock: Clock = systemClock): Command =>
  new Command('decisions')
    .addOption(
      new Option(
        '--since <time>',
        'a time (09:00), a duration (30m, 2h, 3d) or a date (2026-11-27)',
      )
        .argParser(sinceOption)
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
    .addOption(
      new Option(
        '--forget-before <time>',
        'delete older decisions from the ledger, except VERIFIED',
      )
        .argParser(sinceOption)
        .conflicts(['since', 'reason', 'login', 'follow', 'limit']),
    )
    .option('--with-verified', 'with --forget-before: delete VERIFIED, too')
    .option('--dry-run', 'with --forget-before: only count them')
    .addOption(new Option('--yes', 'with --forget-before: delete them without a question'))
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action((options: DecisionsOptions & Partial<ForgetOptions>) =>
      perform(async (host) => {
        const { forgetBefore, withVerified, dryRun, yes } = options
        if (forgetBefore !== undefined)
          return performForget({ ...options, forgetBefore }, host, clock)
        if (!withVerified && !dryRun && !yes) return performDecisions(options, host, clock)
        const detail = '--with-verified, --dry-run and --yes belong to --forget-before.'
        throw new AppError('usage_invalid', { detail })
      }),
    )
