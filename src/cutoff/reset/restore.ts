/** Sets the hook again for those whom a reset of ours has left in RECOVERY, and for nobody else. */
import { sleep } from '../../clock.ts'
import { timeOf } from '../../campaign/loading/users.ts'
import { setHookAgain } from '../../okta/api/passwords.ts'
import { getUser, type OktaUser } from '../../okta/api/users.ts'
import { OktaAnswerLost, OktaRejection, orMissing } from '../../okta/errors/rejection.ts'
import { AppError } from '../../errors/errors.ts'
import { isReadOnly } from '../hook-state.ts'
import { lookAtPerson, SETTLED_MS, type ResetDeps } from './reset-person.ts'
import type { ListedPerson, Restoration } from './listed.ts'
import { isAsLeft } from './verdict.ts'

export type RestoreDeps = Pick<ResetDeps, 'request' | 'journal' | 'clock' | 'serverTime' | 'halt'>

const WAITS_MS = [0, 1_000, 5_000] as const

/** A person who is in RECOVERY and not as we left them: Okta says that the provider is OKTA, or a password was set. */
const kept = (user: OktaUser | undefined): Restoration => ({
  restored: user?.status === 'RECOVERY' ? 'kept_in_recovery' : 'kept',
})

const asRestored = (user: OktaUser): Restoration => ({
  restored: user.status ?? '',
  changed: timeOf(user.passwordChanged),
})

/**
 * What a look says after a call whose answer was lost. Perhaps it was not that call, but the person, who has set a
 * password: so its time is not kept as one of ours, and a later reset leaves the person out.
 */
const settled = (user: OktaUser | undefined): Restoration =>
  user?.credentials?.provider?.type === 'IMPORT' ? { restored: user.status ?? '' } : kept(user)

/**
 * The call is the same however often it is made, as long as the person has set no password: so there is a look straight
 * before each.
 * @throws OktaAnswerLost, OktaRejection, and what the client throws
 */
const restorePerson = async (
  { request, journal, clock, serverTime, halt }: RestoreDeps,
  person: ListedPerson,
): Promise<Restoration> => {
  let lost: OktaAnswerLost | undefined
  for (const ms of WAITS_MS) {
    if (ms > 0) await sleep(clock, ms, halt)
    const user = await orMissing(getUser(request, person.oktaId))
    if (!isAsLeft(user, person)) return lost || person.isRestoring ? settled(user) : kept(user)
    journal.restore(person.number, { restored: 'open' }, serverTime.now())
    try {
      return asRestored((await setHookAgain(request, person.oktaId)).user)
    } catch (err) {
      if (!(err instanceof OktaAnswerLost)) throw err
      lost = err
    }
  }
  if (!isReadOnly(lost)) throw lost ?? new TypeError('no attempt')
  throw new AppError('okta_read_only', { detail: lost?.detail ?? '', cause: lost })
}

/** Of the lists that are not finished: who waits is left alone, and what a run before has left open is looked at. */
export const endLists = async (deps: RestoreDeps, lists: readonly number[]): Promise<void> => {
  const { journal, clock, serverTime, halt } = deps
  for (const list of lists) {
    journal.drop(list)
    for (let person = journal.open(list); person; person = journal.open(list)) {
      await sleep(clock, SETTLED_MS, halt)
      const verdict = await lookAtPerson({ ...deps, closedAt: Infinity }, person)
      const outcome =
        verdict === 'made'
          ? ({ state: 'done', reason: 'seen' } as const)
          : ({ state: 'dropped', reason: 'not sent' } as const)
      journal.end(person.number, outcome, serverTime.now())
    }
  }
}

/** @throws AppError where it must stop; the next run goes on */
export const restorePeople = async (
  deps: RestoreDeps,
  onEnd: (restoration: Restoration) => void,
): Promise<void> => {
  const { journal, serverTime } = deps
  let number = 0
  for (let person = journal.nextRestorable(number); person;) {
    const restoration = await restorePerson(deps, person).catch((err: unknown): Restoration => {
      if (!(err instanceof OktaRejection)) throw err
      return { restored: 'failed' }
    })
    journal.restore(person.number, restoration, serverTime.now())
    onEnd(restoration)
    number = person.number
    person = journal.nextRestorable(number)
  }
}
