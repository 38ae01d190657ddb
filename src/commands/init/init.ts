/** The command `okta-migrate init`: its options and its help. */
import { Command } from 'commander'
import { describeVariables } from '../../config/variables.ts'
import type { Perform } from '../context.ts'
import { INIT_OPTIONS, type InitOptions } from './options.ts'
import { performInit } from './perform.ts'
import { INIT } from './settings.ts'

const HELP = `
Reads the schema of the legacy database, finds the table of the accounts by its names, and proposes LEGACY_LOOKUP_SQL,
LEGACY_AUDIT_SQL and LEGACY_USERS_SQL. It tries them as a server does at its start, and prints what was found: which
hashes there are, and the index that a lookup needs, for your DBA. Then it writes a file of variables with fresh secrets,
which only you can read, and a file for import --map. It asks at a terminal where several names fit; otherwise it says
which option to give. It writes nothing to the database, shows no value of a person, and overwrites no file.

${describeVariables(INIT.names)}

Examples:
  okta-migrate init
  okta-migrate init --legacy-url sqlite:/data/legacy.sqlite
  LEGACY_DB_URL_FILE=/run/secrets/db okta-migrate init --login-column email
  okta-migrate init --enabled "CASE WHEN status = 'live' THEN 1 ELSE 0 END"
`

export const initCommand = (perform: Perform): Command => {
  const command = new Command('init')
  for (const option of INIT_OPTIONS) command.addOption(option)
  return command
    .addHelpText('after', HELP)
    .action((options: InitOptions) => perform(performInit(options)))
}
