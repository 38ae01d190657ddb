/** The command `okta-migrate audit`: who can sign in through the hook, who cannot, and what the first day needs. */
import { Command } from 'commander'
import { systemClock } from '../../clock.ts'
import { describeVariables } from '../../config/variables.ts'
import { NETWORK_HELP } from '../../http/proxied-fetch.ts'
import type { Perform } from '../context.ts'
import { OKTA_SETTINGS } from '../okta-settings.ts'
import { addAuditOptions, type AuditOptions } from './options.ts'
import { performAudit, type AuditWorld } from './perform.ts'
import { auditSettings } from './settings.ts'

const HELP = `
Reads every account once, and sends nothing to Okta. LEGACY_AUDIT_SQL is one SELECT for all accounts: login and
password_hash; if there are any, also enabled, id, last_login and the attributes of the profile, named as in Okta. Each
account goes through the code of the hook and of the importer. Then the lookup of the server is tried, and the speed of
checks is measured on this machine.

Exits with 0 if all is well; with 1 if more people are blocked than --allow-blocked, if the lookup is wrong or a canary
is not VERIFIED; with 2 if more than 1 % of the last logins are no dates. Two lists are written: who is blocked and why,
and the way of each person to Okta (hash, hook, reset or skip). They hold logins, and no hashes.

--legacy FILE (- is standard input) stands for the store. It may have no column password_hash, as the export of a directory:
then all but the hashes is judged.

${describeVariables(auditSettings(false).names)}

If the rows have a profile, and these are set, it is checked against the schema of the org (a service app needs
okta.schemas.read):

${describeVariables(OKTA_SETTINGS.names)}

Network settings:

${NETWORK_HELP}

Examples:
  okta-migrate audit --last-login last_login_at --go-live 2026-10-05
  okta-migrate audit --canary canaries.csv --allow-blocked 40
  okta-migrate audit --legacy users.csv --map login=mail,password_hash=pw --json
  okta-migrate audit --legacy directory.jsonl --map login=mail
`

const WORLD: AuditWorld = { clock: systemClock, random: Math.random }

export const auditCommand = (perform: Perform, world = WORLD): Command =>
  addAuditOptions(new Command('audit'))
    .addHelpText('after', HELP)
    .action((options: AuditOptions) => perform((host) => performAudit(options, host, world)))
