/** The command `okta-migrate status`: who has moved to Okta, who has not, and why. */
import { Command } from 'commander'
import { systemClock, type Clock } from '../../clock.ts'
import { describeVariables } from '../../config/variables.ts'
import { NETWORK_HELP } from '../../http/proxied-fetch.ts'
import { campaignSettings } from '../campaign/settings.ts'
import type { Perform } from '../context.ts'
import { OKTA_SETTINGS } from '../okta-settings.ts'
import { EXPLANATION } from '../../campaign/forecast/explain.ts'
import { addStatusOptions, type StatusOptions } from './options.ts'
import { performStatus } from './perform.ts'

const HELP = `
Reads all users of the org (a service app needs okta.users.read; with --quick also okta.logs.read), the accounts of the legacy store, and the ledger of
the hook server, and counts people. It changes nothing in any of them. Without the ledger, nobody is known to have
tried; without the accounts of the legacy store, every user of the org is counted.

The report is kept in the file of --state, and as one row in the ledger, for its page. --wave and --password-changed name
columns that LEGACY_AUDIT_SQL returns.

Exits with 1 if more people come too late than --fail-if-late, for any --cut-off, or if that cannot be known.

${describeVariables(campaignSettings(false).names)}

${describeVariables(OKTA_SETTINGS.names)}

Network settings:

${NETWORK_HELP}

Examples:
  okta-migrate status --left left.csv
  okta-migrate status --quick
  okta-migrate status --cut-off 2026-12-24 --cut-off 2027-01-29
  okta-migrate status --go-live 2026-10-05 --last-login last_login_at --json
  okta-migrate status --wave department --password-changed password_changed_at
  okta-migrate status --brief --cut-off 2026-12-24 --fail-if-late 2500
  okta-migrate status --legacy users.csv --map login=mail,password_hash=pw
`

export const statusCommand = (perform: Perform, clock: Clock = systemClock): Command =>
  addStatusOptions(new Command('status'))
    .addHelpText('after', HELP)
    .action((options: StatusOptions) =>
      perform((host) => {
        if (!options.explain) return performStatus(options, host, clock)
        host.stdout.write(EXPLANATION)
        return Promise.resolve(0)
      }),
    )
