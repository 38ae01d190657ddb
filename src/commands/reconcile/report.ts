/** The result of a comparison in words for people, and as one object for programs. */
import { join } from 'node:path'
import { FINDING_NAMES, findingOf, type FindingName } from '../../campaign/reconcile/findings.ts'
import type { ReconcileProfiles } from '../../campaign/reconcile/profiles.ts'
import type { LoadedCampaign } from '../campaign/load-campaign.ts'
import { describeUnreadable, unreadableCount } from '../campaign/unreadable-rows.ts'
import type { Colourise } from '../terminal/colour.ts'
import type { ReconcileOptions } from './options.ts'
import { figure, numberOf } from '../../text/figure.ts'

export interface ReconcileReport extends LoadedCampaign {
  /** Now, in milliseconds since 1970. */
  readonly at: number
  /** Of the findings that could be known. */
  readonly counts: Readonly<Partial<Record<FindingName, number>>>
  readonly agree: number
  readonly profiles: Pick<ReconcileProfiles, 'absent' | 'compared'>
  readonly passed: boolean
  readonly options: Pick<ReconcileOptions, 'out' | 'maxMissing' | 'passwordChanged'>
}

const WHY_UNKNOWN = {
  ledger: ({ sources }: ReconcileReport) => `the ledger was not read (${sources.noLedger})`,
  changes: () => '--password-changed COLUMN is not given',
  profiles: () => 'the accounts have no attribute to compare',
  rows: ({ accounts }: ReconcileReport) => (accounts ? describeUnreadable(accounts) : ''),
}

const describeCount = (report: ReconcileReport, name: FindingName, count: number): string[] => {
  const { words, advice } = findingOf(name)
  const path = join(report.options.out, `${name}.csv`)
  const head = `${name.padEnd(12)}${figure(count).padStart(9)}   ${words}`
  if (count === 0) return [head]
  return [head, `${' '.repeat(24)}${path}: ${advice.replace('FILE', path)}`]
}

const describeFinding = (report: ReconcileReport, name: FindingName): string[] => {
  const count = report.counts[name]
  if (count !== undefined) return describeCount(report, name, count)
  const { needs } = findingOf(name)
  return [
    `${name.padEnd(12)}${'-'.padStart(9)}   not known: ${needs ? WHY_UNKNOWN[needs](report) : ''}`,
  ]
}

const headOf = ({ accounts, users, decisions, agree, sources }: ReconcileReport): string => {
  const ledger = decisions
    ? `ledger ${numberOf(decisions.count, 'decision')}`
    : `no ledger (${sources.noLedger})`
  return `Legacy store ${figure(accounts?.count ?? 0)}, Okta ${figure(users.count)}, ${ledger}. ${numberOf(agree, 'person agrees', 'people agree')}.`
}

const describeGaps = ({ accounts, users, profiles, counts }: ReconcileReport): string[] => [
  ...((counts.missing ?? 0) > 0 && profiles.absent.length > 0
    ? [
        `missing.csv lacks ${profiles.absent.join(', ')}, which Okta requires: return them in LEGACY_AUDIT_SQL.`,
      ]
    : []),
  ...(accounts && accounts.unreadable.count > 0
    ? [
        `${describeUnreadable(accounts)}: the people they are about are in no list. Correct them; okta-migrate audit lists all.`,
      ]
    : []),
  ...(accounts && accounts.withoutLogin > accounts.unreadable.count
    ? [
        `${numberOf(accounts.withoutLogin - accounts.unreadable.count, 'account has', 'accounts have')} no login, compared with nobody.`,
      ]
    : []),
  ...(users.sameLogin > 0
    ? [
        `${numberOf(users.sameLogin, 'user has', 'users have')} the login of another one, but for case and accents: left out.`,
      ]
    : []),
]

export const describeReconcile = (report: ReconcileReport, paint: Colourise): string => {
  const { passed, counts, options } = report
  const unreadable = unreadableCount(report.accounts)
  const more = unreadable > 0 ? `, and ${numberOf(unreadable, 'row')} cannot be read` : ''
  const why = `${numberOf(counts.missing ?? 0, 'person is', 'people are')} missing in Okta${more} (--max-missing ${options.maxMissing})`
  return [
    headOf(report),
    '',
    ...FINDING_NAMES.flatMap((name) => describeFinding(report, name)),
    ...describeGaps(report),
    '',
    `${passed ? paint('green', 'Passed.') : paint('red', `FAILED: ${why}.`)} The lists are in ${options.out}, readable for you alone.`,
    '',
  ].join('\n')
}

/** For programs: the fields that docs/EVENTS.md lists. */
export const toReconcileObject = (report: ReconcileReport): object => {
  const { sources, at, accounts, users, decisions, agree, counts, passed, options } = report
  return {
    schema: 'okta-migrate/reconcile@1',
    org: sources.org,
    at: new Date(at).toISOString(),
    legacy: {
      ...{ read: accounts?.count ?? 0, withoutLogin: accounts?.withoutLogin ?? 0 },
      unreadable: unreadableCount(accounts),
    },
    okta: { read: users.count, sameLogin: users.sameLogin },
    ledger: decisions ? { read: decisions.count } : { missing: sources.noLedger },
    agree,
    findings: counts,
    compared: report.profiles.compared,
    gate: { passed, maxMissing: options.maxMissing },
    files: Object.fromEntries(
      FINDING_NAMES.filter((name) => counts[name] !== undefined).map((name) => [
        name,
        join(options.out, `${name}.csv`),
      ]),
    ) as object,
  }
}
