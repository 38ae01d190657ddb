/** The table of what only others can see: Okta, and those who read its e-mails. */
import type { OrgDeps } from './org-deps.ts'
import type { Check } from './table.ts'

type OutsideCheck = Check<OrgDeps>

const REACHED = 'Okta has reached the hook: its name and its certificate are good for Okta.'
const UNSEEN =
  "Whether Okta can resolve the hook's name and trusts its certificate cannot be seen from here: try --execute."
const MAIL = "Whether Okta's e-mails arrive, and where their links lead, cannot be seen from here."

const outside: OutsideCheck = {
  name: 'outside',
  run: async ({ found: { wasExecuted } }) => [
    wasExecuted ? { level: 'ok', text: REACHED } : { level: 'unknown', text: UNSEEN },
    { level: 'unknown', text: MAIL },
  ],
}

export const OUTSIDE_CHECKS: readonly OutsideCheck[] = [outside]
