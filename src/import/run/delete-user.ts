/** Deletes a user that an import created and that was not used: deactivates it, checks it again, deletes it. */
import { sleep, type Clock } from '../../clock.ts'
import { foldLogin } from '../../login.ts'
import { isDeactivated, type KnownUser, type KnownUsers } from '../../okta/api/known-users.ts'
import { OktaAnswerLost, OktaRejection } from '../../okta/errors/rejection.ts'
import { REPEAT_WAITS_MS } from '../../okta/client/retry.ts'
import type { CreatedRow } from '../journal/undo-journal.ts'

export interface DeletionResult {
  /**
   * - `deleted`: by us;
   * - `gone`: it had already been deleted;
   * - `kept`: it was used or changed, and was left as it is;
   * - `failed`: it still exists, perhaps deactivated, and the next undo tries again.
   */
  readonly state: 'deleted' | 'gone' | 'kept' | 'failed'
  readonly reason?: string
  readonly errorCode?: string
}

/** The modes in which Okta has no password before the first sign-in. */
const WITHOUT_PASSWORD = ['hook', 'hash']

export interface UserDeleterDeps {
  readonly users: KnownUsers
  /** Whether the hook has answered VERIFIED for one of these logins, by its ledger. */
  readonly wasVerified: (user: KnownUser) => Promise<boolean>
  /** The mode of the import. */
  readonly mode: string
  readonly isDryRun: boolean
  readonly clock: Clock
  readonly halt: AbortSignal
}

/** @returns why the user stays */
const reasonToKeep = async (
  user: KnownUser,
  { login, isStarted }: CreatedRow,
  { mode, wasVerified }: UserDeleterDeps,
): Promise<string | undefined> => {
  if (user.lastLogin !== undefined) return 'has signed in'
  if (foldLogin(user.login) !== login) return 'has another login now'
  // Okta does not document which provider a user has after our deactivation.
  const isAsWas = !(isStarted && isDeactivated(user))
  const hasPassword = WITHOUT_PASSWORD.includes(mode) && user.provider !== 'IMPORT'
  if (hasPassword && isAsWas) return 'has a password in Okta by now'
  return (await wasVerified(user)) ? 'the hook has answered VERIFIED' : undefined
}

/** If the answer to a change is lost, the next step finds out. */
const ignoreLost = (err: unknown): void => {
  if (!(err instanceof OktaAnswerLost)) throw err
}

/** What is known of a user between two steps. */
interface Deletion {
  readonly row: CreatedRow
  /** Whether this undo, or an interrupted one before it, was about to deactivate it. */
  isStarted: boolean
  /** Whether Okta has shown it as deactivated. */
  isDeactivated: boolean
}

const asKept = ({ isStarted, isDeactivated }: Deletion, reason: string): DeletionResult =>
  isStarted && isDeactivated
    ? { state: 'failed', reason: `${reason}, and is deactivated: activate it in the Admin Console` }
    : { state: 'kept', reason }

/** @returns undefined if another step is needed */
const step = async (
  deletion: Deletion,
  deps: UserDeleterDeps,
): Promise<DeletionResult | undefined> => {
  const { row, isStarted } = deletion
  const { users, isDryRun } = deps
  const user = await users.get(row.oktaId)
  if (!user) return { state: isStarted ? 'deleted' : 'gone' }
  deletion.isDeactivated = isDeactivated(user)
  const use = await reasonToKeep(user, { ...row, isStarted }, deps)
  if (use !== undefined) return asKept(deletion, use)
  if (isDryRun) return { state: 'deleted' }
  deletion.isStarted = true
  // A DELETE of a user who is not deactivated would only deactivate it.
  if (!deletion.isDeactivated) await users.deactivate(row.oktaId).catch(ignoreLost)
  else if (isStarted) {
    await users.delete(row.oktaId)
    return { state: 'deleted' }
  }
  return undefined
}

/** @throws AppError when the undo must stop, or the reason of `halt`; the next undo then continues with the row */
export const createUserDeleter = (deps: UserDeleterDeps) => {
  const { clock, halt } = deps
  return async (row: CreatedRow): Promise<DeletionResult> => {
    const deletion: Deletion = { row, isStarted: row.isStarted, isDeactivated: false }
    try {
      // Deactivate, check, delete; further steps are for lost answers.
      for (const ms of [0, 0, ...REPEAT_WAITS_MS]) {
        if (ms > 0) await sleep(clock, ms, halt)
        const result = await step(deletion, deps)
        if (result) return result
      }
    } catch (err) {
      if (!(err instanceof OktaRejection)) throw err
      const { words, errorCode } = err
      return { ...asKept(deletion, `Okta refuses to delete it: ${words}`), errorCode }
    }
    return { state: 'failed', reason: 'Okta does not show that it is deactivated' }
  }
}
