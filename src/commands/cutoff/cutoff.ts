/** The command `okta-migrate cutoff`: ends the hook in steps that can be undone. */
import { Command, Option } from 'commander'
import { systemClock, type Clock } from '../../clock.ts'
import { describeVariables } from '../../config/variables.ts'
import { ACCEPTABLE } from '../../cutoff/readiness.ts'
import { NETWORK_HELP } from '../../http/proxied-fetch.ts'
import type { Perform } from '../context.ts'
import { sinceOption } from '../decisions/since.ts'
import { mapOption } from '../import/options.ts'
import { OKTA_SETTINGS } from '../okta-settings.ts'
import { urlOption } from '../register/options.ts'
import { connectCutOff } from './open.ts'
import {
  acceptOption,
  addCutOffOptions,
  appsOption,
  collectReplicas,
  cutOffYesOption,
  dryRunOption,
  type CloseOptions,
  type PlanOptions,
  type WatchOptions,
} from './options.ts'
import { runPlan } from './plan.ts'
import { statementOptions } from './purge/options.ts'
import { purgeCommand } from './purge/purge.ts'
import { runReset } from './reset/perform.ts'
import {
  resetListOption,
  resetOptions,
  type ReopenOptions,
  type ResetOptions,
} from './reset/options.ts'
import { runClose, runReopen } from './switch.ts'
import { runWatch } from './watch.ts'

const environmentHelp = `
${describeVariables(OKTA_SETTINGS.names)}

The network, with the variables that other programs use too:

${NETWORK_HELP}
`

type Build = (perform: Perform, clock: Clock) => Command

const PLAN_HELP = `
Reads the hook, the newest status and the password policies of the org, and says what is not ready, each with the command
that corrects it. It ends with 0 where all is ready, or accepted, and with 1 where it is not; "close" needs a plan that is
ready.

A service app needs okta.inlineHooks.manage, as "close" does; with okta.policies.read the plan also knows how long a link
to set a new password lives.

--replica asks a replica of the hook server for /readyz: "reopen" is a way back only as long as they can decide calls.
--sql is the statement that the purge will have: the plan reads the columns of its table in the legacy store
(LEGACY_DB_URL) and all its hashes, and finds out in time that a hash cannot become NULL, or that its column is not the id
of LEGACY_AUDIT_SQL. Nothing is written there.
${environmentHelp}
Examples:
  okta-migrate cutoff plan --other-apps none
  okta-migrate cutoff plan --other-apps "wiki, shop" --accept link_short
  okta-migrate cutoff plan --replica http://10.0.0.4:9464 \\
    --sql 'UPDATE accounts SET password_hash = NULL WHERE id = :id'
`

const planCommand: Build = (perform, clock) =>
  addCutOffOptions(
    new Command('plan').description('say what the cut-off will do, and what is not ready'),
    new Option(
      '--other-apps <names>',
      'the other applications that still sign people in by the legacy hashes, or "none"; is remembered',
    ).argParser(appsOption),
    acceptOption(ACCEPTABLE),
    new Option('--url <url>', 'the URL of your hook, if its path is another one').argParser(
      urlOption,
    ),
    new Option(
      '--replica <url>',
      'the ops port of a replica of the hook server, which is asked whether it can decide calls; can be repeated',
    )
      .argParser(collectReplicas)
      .default([], 'none'),
    ...statementOptions(),
    mapOption(),
    dryRunOption(),
  )
    .addHelpText('after', PLAN_HELP)
    .action((options: PlanOptions) =>
      perform((host) => runPlan(connectCutOff(host, options, clock))),
    )

const CLOSE_HELP = `
Deactivates the hook, after a plan that is ready. It shows how many people have not moved, and asks for the org and that
number. The number is that of the newest status, which may be 24 hours old. The users of the org are listed anew (some
minutes for 100,000): if more people have not moved by now, it refuses.

A run that was killed, or whose answer was lost, is settled by the same command: it looks at the hook and goes on.

A service app needs okta.inlineHooks.manage and okta.users.read.
${environmentHelp}
Examples:
  okta-migrate cutoff close --dry-run
  okta-migrate cutoff close
  okta-migrate cutoff close --yes acme.okta.com:68836
`

