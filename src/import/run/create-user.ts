/** Owns the fate of one row: created once, found there, or refused, whatever becomes of the answers. */
import { sleep, type Clock } from '../../clock.ts'
import { AppError } from '../../errors/errors.ts'
import type { OktaClient } from '../../okta/client/client.ts'
import { OktaAnswerLost, OktaRejection } from '../../okta/errors/rejection.ts'
import { createKnownUsers, type KnownUser, type KnownUsers } from '../../okta/api/known-users.ts'
import { REPEAT_WAITS_MS } from '../../okta/client/retry.ts'
import { isDuplicate, isTaken, whoIsThere } from './duplicate.ts'
import type { Journal, RowOutcome } from '../journal/journal.ts'
import type { Sendable } from '../rows/prepare.ts'
import { reasonFor } from '../report/reasons.ts'
import type { ServerTime } from './server-time.ts'
import { asFound, createUpdate, type Due, type SentUpdate } from './update-user.ts'

/** Okta's servers may differ by a moment in what time it is. */
export const SKEW_MS = 5_000

/** Whether a create call was carried out is not known. */
interface Unknown {
  readonly state: 'unknown'
  readonly lost: OktaAnswerLost | undefined
}

/** The id in an answer that holds a user. */
const idIn = (body: unknown): string | undefined => {
  const { id, profile } = (body ?? {}) as { id?: unknown; profile?: { login?: unknown } }
  return typeof id === 'string' && typeof profile?.login === 'string' ? id : undefined
}

const create = async (
  request: OktaClient['request'],
  sendable: Sendable,
): Promise<RowOutcome | Unknown | OktaRejection> => {
  try {
    const { body, requestId } = await request(sendable.request)
    const oktaId = idIn(body)
    // A 200 that holds no user is no proof of one: perhaps something else has answered.
    return oktaId === undefined
      ? { state: 'unknown', lost: undefined }
      : { state: 'created', oktaId, requestId, madeBy: requestId }
  } catch (err) {
    if (err instanceof OktaAnswerLost) return { state: 'unknown', lost: err }
    if (err instanceof OktaRejection && isDuplicate(err)) return err
    throw err
  }
}

/** What is open about a row that was sent and perhaps not created. */
interface Doubt {
  isOpen: boolean
  duplicate: OktaRejection | undefined
  lost: OktaAnswerLost | undefined
}

/** Whether our own call made the user: the user is of that kind, and no older. */
const isOurs = (user: KnownUser, { sendable, due }: SentUpdate): boolean => {
  const { created = '', provider } = user
  const isKin = provider === undefined || sendable.providers.includes(provider)
  return isKin && Date.parse(created) >= due.intendedAt - SKEW_MS
}

/** What a user who is there is the sign of. */
type Meet = (user: KnownUser, sent: SentUpdate) => Promise<RowOutcome>

interface Caller {
  readonly request: OktaClient['request']
  readonly users: KnownUsers
  /** A user whom our call did not make. */
  readonly meet: Meet
  /** A user whom our own call may have made. */
  readonly judge: Meet
}

const ask = async ({ users, judge }: Caller, sent: SentUpdate): Promise<RowOutcome | undefined> => {
  let user: KnownUser | undefined
  try {
    user = await users.find(sent.sendable.login)
  } catch (err) {
    if (!(err instanceof OktaRejection)) throw err
    const { errorCode, requestId, words } = err
    const reason = `Okta does not say whether it was created: ${words}`
    return { state: 'failed', errorCode, requestId, reason }
  }
  return user && judge(user, sent)
}

const explain = async (
  users: KnownUsers,
  duplicate: OktaRejection,
  sent: SentUpdate,
  meet: Meet,
): Promise<RowOutcome> => {
  const { errorCode, requestId } = duplicate
  const { user, words } = await whoIsThere(users, sent.sendable)
  if (user) return { errorCode, requestId, ...(await meet(user, sent)) }
  const reason = `${reasonFor(duplicate, sent.sendable.secrets)}; ${words}`
  return { state: 'failed', errorCode, requestId, reason }
}

/** @returns undefined while nobody knows what became of the user */
const attempt = async (
  caller: Caller,
  sent: SentUpdate,
  doubt: Doubt,
): Promise<RowOutcome | undefined> => {
  if (doubt.isOpen) {
    const found = await ask(caller, sent)
    if (found) return found
  }
  const { request, users, meet } = caller
  const answer = await create(request, sent.sendable)
  if (answer instanceof OktaRejection) {
    // Nothing was sent before, so that nobody with this login can be our own doing.
    if (!doubt.isOpen) return explain(users, answer, sent, meet)
    doubt.duplicate = answer
  } else if (answer.state === 'unknown') doubt.lost = answer.lost
  else return answer
  doubt.isOpen = true
  return undefined
}

