/** The command `okta-migrate cutoff purge`: SQL for the DBA that removes the hashes of those who need them no more. */
import { Command } from 'commander'
import type { Clock } from '../../../clock.ts'
import { describeVariables } from '../../../config/variables.ts'
import { NETWORK_HELP } from '../../../http/proxied-fetch.ts'
import { campaignSettings } from '../../campaign/settings.ts'
import type { Perform } from '../../context.ts'
import { OKTA_SETTINGS } from '../../okta-settings.ts'
import { connectCutOff } from '../open.ts'
import { runPurgeCheck } from './check.ts'
import { addPurgeOptions, type PurgeOptions } from './options.ts'
import { runPurge } from './perform.ts'

const HELP = `
After "close", reads the accounts of the legacy store, all users of the org, and the System Log of the last 90 days, and
writes SQL that removes the hash of everybody who has a password in Okta for certain. It is for your DBA: nothing is sent
to the legacy store, which is only read. A person who is left out keeps the hash, and is counted with the reason. It asks for
the org and the number of people.

--sql is one UPDATE or DELETE for one person. It ends with the column of the id, whose values are those of the column "id"
of LEGACY_AUDIT_SQL: WHERE id = :id. Both must have the same hash for an id: if more than 1 % differ, the column is another one,
and nothing is written.

--password-changed finds people who still use the legacy password. A time without a zone may be the time of any place, so
it counts as after the move if it is less than 14 hours before it. Where the store does not know: --accept changes_unknown.

Each statement touches one row or none, and none whose hash is another one by then. purge.sql holds ids, which are logins
where the table names people so; no file holds a hash. --check looks for hashes that are left, and for rows that an UPDATE
must have left; it ends with 1 if it finds a hash, or misses a row.

A service app needs okta.inlineHooks.manage, okta.users.read and okta.logs.read; --check needs no Okta.

${describeVariables(campaignSettings(false, true).names)}

${describeVariables(OKTA_SETTINGS.names)}

Network settings:

${NETWORK_HELP}

Examples:
  okta-migrate cutoff purge --dry-run --password-changed changed_at \\
    --sql 'UPDATE accounts SET password_hash = NULL WHERE id = :id'
  okta-migrate cutoff purge --password-changed changed_at \\
    --sql 'UPDATE accounts SET password_hash = NULL WHERE id = :id'
  okta-migrate cutoff purge --check
`

export const purgeCommand = (perform: Perform, clock: Clock): Command =>
  addPurgeOptions(
    new Command('purge').description('write SQL that removes hashes which nobody needs any more'),
  )
    .addHelpText('after', HELP)
    .action((options: PurgeOptions) =>
      perform((host) => {
        if (options.check) return runPurgeCheck(host, options)
        return runPurge(connectCutOff(host, options, clock))
      }),
    )
