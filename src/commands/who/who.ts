/** The command `okta-migrate who`: what happened to one person, and what support can do. */
import { Command, Option } from 'commander'
import { hostname, userInfo } from 'node:os'
import { systemClock } from '../../clock.ts'
import { describeVariables } from '../../config/variables.ts'
import { NETWORK_HELP } from '../../http/proxied-fetch.ts'
import { UNLOCKS_A_DAY } from '../../ledger/database/unlocks.ts'
import { jsonOption, quietOption, verboseOption } from '../common-options.ts'
import type { Perform } from '../context.ts'
import { OKTA_SETTINGS } from '../okta-settings.ts'
import { HOOK_SCOPES, OKTA_SCOPES } from './ask-okta.ts'
import { performWho, type WhoOptions, type WhoWorld } from './perform.ts'
import { whoSettings } from './settings.ts'

const HELP = `
Asks the legacy store, Okta and the ledger, each if it is configured, and says what is missing otherwise: the help desk
needs neither rights in the legacy store nor a token of Okta to see the decisions. GUESS_LIMIT and GUESS_WINDOW_MINUTES
must be those of the servers.

--unlock makes every server count the wrong passwords of this person anew: of the login and of its other spellings.
It needs the right to add rows to the ledger, and is possible ${UNLOCKS_A_DAY} times a day (UTC) for one person. The ledger keeps
the name of your user on this machine and the reason, for everybody who can read it: write no password into it.

--erase deletes every row of the ledger about this person, under all spellings of the login and with the names of every
key that is set (FINGERPRINT_KEY, HOOK_SECRET, HOOK_SECRET_PREVIOUS). Wrong passwords and unlocks of the last 24 hours stay,
since servers may still count them: run it again when they are older. It prints what else holds the person, and needs the
right to delete from the ledger. It exits with 1 while rows are left (docs/OPERATIONS.md, "Erasing one person").

Exits with 0 if somebody was found, with 1 if not, with 3 if a database or Okta that may know the person did not answer.

${describeVariables(whoSettings(false).names)}

Okta (a service app needs ${OKTA_SCOPES.join(' ')}; with ${HOOK_SCOPES.join(' ')}, the advice knows whether Okta calls the hook):

${describeVariables(OKTA_SETTINGS.names)}

Network settings:

${NETWORK_HELP}

Examples:
  okta-migrate who isaac.brock@example.com
  okta-migrate who isaac.brock --json
  okta-migrate who isaac.brock --unlock --reason 'called back, ticket 4711'
  okta-migrate who isaac.brock@example.com --erase
`

const WORLD: WhoWorld = {
  clock: systemClock,
  actor: () => ({ user: userInfo().username, machine: hostname() }),
}

export const whoCommand = (perform: Perform, world = WORLD): Command =>
  new Command('who')
    .argument('<login>', 'the login in any spelling, a short name, or an id')
    .option('--unlock', 'forget the wrong passwords of this person, at every server')
    .option('--reason <text>', 'why, with --unlock')
    .addOption(
      new Option(
        '--erase',
        'delete what the ledger has of this person, under every name',
      ).conflicts('unlock'),
    )
    .addOption(new Option('--yes', 'unlock or erase without a question'))
    .addOption(jsonOption('print the result as one JSON object (docs/EVENTS.md)'))
    .addOption(quietOption())
    .addOption(verboseOption())
    .addHelpText('after', HELP)
    .action((login: string, options: WhoOptions) =>
      perform((host) => performWho(login, options, host, world)),
    )
