/** The command `okta-migrate reconcile`: where legacy store, ledger and Okta disagree about the same people. */
import { Command } from 'commander'
import { systemClock, type Clock } from '../../clock.ts'
import { describeVariables } from '../../config/variables.ts'
import { NETWORK_HELP } from '../../http/proxied-fetch.ts'
import { campaignSettings } from '../campaign/settings.ts'
import type { Perform } from '../context.ts'
import { OKTA_SETTINGS } from '../okta-settings.ts'
import { addReconcileOptions, type ReconcileOptions } from './options.ts'
import { performReconcile } from './perform.ts'

const HELP = `
Reads the accounts of the legacy store, all users of the org (a service app needs okta.users.read) and the ledger of the
hook server, changes nothing in any of them, and writes one list for each finding. missing.csv can be imported as it is:
it is the final delta. drift.csv is for import --update.

LEGACY_AUDIT_SQL is one SELECT for all accounts: login and password_hash; if there are any, also enabled, id, and the
attributes of the profile, named as in Okta.

Exits with 1 if more people are missing in Okta than --max-missing; rows that cannot be read count with them. The lists
hold logins, and no hashes.

${describeVariables(campaignSettings(false, true).names)}

${describeVariables(OKTA_SETTINGS.names)}

Network settings:

${NETWORK_HELP}

Examples:
  okta-migrate reconcile
  okta-migrate reconcile --max-missing 20 --attribute email --attribute city
  okta-migrate reconcile --password-changed pw_changed_at --json
  okta-migrate reconcile --legacy users.csv --map login=mail,password_hash=pw
`

export const reconcileCommand = (perform: Perform, clock: Clock = systemClock): Command =>
  addReconcileOptions(new Command('reconcile'))
    .addHelpText('after', HELP)
    .action((options: ReconcileOptions) =>
      perform((host) => performReconcile(options, host, clock)),
    )
