/** The deletion of a user whom an import created and nobody has used: deactivated, asked about again, deleted. */
import type { Clock } from '../clock.ts'
import { foldLogin } from '../login.ts'
import type { KnownUser, KnownUsers } from '../okta/known-users.ts'
import { OktaAnswerLost, OktaRejection } from '../okta/rejection.ts'
import { pause, REPEAT_WAITS_MS } from '../okta/retry.ts'
import type { Made } from './journal-undo.ts'

export interface Fate {
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

export interface UndoParts {
  readonly users: KnownUsers
  /** Whether the hook has answered VERIFIED for one of these logins, by its ledger. */
  readonly wasVerified: (user: KnownUser) => Promise<boolean>
  /** Of the import. */
  readonly mode: string
  readonly isDryRun: boolean
  readonly clock: Clock
  readonly halt: AbortSignal
}

const isDeactivated = ({ status }: KnownUser): boolean => status === 'DEPROVISIONED'

/** @returns why the user stays */
const useOf = async (
  user: KnownUser,
  { login }: Made,
  { mode, wasVerified }: UndoParts,
): Promise<string | undefined> => {
  if (user.lastLogin !== undefined) return 'has signed in'
  if (foldLogin(user.login) !== login) return 'has another login now'
  // What a deactivated user's provider is, Okta does not document.
  const hasPassword = WITHOUT_PASSWORD.includes(mode) && user.provider !== 'IMPORT'
  if (hasPassword && !isDeactivated(user)) return 'has a password in Okta by now'
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

/**
 * One look, and the step that follows from it.
 * @param isBegun whether we have deactivated it, or were about to
 * @returns undefined where another look is needed
 */
const step = async (
  row: Made,
  isBegun: boolean,
  parts: UndoParts,
): Promise<Fate | 'deactivated' | undefined> => {
  const { users, isDryRun } = parts
  const user = await users.get(row.oktaId)
  if (!user) return { state: isBegun ? 'deleted' : 'gone' }
  const use = await useOf(user, row, parts)
  if (use !== undefined) {
    const reason = `${use}, and this undo had deactivated it before: activate it in the Admin Console`
    const isHarmed = isBegun && isDeactivated(user)
    return isHarmed ? { state: 'failed', reason } : { state: 'kept', reason: use }
  }
  if (isDryRun) return { state: 'deleted' }
  if (!isDeactivated(user)) {
    await unlessLost(users.deactivate(row.oktaId))
    return 'deactivated'
  }
  // Of a user who is not deactivated, a DELETE would only deactivate.
  if (!isBegun) return 'deactivated'
  await users.delete(row.oktaId)
  return { state: 'deleted' }
}

const describe = (err: OktaRejection, isBegun: boolean): Fate => ({
  state: isBegun ? 'failed' : 'kept',
  reason: `Okta refuses to delete it: ${err.words}`,
  errorCode: err.errorCode,
})

/** @throws AppError when the undo must stop, or the reason of `halt`; the next undo goes on with the row */
export const createUndo = (parts: UndoParts) => {
  const { clock, halt } = parts
  return async (row: Made): Promise<Fate> => {
    let { isBegun } = row
    try {
      // Deactivated, asked about again, deleted; more looks are for lost answers.
      for (const ms of [0, 0, ...REPEAT_WAITS_MS]) {
        if (ms > 0) await pause(clock, ms, halt)
        const fate = await step(row, isBegun, parts)
        if (fate === 'deactivated') isBegun = true
        else if (fate) return fate
      }
    } catch (err) {
      if (!(err instanceof OktaRejection)) throw err
      return describe(err, isBegun)
    }
    return { state: 'failed', reason: 'Okta does not show that it is deactivated' }
  }
}
