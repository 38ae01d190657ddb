/** Decides from a look at a person whether a reset may be sent: only to somebody who has no password in Okta. */
import { timeOf } from '../../campaign/loading/users.ts'
import { SERVER_SKEW_MS } from '../../import/run/create-user.ts'
import type { OktaUser } from '../../okta/api/users.ts'
import type { ListedPerson } from './listed.ts'

/** Why a person is left as they are, in words that go on from a number of people. */
export const SKIPS = {
  gone: 'no longer in Okta',
  recovery: 'in RECOVERY already',
  status: 'not ACTIVE',
  moved: 'moved since the status',
  password_set: 'have set a password since they were created',
  signed_in: 'have signed in since the hook was closed',
} as const

export type SkipReason = keyof typeof SKIPS

/** `made`: our own call has made it. */
export type ResetVerdict = 'send' | 'made' | SkipReason

/** Okta writes the times of a creation one after the other. */
const CREATION_MS = 60_000

/** A hook that is still to be called is set at the creation. Where a person has set a password since, the provider may stay IMPORT. */
const hasSetPassword = (
  { created, activated, passwordChanged }: OktaUser,
  { restoredAs }: ListedPerson,
): boolean => {
  const changed = timeOf(passwordChanged)
  const isOurs = changed !== null && restoredAs.includes(changed)
  const madeAt = Math.max(timeOf(created) ?? 0, timeOf(activated) ?? 0)
  return changed !== null && !isOurs && changed > madeAt + CREATION_MS
}

const isMade = (user: OktaUser, { intendedAt }: ListedPerson): boolean =>
  intendedAt !== null &&
  user.status === 'RECOVERY' &&
  (timeOf(user.statusChanged) ?? 0) >= intendedAt - SERVER_SKEW_MS

const hasMoved = (user: OktaUser, { changed }: ListedPerson): boolean =>
  user.credentials?.provider?.type !== 'IMPORT' || timeOf(user.passwordChanged) !== changed

/**
 * @param user as Okta shows it now; undefined where there is none
 * @param closedAt when the hook was closed, in milliseconds since 1970: a person who has signed in since needs no hook
 */
export const judgeReset = (
  user: OktaUser | undefined,
  person: ListedPerson,
  closedAt: number,
): ResetVerdict => {
  if (!user) return 'gone'
  if (isMade(user, person)) return 'made'
  if (user.status === 'RECOVERY') return 'recovery'
  if (hasMoved(user, person)) return 'moved'
  if (hasSetPassword(user, person)) return 'password_set'
  if ((timeOf(user.lastLogin) ?? 0) > closedAt) return 'signed_in'
  return user.status === 'ACTIVE' ? 'send' : 'status'
}

/** Whether the hook may be set again: the person is as our reset has left them. */
export const isAsLeft = (user: OktaUser | undefined, person: ListedPerson): boolean =>
  user?.status === 'RECOVERY' && !hasMoved(user, person)