export interface UserCreatorDeps {
  readonly client: OktaClient
  readonly serverTime: ServerTime
  readonly clock: Clock
  /** Ends every wait; what is under way then rejects with its reason. */
  readonly halt: AbortSignal
  /** Where users who are there are updated: writes down what is about to be changed. */
  readonly intend?: Journal['intend'] | undefined
}

export interface UserCreator {
  /**
   * Creates the user, unless it is there.
   * @throws AppError when the run must stop, or the reason of `halt`; the row's fate is then for the next
   *   run to ask
   */
  readonly settle: (sendable: Sendable, due: Due) => Promise<RowOutcome>
}

/** @throws what is no refusal of Okta's */
const refused = (err: unknown, { secrets }: Sendable): RowOutcome => {
  if (!(err instanceof OktaRejection)) throw err
  const { errorCode, requestId } = err
  const isRefusal = isTaken(err) ? {} : { isRefusal: true }
  return { state: 'failed', errorCode, requestId, reason: reasonFor(err, secrets), ...isRefusal }
}

/** How many rows in a row may be given up before it is Okta that fails, and no longer the rows. */
const MAX_GIVEN_UP = 5

/** Gives up rows whose creation or update has no answer, until they are too many in a row. */
const createGivingUp = () => {
  let givenUp = 0
  const answered = (outcome: RowOutcome): RowOutcome => {
    if (!outcome.isUnanswered) givenUp = 0
    return outcome
  }
  const giveUp = (
    what: string,
    lost: OktaAnswerLost | undefined,
    secrets: readonly string[],
  ): RowOutcome => {
    if (++givenUp > MAX_GIVEN_UP) {
      const detail = 'It answers questions about users, and no call that creates or changes one.'
      throw new AppError('okta_unreachable', { detail })
    }
    const { errorCode, requestId } = lost ?? {}
    const why = lost ? `: ${reasonFor(lost, secrets)}` : ''
    const reason = `Okta gave no answer to ${what}${why}`
    return { state: 'failed', errorCode, requestId, reason, isUnanswered: true }
  }
  return { answered, giveUp }
}

const findKnown = async (
  users: KnownUsers,
  { sendable, due }: SentUpdate,
): Promise<KnownUser | undefined> =>
  (await users.get(due.oktaId ?? '')) ?? (await users.find(sendable.login))

/** A row whose user was known before is not created again: somebody had a reason. */
const deletedSince = ({ due }: SentUpdate): RowOutcome => ({
  state: 'failed',
  reason:
    `its user (${due.oktaId ?? ''}) was deleted in Okta since it was imported; ` +
    'to create it again, import it with another --journal',
})

export const createUserCreator = ({
  client,
  serverTime,
  clock,
  halt,
  intend,
}: UserCreatorDeps): UserCreator => {
  const { answered, giveUp } = createGivingUp()

  const request: OktaClient['request'] = async (what) => {
    const response = await client.request({ ...what, signal: halt })
    serverTime.observe(response.headers)
    return response
  }

  const users = createKnownUsers(request)
  const update =
    intend &&
    createUpdate({ users, intend, clock, halt, giveUp: (...lost) => giveUp('update it', ...lost) })
  const meet: Meet = update ?? ((user, { due }) => Promise.resolve(asFound(user, due)))
  const judge: Meet = (user, sent) =>
    isOurs(user, sent) ? Promise.resolve({ state: 'created', oktaId: user.id }) : meet(user, sent)
  const caller = { request, users, meet, judge }

  const settle = async (sent: SentUpdate): Promise<RowOutcome> => {
    const { sendable, due } = sent
    if (due.oktaId !== null) {
      const known = await findKnown(users, sent)
      return known ? meet(known, sent) : deletedSince(sent)
    }
    // In one call, for most are there; who is not found so is found when the creation is refused.
    const found = update && due.fresh ? await users.findByPath(sendable.login) : undefined
    if (found) return meet(found, sent)
    const doubt: Doubt = { isOpen: !due.fresh, duplicate: undefined, lost: undefined }
    for (const ms of [0, ...REPEAT_WAITS_MS]) {
      if (ms > 0) await sleep(clock, ms, halt)
      const outcome = await attempt(caller, sent, doubt)
      if (outcome) return outcome
    }
    const there = await ask(caller, sent)
    if (there) return there
    const { duplicate, lost } = doubt
    if (!duplicate) return giveUp('create it', lost, sendable.secrets)
    return explain(users, duplicate, sent, judge)
  }
  /** What was created from the row has no differences from it. */
  const compared = (outcome: RowOutcome): RowOutcome =>
    update && outcome.state === 'created' ? { changed: '', ...outcome } : outcome

  return {
    settle: (sendable, due) =>
      settle({ sendable, due })
        .catch((err: unknown) => refused(err, sendable))
        .then((outcome) => answered(compared(outcome))),
  }
}
