/** The deletion of a user whom an import created and nobody has used: deactivated, asked about again, deleted. */
import { sleep, type Clock } from '../../clock.ts'
import { foldLogin } from '../../login.ts'
import { isDeactivated, type KnownUser, type KnownUsers } from '../../okta/api/known-users.ts'
import { OktaAnswerLost, OktaRejection } from '../../okta/errors/rejection.ts'
import { REPEAT_WAITS_MS } from '../../okta/client/retry.ts'
import type { Made } from '../journal/undo-journal.ts'

export interface DeletionResult {
  /**
   * - `deleted`: by us;
   * - `gone`: somebody else has deleted it before;
   * - `kept`: it was used or changed, and is as it was;
   * - `failed`: it is there still, perhaps deactivated, and the next undo goes on with it.
   */
  readonly state: 'deleted' | 'gone' | 'kept' | 'failed'
  readonly reason?: string
  readonly errorCode?: string
}

/** The modes in which Okta has no password of its own before the first sign-in. */
const WITHOUT_PASSWORD = ['hook', 'hash']

export interface UndoDeps {
  readonly users: KnownUsers
  /** Whether the hook has answered VERIFIED for one of these logins, by its ledger. */
  readonly wasVerified: (user: KnownUser) => Promise<boolean>
  /** Of the import. */
  readonly mode: string
  readonly isDryRun: boolean
  readonly clock: Clock
  readonly halt: AbortSignal
}

/** @returns why the user stays */
const useOf = async (
  user: KnownUser,
  { login, isBegun }: Made,
  { mode, wasVerified }: UndoDeps,
): Promise<string | undefined> => {
  if (user.lastLogin !== undefined) return 'has signed in'
  if (foldLogin(user.login) !== login) return 'has another login now'
  // What the provider is after our deactivation, Okta does not document.
  const isAsWas = !(isBegun && isDeactivated(user))
  const hasPassword = WITHOUT_PASSWORD.includes(mode) && user.provider !== 'IMPORT'
  if (hasPassword && isAsWas) return 'has a password in Okta by now'
  return (await wasVerified(user)) ? 'the hook has answered VERIFIED' : undefined
}

/** A change whose answer is lost is asked about at the next look. */
const unlessLost = async (change: Promise<void>): Promise<void> => {
  try {
    await change
  } catch (err) {
    if (!(err instanceof OktaAnswerLost)) throw err
  }
}

/** What is known of a user between two looks. */
interface Course {
  readonly row: Made
  /** Whether this undo, or one before it that was cut short, was about to deactivate it. */
  isBegun: boolean
  /** Whether it was seen deactivated. */
  isDown: boolean
}

const stays = ({ isBegun, isDown }: Course, reason: string): DeletionResult =>
  isBegun && isDown
    ? { state: 'failed', reason: `${reason}, and is deactivated: activate it in the Admin Console` }
    : { state: 'kept', reason }

/**
 * One look, and the step that follows from it.
 * @returns undefined where another look is needed
 */
const step = async (course: Course, deps: UndoDeps): Promise<DeletionResult | undefined> => {
  const { row, isBegun } = course
  const { users, isDryRun } = deps
  const user = await users.get(row.oktaId)
  if (!user) return { state: isBegun ? 'deleted' : 'gone' }
  course.isDown = isDeactivated(user)
  const use = await useOf(user, { ...row, isBegun }, deps)
  if (use !== undefined) return stays(course, use)
  if (isDryRun) return { state: 'deleted' }
  course.isBegun = true
  // Of a user who is not deactivated, a DELETE would only deactivate.
  if (!course.isDown) await unlessLost(users.deactivate(row.oktaId))
  else if (isBegun) {
    await users.delete(row.oktaId)
    return { state: 'deleted' }
  }
  return undefined
}

/** @throws AppError when the undo must stop, or the reason of `halt`; the next undo goes on with the row */
export const createUndo = (deps: UndoDeps) => {
  const { clock, halt } = deps
  return async (row: Made): Promise<DeletionResult> => {
    const course: Course = { row, isBegun: row.isBegun, isDown: false }
    try {
      // Deactivated, asked about again, deleted; more looks are for lost answers.
      for (const ms of [0, 0, ...REPEAT_WAITS_MS]) {
        if (ms > 0) await sleep(clock, ms, halt)
        const fate = await step(course, deps)
        if (fate) return fate
      }
    } catch (err) {
      if (!(err instanceof OktaRejection)) throw err
      const { words, errorCode } = err
      return { ...stays(course, `Okta refuses to delete it: ${words}`), errorCode }
    }
    return { state: 'failed', reason: 'Okta does not show that it is deactivated' }
  }
}
