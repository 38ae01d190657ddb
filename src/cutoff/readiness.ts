/** What stands in the way of a cut-off, each with the command that corrects it. */
import type { SavedReport } from '../campaign/state/saved-report.ts'
import type { InlineHook } from '../okta/api/inline-hooks.ts'
import { shortestLife, type LinkLife } from '../okta/api/password-policies.ts'
import { printable } from '../text/printable.ts'
import { whyForeign, type HookExpectation } from './own-hook.ts'
import { whyDifferent, whyUnready, type AskedReplica } from './replicas.ts'
import { readStatus } from './status-counts.ts'
import { numberOf } from '../text/figure.ts'

export interface PlanFacts extends HookExpectation {
  readonly hooks: readonly InlineHook[]
  /** The newest status, where it can be used. */
  readonly report: SavedReport | undefined
  /** Why it cannot. */
  readonly whyNoStatus: string | undefined
  /** Undefined where they could not be read. */
  readonly linkLives: readonly LinkLife[] | undefined
  /** Which other applications sign people in by these hashes; undefined where nobody has said. */
  readonly otherApps: string | undefined
  /** Those that were asked. */
  readonly replicas: readonly AskedReplica[]
  /** Whether the statement of the purge was tried, and why it cannot be used. */
  readonly purge: { readonly isTried: boolean; readonly flaw?: string | undefined }
  /** How many people `cutoff reset --who likely` would reset now, or why nobody knows. */
  readonly likely: number | string
}

/** A person who reads the mail on the next day can still use the link. */
const SHORT_LINK_MINUTES = 24 * 60

interface Check {
  /** @returns what is not ready */
  readonly find: (facts: PlanFacts) => string | undefined
  readonly fix: string
  /** Whether a person may decide that it is well as it is; the others stop `close` anyway. */
  readonly canBeAccepted: boolean
}

const when = (is: boolean, words: string): string | undefined => (is ? words : undefined)

const CHECKS: Readonly<Record<string, Check>> = {
  hook_missing: {
    find: ({ hooks }) => when(hooks.length === 0, 'this org has no password import inline hook'),
    fix: 'okta-migrate register --url URL',
    canBeAccepted: false,
  },
  hook_second: {
    find: ({ hooks }) => when(hooks.length > 1, `this org has ${hooks.length} such hooks`),
    fix: 'remove what is not yours: Admin Console, Workflow, Inline Hooks',
    canBeAccepted: false,
  },
  hook_foreign: {
    find: (facts) => whyForeign(facts.hooks[0], facts),
    fix: 'okta-migrate register shows it',
    canBeAccepted: false,
  },
  hook_inactive: {
    find: ({ hooks: [hook] }) =>
      when(hook !== undefined && hook.status !== 'ACTIVE', 'the hook is not active already'),
    fix: 'okta-migrate register --activate (after a close: okta-migrate cutoff reopen)',
    canBeAccepted: false,
  },
  status_unusable: {
    find: ({ whyNoStatus }) => whyNoStatus,
    fix: 'okta-migrate status --cut-off DATE',
    canBeAccepted: false,
  },
  people_missing: {
    find: ({ report }) => {
      const { missing } = readStatus(report)
      return when(missing > 0, `${numberOf(missing, 'person is', 'people are')} not in Okta`)
    },
    fix: 'okta-migrate reconcile, and okta-migrate import reconcile/missing.csv',
    canBeAccepted: true,
  },
  rows_unreadable: {
    find: ({ report }) => {
      const { unreadable } = readStatus(report)
      const words = `${numberOf(unreadable, 'row')} of the accounts cannot be read: the people they are about are not counted`
      return when(unreadable > 0, words)
    },
    fix: 'correct the rows (okta-migrate audit lists them), and run okta-migrate status again',
    canBeAccepted: true,
  },
  read_only: {
    find: ({ report }) => {
      const { again } = readStatus(report)
      const words = `${numberOf(again, 'person was', 'people were')} VERIFIED more than once, and Okta has no password: was the org in read-only mode?`
      return when(again > 0, words)
    },
    fix: 'look at https://status.okta.com, and run okta-migrate status again',
    canBeAccepted: true,
  },
  link_short: {
    find: ({ linkLives = [] }) => {
      const link = shortestLife(linkLives)
      if (!link || link.minutes >= SHORT_LINK_MINUTES) return undefined
      return `a link to set a new password lives ${numberOf(link.minutes, 'minute')} (policy "${printable(link.policy)}")`
    },
    fix: 'API, PUT /api/v1/policies/ID: settings.recovery.factors.okta_email.properties.recoveryToken.tokenLifetimeMinutes',
    canBeAccepted: true,
  },
  replica_unready: {
    find: ({ replicas }) => whyUnready(replicas),
    fix: 'run okta-migrate doctor there; without a server that can decide calls, reopen is no way back',
    canBeAccepted: true,
  },
  replicas_differ: {
    find: ({ replicas }) => whyDifferent(replicas),
    fix: 'give all replicas the same version and variables',
    canBeAccepted: true,
  },
  purge_sql: {
    find: ({ purge: { flaw } }) => flaw && `the statement of the purge cannot be used. ${flaw}`,
    fix: 'plan again with the --sql that the purge will have',
    canBeAccepted: true,
  },
  other_apps: {
    find: ({ otherApps }) =>
      when(
        otherApps === undefined,
        'nobody has said whether another application still signs people in by these hashes',
      ),
    fix: 'okta-migrate cutoff plan --other-apps none (or their names)',
    canBeAccepted: false,
  },
}

export const ACCEPTABLE: readonly string[] = Object.entries(CHECKS)
  .filter(([, { canBeAccepted }]) => canBeAccepted)
  .map(([name]) => name)

export interface PlanFinding {
  /** Stable, for programs. */
  readonly name: string
  readonly words: string
  readonly fix: string
  readonly isAccepted: boolean
}

export const findUnready = (facts: PlanFacts, accepted: readonly string[]): PlanFinding[] =>
  Object.entries(CHECKS).flatMap(([name, { find, fix, canBeAccepted }]) => {
    const words = find(facts)
    if (words === undefined) return []
    const isAccepted = canBeAccepted && accepted.includes(name)
    const how = canBeAccepted && !isAccepted ? `${fix}; or go on with --accept ${name}` : fix
    return [{ name, words, fix: how, isAccepted }]
  })
