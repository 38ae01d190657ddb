/** Counts whom a change of the hook affects, and confirms it: for `cutoff` and for `register` alike. */
import { readSavedReport, type SavedReport } from '../../campaign/state/saved-report.ts'
import { openCampaignState } from '../../campaign/state/state-file.ts'
import { systemClock, type Clock } from '../../clock.ts'
import { countPeopleNow, whyUnusable, type PeopleNow } from '../../cutoff/people.ts'
import { AppError, asAppError } from '../../errors/errors.ts'
import { listUsers } from '../../okta/api/users.ts'
import type { CommonOptions } from '../common-options.ts'
import type { CommandContext } from '../context.ts'
import { connectWithProgress } from '../okta-options.ts'
import type { OktaSettings } from '../okta-settings.ts'
import { confirm, type Count, type Given } from '../terminal/confirm.ts'
import { countUsers } from '../terminal/wait-progress.ts'
import { figure, numberOf } from '../../text/figure.ts'

export interface AffectedDeps {
  readonly context: CommandContext
  readonly okta: OktaSettings
  readonly options: CommonOptions & { readonly state: string; readonly yes?: Given }
  readonly clock?: Clock
}

export interface Affected {
  /** The host of the org. */
  readonly org: string
  /** Of the newest status, or else of Okta's list. */
  readonly count: Count
  /** The status that the number comes from. */
  readonly report: SavedReport | undefined
  readonly now: PeopleNow | undefined
  /** Why the number is not that of a status. */
  readonly whyNoStatus: string | undefined
  /** Why there is no number from Okta. */
  readonly whyUncounted: string | undefined
}

/** Okta cannot search by provider, so all users are listed: some minutes for 100,000. */
const countInOkta = async (
  { context, okta, options }: AffectedDeps,
  statePath: string | undefined,
): Promise<PeopleNow> => {
  // A separate client: a scope that is not granted would make the whole token request fail.
  const { count: counted, progress } = countUsers()
  const scopes = ['okta.users.read']
  const client = connectWithProgress(context, okta, { ...options, scopes, progress })
  const state = statePath === undefined ? undefined : openCampaignState(statePath)
  try {
    return await countPeopleNow(counted(listUsers(client, { limit: 200 })), state)
  } finally {
    state?.close()
  }
}

const tryToCount = async (
  deps: AffectedDeps,
  statePath: string | undefined,
): Promise<PeopleNow | string> => {
  try {
    return await countInOkta(deps, statePath)
  } catch (err) {
    const { row, detail = '', code } = asAppError(err)
    if (code === 'internal') throw err
    return `${row.sentence} ${detail}`.trim()
  }
}

/** People come, and are created; those who are more than the operator was shown were never confirmed. */
const whyHigher = (report: SavedReport, { notMoved = 0 }: PeopleNow): string | undefined =>
  notMoved <= report.notMoved
    ? undefined
    : `Okta has ${numberOf(notMoved, 'person', 'people')} now who ${notMoved === 1 ? 'has' : 'have'} not moved; the newest status says ${figure(report.notMoved)}.`

/** Counts in Okta, and takes the number of the newest status where that is recent and not too low. */
export const countAffected = async (deps: AffectedDeps): Promise<Affected> => {
  const { okta, options, clock = systemClock } = deps
  const org = new URL(okta.orgUrl).host
  const newest = readSavedReport(options.state)
  const unusable = whyUnusable(newest, { org, now: clock.epochMs() })
  const report = unusable === undefined ? newest : undefined
  const counted = await tryToCount(deps, report && options.state)
  const now = typeof counted === 'string' ? undefined : counted
  const higher = report && now && whyHigher(report, now)
  const isUsable = report !== undefined && now !== undefined && higher === undefined
  return {
    org,
    count: isUsable ? report.notMoved : now?.pending,
    report: isUsable ? report : undefined,
    now,
    whyNoStatus: unusable ?? higher,
    whyUncounted: typeof counted === 'string' ? counted : undefined,
  }
}

/**
 * The number of the newest status, for steps that allow no other.
 * @throws AppError `status_unusable`
 */
export const requireStatus = async (deps: AffectedDeps): Promise<Affected & { count: number }> => {
  const { okta, options, clock = systemClock } = deps
  const question = { org: new URL(okta.orgUrl).host, now: clock.epochMs() }
  const refuse = (detail: string | undefined): void => {
    if (detail !== undefined) throw new AppError('status_unusable', { detail })
  }
  // Before everybody is counted for nothing.
  refuse(whyUnusable(readSavedReport(options.state), question))
  const affected = await countAffected(deps)
  refuse(affected.whyNoStatus ?? affected.whyUncounted)
  return { ...affected, count: affected.count ?? 0 }
}

/**
 * Asks for the org and the number. That of a status stays until the next one, so it must be the same; that of Okta's
 * list changes while people move.
 * @throws AppError `unconfirmed`
 */
export const confirmAffected = (
  { context, options }: AffectedDeps,
  { org, count, report }: Affected,
): Promise<void> => confirm(context, options.yes, { org, count, isExact: report !== undefined })
