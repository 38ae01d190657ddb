/** Whom the end of the hook affects: the number of the newest status, and how many there are now in Okta. */
import { personKeyOf } from '../campaign/loading/users.ts'
import type { SavedReport } from '../campaign/state/saved-report.ts'
import type { CampaignState } from '../campaign/state/state-file.ts'
import type { PersonState } from '../campaign/state/states.ts'
import { hasMoved, needsHook, type OktaUser } from '../okta/api/users.ts'
import { describeSeconds } from '../text/duration.ts'

export const MAX_STATUS_AGE_MS = 24 * 3_600_000

/** Between the machines that made the status and that use it. */
const MAX_CLOCK_SKEW_MS = 3_600_000

export interface StatusQuestion {
  /** The host of the org. */
  readonly org: string
  /** Milliseconds since 1970. */
  readonly now: number
}

/** @returns why the report says nothing that could be confirmed now; undefined where it does */
export const whyUnusable = (
  report: SavedReport | undefined,
  { org, now }: StatusQuestion,
): string | undefined => {
  if (!report) return 'No status has been saved.'
  if (report.org !== org) return `The newest status is of ${report.org}, and this is ${org}.`
  const age = now - report.at
  if (age < -MAX_CLOCK_SKEW_MS) {
    return `The newest status was made ${describeSeconds(Math.floor(-age / 1000))} from now: a clock was wrong.`
  }
  if (age <= MAX_STATUS_AGE_MS) return undefined
  return `The newest status is ${describeSeconds(Math.floor(age / 1000))} old, and 24 h are allowed.`
}

export interface PeopleNow {
  /** Whose next sign-in would call the hook, as far as Okta alone can tell. */
  readonly pending: number
  /** Who has not moved, as a status counts; undefined without the people of a status. */
  readonly notMoved: number | undefined
}

/** Whom a status does not count as not moved, whatever has become of them in Okta. */
const APART: readonly (PersonState | undefined)[] = ['unknown', 'disabled', 'native']

const hasNotMoved = (user: OktaUser): boolean =>
  ['IMPORT', 'OKTA'].includes(user.credentials?.provider?.type ?? 'IMPORT') &&
  user.status !== 'DEPROVISIONED' &&
  !hasMoved(user)

/** A person who is new in Okta since the status counts, too. */
const isLeft = (state: CampaignState) => {
  const find = state.db
    .prepare<[string], PersonState>('SELECT state FROM people WHERE login = ?')
    .pluck()
  return (user: OktaUser): boolean =>
    hasNotMoved(user) && !APART.includes(find.get(personKeyOf(user)))
}

/** @param state of the newest status, if there is one */
export const countPeopleNow = async (
  users: AsyncIterable<OktaUser>,
  state: CampaignState | undefined,
): Promise<PeopleNow> => {
  const isOneOfThem = state && isLeft(state)
  let [pending, notMoved] = [0, 0]
  for await (const user of users) {
    if (needsHook(user)) pending++
    if (isOneOfThem?.(user)) notMoved++
  }
  return { pending, notMoved: isOneOfThem && notMoved }
}
