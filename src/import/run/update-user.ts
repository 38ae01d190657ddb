/** Updates an existing user: the attributes in which the row differs, never the credentials. */
import { isDeepStrictEqual } from 'node:util'
import { sleep, type Clock } from '../../clock.ts'
import { isDeactivated, type KnownUser, type KnownUsers } from '../../okta/api/known-users.ts'
import { OktaAnswerLost, type OktaRejection } from '../../okta/errors/rejection.ts'
import { REPEAT_WAITS_MS } from '../../okta/client/retry.ts'
import { asExisting } from './duplicate.ts'
import type { Journal } from '../journal/journal.ts'
import type { Candidate, JournalRow, RowOutcome } from '../journal/row.ts'
import type { Sendable } from '../rows/prepare.ts'

/** A row that is due to be sent, as the journal has it. */
export type DueRow = Pick<JournalRow, 'intendedAt' | 'isNew' | 'oktaId' | 'madeBy' | 'changed'> &
  Pick<Candidate, 'number' | 'line'>

/** A row with its request. */
export interface SentRow {
  readonly sendable: Sendable
  readonly due: DueRow
}

/** By the name of the attribute. */
export type Changes = Readonly<Record<string, { readonly from: unknown; readonly to: unknown }>>

/**
 * The attributes of the row that differ in Okta. Not the login: the user was found by it, and another
 * spelling of it is the same login. Attributes that the row leaves empty stay. Deactivated users have no
 * changes: they are reported with the users who already existed.
 */
export const changesOf = ({ request }: Sendable, user: KnownUser): Changes => {
  if (isDeactivated(user)) return {}
  const { profile } = user
  return Object.fromEntries(
    Object.entries(request.body.profile)
      .filter(([name, to]) => name !== 'login' && !isDeepStrictEqual(profile[name], to))
      .map(([name, to]) => [name, { from: profile[name], to }]),
  )
}

/**
 * A row whose user is left as it is: created by us, or only found. What the journal knows is about the user with
 * that id; another user may have the login by now.
 */
export const asFound = (user: KnownUser, { oktaId, madeBy, changed }: DueRow): RowOutcome =>
  madeBy !== null && user.id === oktaId && !changed
    ? { state: 'created', oktaId: user.id, requestId: madeBy, madeBy }
    : asExisting(user)

/** A row without differences. */
const unchanged = (user: KnownUser, due: DueRow): RowOutcome =>
  due.changed && user.id === due.oktaId
    ? { ...asExisting(user), state: 'updated' }
    : { ...asFound(user, due), changed: '' }

export const failed = (
  reason: string,
  err: Partial<OktaRejection | OktaAnswerLost>,
): RowOutcome => {
  const { errorCode, requestId } = err
  return { state: 'failed', errorCode, requestId, reason }
}

const send = async (users: KnownUsers, user: KnownUser, changes: Changes): Promise<RowOutcome> => {
  const profile = Object.fromEntries(Object.entries(changes).map(([name, { to }]) => [name, to]))
  const { requestId, ...after } = await users.update(user.id, profile)
  const left = Object.keys(profile).filter((name) =>
    isDeepStrictEqual(after.profile[name], user.profile[name]),
  )
  const changed = Object.keys(profile).join(', ')
  if (left.length === 0) return { ...asExisting(after), state: 'updated', requestId, changed }
  const reason =
    `Okta has answered the update, and ${left.join(', ')} is as before: perhaps another source ` +
    'than Okta has the last word on it, such as Active Directory'
  return failed(reason, { requestId })
}

export interface UpdateDeps {
  readonly users: KnownUsers
  readonly recordIntent: Journal['recordIntent']
  /** Called if an update has no answer. */
  readonly giveUp: (lost: OktaAnswerLost | undefined, secrets: readonly string[]) => RowOutcome
  readonly clock: Clock
  readonly halt: AbortSignal
}

/** @returns a function that updates a user; it throws OktaRejection if Okta refuses the values */
export const createUpdate =
  ({ users, recordIntent, giveUp, clock, halt }: UpdateDeps) =>
  async (found: KnownUser, { sendable, due }: SentRow): Promise<RowOutcome> => {
    let lost: OktaAnswerLost | undefined
    let now = due
    for (const ms of [0, ...REPEAT_WAITS_MS]) {
      if (ms > 0) await sleep(clock, ms, halt)
      // The lost update may have been applied; applying it twice is harmless.
      const user = lost ? await users.get(found.id) : found
      if (!user) return failed('the user was deleted in Okta during the update', lost ?? {})
      const changes = changesOf(sendable, user)
      const names = Object.keys(changes).join(', ')
      if (names === '') return unchanged(user, now)
      // Before it is sent, so that a run after a crash knows its own changes from others.
      recordIntent(due.number, user.id, names)
      now = { ...due, oktaId: user.id, changed: names }
      try {
        return await send(users, user, changes)
      } catch (err) {
        if (!(err instanceof OktaAnswerLost)) throw err
        lost = err
      }
    }
    return giveUp(lost, sendable.secrets)
  }
