/** Resets one person at most once: a look before each call, the intent before it, and a look after an answer that was lost. */
import { sleep, type Clock } from '../../clock.ts'
import type { ServerTime } from '../../import/run/server-time.ts'
import { resetByLink, resetByMail } from '../../okta/api/passwords.ts'
import { getUser } from '../../okta/api/users.ts'
import type { RequestFn } from '../../okta/client/client.ts'
import { OktaAnswerLost, OktaRejection, orMissing } from '../../okta/errors/rejection.ts'
import { AppError } from '../../errors/errors.ts'
import { isReadOnly } from '../hook-state.ts'
import type { LinksFile } from './links-file.ts'
import type { ListedPerson, ResetOutcome } from './listed.ts'
import type { ResetJournal } from './reset-journal.ts'
import { judgeReset, type ResetVerdict } from './verdict.ts'

/** A call whose answer was lost may still take effect: nothing is sent again before a look that is so much later. */
export const SETTLED_MS = 10_000
const LOOK_AGAIN_MS = 1_000
const MOST_CALLS = 3

const READ_ONLY_WAIT_MS = 60_000
/** An hour. */
const MOST_READ_ONLY_WAITS = 60

export interface ResetDeps {
  /** Observed by `serverTime`, and ended by `halt` where it waits. */
  readonly request: RequestFn
  readonly journal: ResetJournal
  /** Undefined where Okta mails the links. */
  readonly links: LinksFile | undefined
  readonly clock: Clock
  readonly serverTime: ServerTime
  /** When the hook was closed, in milliseconds since 1970. */
  readonly closedAt: number
  readonly halt: AbortSignal
  readonly onReadOnly: (isWaiting: boolean) => void
}

/** One person while they are being reset. */
interface Attempts {
  person: ListedPerson
  calls: number
  readOnlyWaits: number
  /** On the clock: when the newest call was about to be sent, by this run or the one before; undefined if never. */
  sentAt: number | undefined
}

export const lookAtPerson = async (
  { request, closedAt }: Pick<ResetDeps, 'request' | 'closedAt'>,
  person: ListedPerson,
): Promise<ResetVerdict> =>
  judgeReset(await orMissing(getUser(request, person.oktaId)), person, closedAt)

const SEEN: ResetOutcome = { state: 'done', reason: 'seen' }

/** @returns undefined where the person has no link yet: nobody knows the one that was lost, so a newer one ends nobody's */
const outcomeOfMade = ({ links }: ResetDeps, { person }: Attempts): ResetOutcome | undefined =>
  !links || links.has(person.oktaId) ? SEEN : undefined

const call = async (
  { request, links }: ResetDeps,
  { person: { oktaId, login } }: Attempts,
): Promise<ResetOutcome> => {
  if (!links) {
    return { state: 'done', reason: 'answered', requestId: await resetByMail(request, oktaId) }
  }
  const { link, requestId } = await resetByLink(request, oktaId)
  links.add({ oktaId, login, link })
  return { state: 'done', reason: 'answered', requestId }
}

const waitForReadOnly = async (deps: ResetDeps, attempts: Attempts, err: unknown) => {
  const { clock, halt, onReadOnly } = deps
  if (++attempts.readOnlyWaits > MOST_READ_ONLY_WAITS) {
    throw new AppError('okta_read_only', { detail: (err as AppError).detail ?? '', cause: err })
  }
  onReadOnly(true)
  await sleep(clock, READ_ONLY_WAIT_MS, halt).finally(() => onReadOnly(false))
}

/** @returns undefined where it is not known what came of the call */
const send = async (deps: ResetDeps, attempts: Attempts): Promise<ResetOutcome | undefined> => {
  const { journal, serverTime, clock } = deps
  const { person } = attempts
  const at = serverTime.now()
  journal.intend(person.number, at)
  attempts.person = { ...person, state: 'open', intendedAt: person.intendedAt ?? at }
  attempts.sentAt = clock.now()
  try {
    return await call(deps, attempts)
  } catch (err) {
    if (isReadOnly(err)) await waitForReadOnly(deps, attempts, err)
    else if (!(err instanceof OktaAnswerLost)) throw err
    else if (++attempts.calls === MOST_CALLS) throw err
    return undefined
  }
}

const step = async (deps: ResetDeps, attempts: Attempts): Promise<ResetOutcome | undefined> => {
  const verdict = await lookAtPerson(deps, attempts.person)
  if (verdict === 'made') return outcomeOfMade(deps, attempts) ?? send(deps, attempts)
  if (verdict !== 'send') return { state: 'skipped', reason: verdict }
  const { clock, halt } = deps
  const { sentAt = -Infinity } = attempts
  const early = sentAt + SETTLED_MS - clock.now()
  if (early <= 0) return send(deps, attempts)
  await sleep(clock, Math.max(LOOK_AGAIN_MS, early), halt)
  return undefined
}

/**
 * @throws AppError where the run must stop, or the reason of `halt`: the person stays open where a call was about to be
 * sent, and the next run looks first
 */
export const resetPerson = async (deps: ResetDeps, person: ListedPerson): Promise<ResetOutcome> => {
  // The run before may have sent its call at its very end.
  const sentAt = person.state === 'open' ? deps.clock.now() : undefined
  const attempts: Attempts = { person, calls: 0, readOnlyWaits: 0, sentAt }
  try {
    for (;;) {
      const outcome = await step(deps, attempts)
      if (outcome) return outcome
    }
  } catch (err) {
    if (!(err instanceof OktaRejection)) throw err
    const { status, errorCode, words, requestId } = err
    return { state: 'failed', reason: `${status} ${errorCode}: ${words}`, requestId }
  }
}