const closeCommand: Build = (perform, clock) =>
  addCutOffOptions(
    new Command('close').description('deactivate the hook; shows whom that affects, and asks'),
    cutOffYesOption(),
    dryRunOption(),
  )
    .addHelpText('after', CLOSE_HELP)
    .action((options: CloseOptions) =>
      perform((host) => runClose(connectCutOff(host, options, clock))),
    )

const WATCH_HELP = `
After "close", reads the System Log once a minute, and prints for each 15 minutes: how many people who have not moved were
refused, how many of them have set a new password, all sign-ins, lock-outs, and calls of the hook, which should be 0. Who
has not moved is known from the newest status. Ctrl-C stops watching and prints the totals. Nothing is changed.

A service app needs okta.inlineHooks.manage and okta.logs.read.
${environmentHelp}
Examples:
  okta-migrate cutoff watch
  okta-migrate cutoff watch --once --since 2h --json
`

const watchCommand: Build = (perform, clock) =>
  addCutOffOptions(
    new Command('watch').description('show who is refused since the hook was closed'),
    new Option('--once', 'print what there is, and end'),
    new Option(
      '--since <time>',
      'where to begin: 09:00, 30m, 2h, 3d or a date (default: when the hook was closed)',
    ).argParser(sinceOption),
  )
    .addHelpText('after', WATCH_HELP)
    .action((options: WatchOptions) =>
      perform((host) => runWatch(connectCutOff(host, options, clock))),
    )

const RESET_HELP = `
After "close", resets the passwords of people who have not moved. Most of them need no reset: they can use "forgot
password" at any time. A reset takes that from them until they have used the link, which lives for an hour in many orgs,
and only the help desk can give them another. So nobody is reset unless you say whom (--who) and how the links reach them
(--mail or --links); docs/CUT-OVER.md says when it is of use.

--who likely takes the people who are most likely to come, until they are 80 % of the late comers that are foretold. A
file has the column "okta_id" or "login"; who has moved by the newest status is left out. Straight before each reset the
person is looked at: one who has moved meanwhile, is in RECOVERY already, or is not ACTIVE, is left as they are.

It asks for the org and the number of people. A run that was killed, or whose answer was lost, goes on with the same
command, and resets nobody twice. The file of --links is readable for you alone; it is the only place that has the links.

A service app needs okta.inlineHooks.manage and okta.users.manage; with okta.policies.read it knows how long a link lives.
${environmentHelp}
Examples:
  okta-migrate cutoff reset --who likely --mail --dry-run
  okta-migrate cutoff reset --who likely --mail --per-hour 80
  okta-migrate cutoff reset --who part-of-left.csv --links links.csv
`

const resetCommand: Build = (perform, clock) =>
  addCutOffOptions(
    new Command('reset').description('reset passwords, of people whom you name; asks first'),
    ...resetOptions(),
  )
    .addHelpText('after', RESET_HELP)
    .action((options: ResetOptions) =>
      perform((host) => runReset(connectCutOff(host, options, clock, { showsItself: true }))),
    )

const REOPEN_HELP = `
Activates the hook again, at once and without a question. The next cut-off begins with a plan. After a purge it warns: a
person whose hash was removed cannot use the old password any more.

Where people were reset, it then looks at each of them. Who is still in RECOVERY as the reset has left them gets the hook
again; everybody else keeps what they have. Some orgs may keep them in RECOVERY all the same: it says how many.

A service app needs okta.inlineHooks.manage, and okta.users.manage where people were reset.
${environmentHelp}
Example:
  okta-migrate cutoff reopen
`

const reopenCommand: Build = (perform, clock) =>
  addCutOffOptions(
    new Command('reopen').description('activate the hook again: the way back from "close"'),
    resetListOption(),
    dryRunOption(),
  )
    .addHelpText('after', REOPEN_HELP)
    .action((options: ReopenOptions) =>
      perform((host) => runReopen(connectCutOff(host, options, clock))),
    )

export const cutoffCommand = (perform: Perform, clock: Clock = systemClock): Command => {
  const command = new Command('cutoff').addHelpText(
    'after',
    '\nExamples:\n  okta-migrate cutoff plan\n  okta-migrate cutoff close --dry-run\n',
  )
  for (const build of [
    planCommand,
    closeCommand,
    watchCommand,
    resetCommand,
    purgeCommand,
    reopenCommand,
  ]) {
    command.addCommand(build(perform, clock))
  }
  return command
}
