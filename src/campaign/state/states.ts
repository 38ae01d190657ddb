/** The states in which a person can be on the way to Okta: the first that fits counts. */
import { HAVE_PASSWORD } from '../../okta/api/users.ts'

interface StateRow {
  /** In SQL, over the columns of a person. */
  readonly when: string
  /** For people who read the report. */
  readonly words: string
  /** Whether the person counts as moved, as not moved, or is set apart. */
  readonly group: 'moved' | 'not moved' | 'native' | 'not counted'
}

/** Not the provider IMPORT, and not OKTA: a directory or an identity provider checks the password. */
const IS_FOREIGN = "provider IS NOT NULL AND provider NOT IN ('IMPORT', 'OKTA')"

/** Quoted for a list in SQL. */
export const sqlList = (names: readonly string[]): string =>
  names.map((name) => `'${name}'`).join(', ')

/** In the order in which they are tried. */
export const STATES = {
  unknown: {
    when: 'enabled IS NULL',
    words: 'only in Okta, not in the legacy store',
    group: 'not counted',
  },
  disabled: {
    when: 'enabled = 0',
    words: 'disabled in the legacy store',
    group: 'not counted',
  },
  missing: {
    when: 'okta_id IS NULL',
    words: 'not in Okta (okta-migrate reconcile lists them)',
    group: 'not counted',
  },
  deactivated: {
    when: "status = 'DEPROVISIONED'",
    words: 'deactivated in Okta',
    group: 'not counted',
  },
  foreign: {
    when: IS_FOREIGN,
    words: 'their password is checked elsewhere (another provider in Okta)',
    group: 'not counted',
  },
  native: { when: 'native = 1', words: 'imported with their hash', group: 'native' },
  moved: {
    when: `provider = 'OKTA' AND status IN (${sqlList(HAVE_PASSWORD)})`,
    words: 'moved',
    group: 'moved',
  },
  locked: {
    when: "status = 'RECOVERY' OR provider = 'OKTA'",
    words: 'reset or not active, and the hook can help no more: they need the link of a mail',
    group: 'not moved',
  },
  blocked: {
    when: 'blocked IS NOT NULL',
    words: 'their hash or login can never be verified (okta-migrate audit says why)',
    group: 'not moved',
  },
  again: {
    when: 'verified > 1',
    words: 'VERIFIED more than once, and Okta has no password',
    group: 'not moved',
  },
  verified: {
    when: 'verified = 1',
    words: 'VERIFIED once, and Okta has no password yet',
    group: 'not moved',
  },
  tried: { when: 'unverified > 0', words: 'wrong passwords only', group: 'not moved' },
  silent: { when: '1', words: 'never tried to sign in', group: 'not moved' },
} as const satisfies Readonly<Record<string, StateRow>>

export type PersonState = keyof typeof STATES

export const STATE_NAMES = Object.keys(STATES) as PersonState[]

export const statesIn = (group: StateRow['group']): PersonState[] =>
  STATE_NAMES.filter((name) => STATES[name].group === group)

/** The state of a person as an expression in SQL. */
export const STATE_OF = `CASE ${STATE_NAMES.map((name) => `WHEN ${STATES[name].when} THEN '${name}'`).join(' ')} END`

const CANNOT_COME: readonly PersonState[] = ['blocked', 'locked', 'again']

/** Whether a person who has not moved could do so at the next sign-in. */
export const canCome = (state: PersonState): boolean => !CANNOT_COME.includes(state)
