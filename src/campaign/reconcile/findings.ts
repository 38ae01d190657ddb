/** The findings of a comparison of legacy store, ledger and Okta: who belongs to each, and what to do. */

/** What a finding cannot be known without. */
type Need = 'ledger' | 'changes' | 'profiles' | 'rows'

interface FindingRow {
  /** In SQL, over the columns of a person. */
  readonly when: string
  readonly words: string
  readonly advice: string
  readonly needs?: Need
  /** From the name of a column in the file to an expression; what an import reads has others. */
  readonly columns?: Readonly<Record<string, string>>
}

const iso = (column: string): string =>
  `strftime('%Y-%m-%dT%H:%M:%fZ', ${column} / 1000.0, 'unixepoch')`

const LOGIN = 'coalesce(okta_login, legacy_login)'
const BOTH = { login: LOGIN, okta_id: 'okta_id', legacy_id: 'legacy_id' }

/** Nobody can sign in with these. A user who is locked out or has an expired password will be able to. */
const CANNOT = "'DEPROVISIONED', 'SUSPENDED', 'STAGED'"

const IS_THERE = "enabled = 1 AND okta_id IS NOT NULL AND status IS NOT 'DEPROVISIONED'"

/** The time since which Okta has a password of the person. */
const OKTA_SINCE = "CASE state WHEN 'moved' THEN moved_at WHEN 'native' THEN created END"

export const FINDINGS = {
  missing: {
    when: "state = 'missing'",
    words: 'enabled in the legacy store, not in Okta',
    advice: 'okta-migrate import FILE',
  },
  deactivated: {
    when: "state = 'deactivated'",
    words: 'enabled in the legacy store, deactivated in Okta',
    advice: 'activate them, or disable their accounts',
    columns: BOTH,
  },
  leavers: {
    when: `enabled = 0 AND okta_id IS NOT NULL AND coalesce(status, '') NOT IN (${CANNOT})`,
    words: 'disabled in the legacy store, and can sign in to Okta',
    advice: 'deactivate them in Okta',
    columns: {
      ...BOTH,
      status: 'status',
      reason:
        "iif(provider = 'IMPORT' AND native = 0, 'by a reset of the password', 'has a password')",
    },
  },
  strangers: {
    when: "enabled IS NULL AND provider = 'IMPORT' AND native = 0 AND status IS NOT 'DEPROVISIONED'",
    words: 'in Okta with the hook, not in the legacy store',
    advice: 'nobody can verify them: is their login another one?',
    needs: 'rows',
    columns: { login: LOGIN, okta_id: 'okta_id', status: 'status', created: iso('created') },
  },
  unkept: {
    when: `${IS_THERE} AND provider = 'IMPORT' AND native = 0 AND status IS NOT 'RECOVERY' AND first_verified IS NOT NULL`,
    words: 'we said VERIFIED, and Okta has no password',
    advice: 'nothing before their next sign-in',
    needs: 'ledger',
    columns: { ...BOTH, verified: 'verified', last_verified: iso('last_verified') },
  },
  elsewhere: {
    when: "state = 'moved' AND first_verified IS NULL",
    words: 'moved, and not by us: reset, or set by an admin',
    advice: 'nothing',
    needs: 'ledger',
    columns: { ...BOTH, password_changed: iso('password_changed') },
  },
  drift: {
    when: `${IS_THERE} AND has_drifted(profile, attributes)`,
    words: 'an attribute differs, such as the e-mail address',
    advice: 'decide who is right: okta-migrate import --update FILE',
    needs: 'profiles',
  },
  newer: {
    when: `${OKTA_SINCE} < legacy_changed`,
    words: 'their legacy password changed after the move',
    advice: 'tell them which password counts',
    needs: 'changes',
    columns: { ...BOTH, moved: iso(OKTA_SINCE), legacy_changed: iso('legacy_changed') },
  },
} as const satisfies Readonly<Record<string, FindingRow>>

export type FindingName = keyof typeof FINDINGS

export const FINDING_NAMES = Object.keys(FINDINGS) as FindingName[]

export const findingOf = (name: FindingName): FindingRow => FINDINGS[name]

/** Those that can be known with what there is. */
export const knownFindings = (has: Readonly<Record<Need, boolean>>): FindingName[] =>
  FINDING_NAMES.filter((name) => {
    const { needs } = findingOf(name)
    return needs === undefined || has[needs]
  })
