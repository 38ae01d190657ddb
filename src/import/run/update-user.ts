/** The update of a user who is there already: the attributes in which the row differs, and never the credentials. */
import { isDeepStrictEqual } from 'node:util'
import { sleep, type Clock } from '../../clock.ts'
import { isDeactivated, type KnownUser, type KnownUsers } from '../../okta/api/known-users.ts'
import { OktaAnswerLost } from '../../okta/errors/rejection.ts'
import { REPEAT_WAITS_MS } from '../../okta/client/retry.ts'
import { existing } from './duplicate.ts'
import type { JournalRow, Journal, RowOutcome } from '../journal/journal.ts'
import type { Sendable } from '../rows/prepare.ts'

/** A row that is to be sent, as the journal has it. */
export type Due = Pick<JournalRow, 'intendedAt' | 'fresh' | 'oktaId' | 'madeBy' | 'changed'> & {
  readonly number: number
  readonly line: number
}

/** What was sent for a row, or is to be. */
export interface SentUpdate {
  readonly sendable: Sendable
  readonly due: Due
}

export interface Change {
  readonly from: unknown
  readonly to: unknown
}

/** By the name of the attribute. */
export type Changes = Readonly<Record<string, Change>>

/**
 * The attributes that the row has and Okta has otherwise. Not the login: the user was found by it, and
 * another spelling of it is the same login. What the row leaves empty stays as it is. Of people who are
 * deactivated there are none: they are told with the people who are there.
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
 * A row whose user is left as it is: created by us, or only found. What is known is of the user with that id;
 * another one may have the login by now.
 */
export const asFound = (user: KnownUser, { oktaId, madeBy, changed }: Due): RowOutcome =>
  madeBy !== null && user.id === oktaId && !changed
    ? { state: 'created', oktaId: user.id, requestId: madeBy, madeBy }
    : existing(user)

/** A row without differences. */
const unchanged = (user: KnownUser, due: Due): RowOutcome =>
  due.changed && user.id === due.oktaId
    ? { ...existing(user), state: 'updated' }
    : { ...asFound(user, due), changed: '' }

const failed = (reason: string, { errorCode, requestId }: Partial<OktaAnswerLost>): RowOutcome => ({
  state: 'failed',
  errorCode,
  requestId,
  reason,
})

const send = async (users: KnownUsers, user: KnownUser, changes: Changes): Promise<RowOutcome> => {
  const profile = Object.fromEntries(Object.entries(changes).map(([name, { to }]) => [name, to]))
  const { requestId, ...after } = await users.update(user.id, profile)
  const left = Object.keys(profile).filter((name) =>
    isDeepStrictEqual(after.profile[name], user.profile[name]),
  )
  const changed = Object.keys(profile).join(', ')
  if (left.length === 0) return { ...existing(after), state: 'updated', requestId, changed }
  const reason =
    `Okta has answered the update, and ${left.join(', ')} is as before: perhaps another source ` +
    'than Okta has the last word on it, such as Active Directory'
  return failed(reason, { requestId })
}

export interface UpdateDeps {
  readonly users: KnownUsers
  readonly intend: Journal['intend']
  /** Of an update that has no answer. */
  readonly giveUp: (lost: OktaAnswerLost | undefined, secrets: readonly string[]) => RowOutcome
  readonly clock: Clock
  readonly halt: AbortSignal
}

/** @returns what updates a user; it throws OktaRejection where Okta refuses the values */
export const createUpdate =
  ({ users, intend, giveUp, clock, halt }: UpdateDeps) =>
  async (found: KnownUser, { sendable, due }: SentUpdate): Promise<RowOutcome> => {
    let lost: OktaAnswerLost | undefined
    let now = due
    for (const ms of [0, ...REPEAT_WAITS_MS]) {
      if (ms > 0) await sleep(clock, ms, halt)
      // An update that was sent may have been done, and may be done once more.
      const user = lost ? await users.get(found.id) : found
      if (!user) return failed('the user was deleted in Okta during the update', lost ?? {})
      const changes = changesOf(sendable, user)
      const names = Object.keys(changes).join(', ')
      if (names === '') return unchanged(user, now)
      // Before it is sent, so that a run that goes on after a crash tells its own changes from others.
      intend(due.number, user.id, names)
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
