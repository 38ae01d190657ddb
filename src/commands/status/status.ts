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
Reads all users of the org (a service app needs okta.users.read), the accounts of the legacy store, and the ledger of
the hook server, and counts people. It changes nothing in any of them. Without the ledger, nobody is known to have
tried; without the accounts of the legacy store, every user of the org is counted.

${describeVariables(campaignSettings(false).names)}

${describeVariables(OKTA_SETTINGS.names)}

Network settings:

${NETWORK_HELP}

Examples:
  okta-migrate status --left left.csv
  okta-migrate status --cut-off 2026-12-24 --cut-off 2027-01-29
  okta-migrate status --go-live 2026-10-05 --last-login last_login_at --json
  okta-migrate status --legacy users.csv --map login=mail,password_hash=pw
`

export const statusCommand = (perform: Perform, clock: Clock = systemClock): Command =>
  addStatusOptions(
    new Command('status').description('say who has moved to Okta, who has not, and why'),
  )
    .addHelpText('after', HELP)
    .action((options: StatusOptions) =>
      perform((host) => {
        if (!options.explain) return performStatus(options, host, clock)
        host.stdout.write(EXPLANATION)
        return Promise.resolve(0)
      }),
    )
