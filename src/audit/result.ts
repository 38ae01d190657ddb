/** The result of an audit: what was counted and measured, and whether it lets the migration go on. */
import type { ReasonKind } from '../import/report/reasons.ts'
import { SLOWER } from '../workers/schedule.ts'
import type { CanaryResult } from './canaries.ts'
import type { FirstDay } from './first-day.ts'
import type { LastLogins } from './last-logins.ts'
import type { Listed } from './accounts/lists.ts'
import type { LookupTest } from './lookups.ts'
import type { KindRate } from './rates.ts'

export interface Deadline {
  readonly limitMs: number
  readonly checkMs: number
  readonly lookupMs: number
  /** Whether the server would admit such a check after such a lookup. */
  readonly fits: boolean
}

export interface AuditResult extends Listed {
  /** Of the reading. */
  readonly seconds: number
  /** Where the accounts are, in words. */
  readonly from: string
  /** Whether that is a file: then the lookup is not tried. */
  readonly isFile: boolean
  /** Without them, only the logins and flags were judged. */
  readonly hasHashes: boolean
  /** The most frequent first. */
  readonly rates: readonly KindRate[]
  /** What Okta would refuse; undefined where the rows have no profile. */
  readonly profile: readonly ReasonKind[] | undefined
  readonly repeatedLogins: number
  /** Undefined where there is no lookup to try. */
  readonly lookup: LookupTest | undefined
  readonly canaries: readonly CanaryResult[]
  readonly deadline: Deadline
  readonly lastLogins: LastLogins
  /** Undefined if no last login is known. */
  readonly firstDay: FirstDay | undefined
}

export const toDeadline = (
  limitMs: number,
  rates: readonly KindRate[],
  lookup: LookupTest | undefined,
): Deadline => {
  const checkMs = Math.max(0, ...rates.map(({ msAlone }) => msAlone))
  const lookupMs = lookup?.slowestMs ?? 0
  return { limitMs, checkMs, lookupMs, fits: SLOWER * checkMs + lookupMs <= limitMs }
}

const sum = (counts: readonly number[]): number => counts.reduce((all, each) => all + each, 0)

export const blockedCount = ({ blocked }: Pick<Listed, 'blocked'>): number =>
  sum(blocked.map(({ count }) => count))

export const wrongCount = ({ wrong }: LookupTest): number => sum(wrong.map(({ count }) => count))

/** Where a column holds something else than dates, more than a few of its values are none. */
const MAX_BAD_SHARE = 0.01

export const areReadable = ({ given, bad }: LastLogins): boolean => bad <= given * MAX_BAD_SHARE

export type GateFailure = 'blocked' | 'lookup' | 'canary'

export const gateFailures = (result: AuditResult, allowBlocked: number): GateFailure[] => [
  ...(blockedCount(result) > allowBlocked ? (['blocked'] as const) : []),
  ...(result.lookup && wrongCount(result.lookup) > 0 ? (['lookup'] as const) : []),
  ...(result.canaries.some(({ reason }) => reason !== 'match') ? (['canary'] as const) : []),
]
