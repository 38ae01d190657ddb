/** Creates the user of one row exactly once, or finds the one who exists, even where answers are lost. */
import { sleep, type Clock } from '../../clock.ts'
import { AppError } from '../../errors/errors.ts'
import type { OktaClient } from '../../okta/client/client.ts'
import { OktaAnswerLost, OktaRejection } from '../../okta/errors/rejection.ts'
import { createKnownUsers, type KnownUser, type KnownUsers } from '../../okta/api/known-users.ts'
import { REPEAT_WAITS_MS } from '../../okta/client/retry.ts'
import { isDuplicate, isTaken, findHolder } from './duplicate.ts'
import type { Journal } from '../journal/journal.ts'
import type { RowOutcome } from '../journal/row.ts'
import type { Sendable } from '../rows/prepare.ts'
import { reasonFor } from '../report/reasons.ts'
import type { ServerTime } from './server-time.ts'
import { asFound, createUpdate, failed, type DueRow, type SentRow } from './update-user.ts'

/** Okta's servers may disagree on the time by a moment. */
export const SERVER_SKEW_MS = 5_000

/** The id in an answer that holds a user. */
const idIn = (body: unknown): string | undefined => {
  const { id, profile } = (body ?? {}) as { id?: unknown; profile?: { login?: unknown } }
  return typeof id === 'string' && typeof profile?.login === 'string' ? id : undefined
}

/** @returns Okta's rejection of a duplicate; undefined, or what is known, where the answer was lost */
const create = async (
  request: OktaClient['request'],
  sendable: Sendable,
): Promise<RowOutcome | OktaAnswerLost | OktaRejection | undefined> => {
  try {
    const { body, requestId } = await request(sendable.request)
    const oktaId = idIn(body)
    // A 200 without a user proves nothing: perhaps something other than Okta has answered.
    return oktaId === undefined
      ? undefined
      : { state: 'created', oktaId, requestId, madeBy: requestId }
  } catch (err) {
    if (err instanceof OktaAnswerLost) return err
    if (err instanceof OktaRejection && isDuplicate(err)) return err
    throw err
  }
}

/** What the create calls for a row have left open. */
interface Attempts {
  /** Whether one of them may have created the user. */
  isUncertain: boolean
  duplicate: OktaRejection | undefined
  lost: OktaAnswerLost | undefined
}

/** Whether our own call made the user: the provider is plausible, and the user is not older than the call. */
const isOurs = (user: KnownUser, { sendable, due }: SentRow): boolean => {
  const { created = '', provider } = user
  const isPlausibleProvider = provider === undefined || sendable.providers.includes(provider)
  return isPlausibleProvider && Date.parse(created) >= due.intendedAt - SERVER_SKEW_MS
}

type OnUserFound = (user: KnownUser, sent: SentRow) => Promise<RowOutcome>

interface CreationDeps {
  readonly request: OktaClient['request']
  readonly users: KnownUsers
  /** For a user whom our call did not make. */
  readonly onFound: OnUserFound
  /** For a user whom our own call may have made. */
  readonly onPossiblyOurs: OnUserFound
}

const findCreated = async (
  { users, onPossiblyOurs }: CreationDeps,
  sent: SentRow,
): Promise<RowOutcome | undefined> => {
  let user: KnownUser | undefined
  try {
    user = await users.find(sent.sendable.login)
  } catch (err) {
    if (!(err instanceof OktaRejection)) throw err
    return failed(`Okta does not say whether it was created: ${err.words}`, err)
  }
  return user && onPossiblyOurs(user, sent)
}

const resolveDuplicate = async (
  users: KnownUsers,
  duplicate: OktaRejection,
  sent: SentRow,
  onHolder: OnUserFound,
): Promise<RowOutcome> => {
  const { errorCode, requestId } = duplicate
  const { user, explanation } = await findHolder(users, sent.sendable)
  if (user) return { errorCode, requestId, ...(await onHolder(user, sent)) }
  return failed(`${reasonFor(duplicate, sent.sendable.secrets)}; ${explanation}`, duplicate)
}

/** @returns undefined while it is unknown whether the user was created */
const attemptCreate = async (
  deps: CreationDeps,
  sent: SentRow,
  attempts: Attempts,
): Promise<RowOutcome | undefined> => {
  if (attempts.isUncertain) {
    const found = await findCreated(deps, sent)
    if (found) return found
  }
  const { request, users, onFound } = deps
  const answer = await create(request, sent.sendable)
  if (answer instanceof OktaRejection) {
    // Nothing was sent before, so a user with this login cannot be ours.
    if (!attempts.isUncertain) return resolveDuplicate(users, answer, sent, onFound)
    attempts.duplicate = answer
  } else if (!answer || answer instanceof OktaAnswerLost) attempts.lost = answer
  else return answer
  attempts.isUncertain = true
  return undefined
}

export interface UserCreatorDeps {
  readonly client: OktaClient
  readonly serverTime: ServerTime
  readonly clock: Clock
  /** Ends every wait; requests in flight then reject with its reason. */
  readonly halt: AbortSignal
  /** Given where existing users are updated: records what is about to be changed. */
  readonly recordIntent?: Journal['recordIntent'] | undefined
}

/** @throws what is not a rejection by Okta */
const toFailed = (err: unknown, { secrets }: Sendable): RowOutcome => {
  if (!(err instanceof OktaRejection)) throw err
  return { ...failed(reasonFor(err, secrets), err), ...(!isTaken(err) && { isRefusal: true }) }
}

/** After this many rows in a row without an answer, Okta is failing, not the rows. */
const MAX_GIVEN_UP = 5
const UNANSWERED = 'It answers questions about users, but not the calls that create or change them.'

/** Gives up rows whose creation or update has no answer, until there are too many in a row. */
const createGiveUpCounter = () => {
  let givenUp = 0
  const onOutcome = (outcome: RowOutcome): RowOutcome => {
    if (!outcome.isUnanswered) givenUp = 0
    return outcome
  }
  const giveUp = (
    lost: OktaAnswerLost | undefined,
    secrets: readonly string[],
    what = 'update it',
  ): RowOutcome => {
    if (++givenUp > MAX_GIVEN_UP) {
      throw new AppError('okta_unreachable', { detail: UNANSWERED })
    }
    const why = lost ? `: ${reasonFor(lost, secrets)}` : ''
    return { ...failed(`Okta gave no answer to ${what}${why}`, lost ?? {}), isUnanswered: true }
  }
  return { onOutcome, giveUp }
}

/** A row that had a user in Okta. If that was deleted, it is not created again: someone had a reason. */
const revisit = async ({ users, onFound }: CreationDeps, sent: SentRow): Promise<RowOutcome> => {
  const id = sent.due.oktaId ?? ''
  const user = (await users.get(id)) ?? (await users.find(sent.sendable.login))
  if (user) return onFound(user, sent)
  const reason =
    `its user (${id}) was deleted in Okta since it was imported; ` +
    'to create it again, import it with another --journal'
  return { state: 'failed', reason }
}

export const createUserCreator = (deps: UserCreatorDeps) => {
  const { client, serverTime, clock, halt, recordIntent } = deps
  const { onOutcome, giveUp } = createGiveUpCounter()

  const request: OktaClient['request'] = async (what) => {
    const response = await client.request({ ...what, signal: halt })
    serverTime.observe(response.headers)
    return response
  }
  const users = createKnownUsers(request)
  const update = recordIntent && createUpdate({ users, recordIntent, clock, halt, giveUp })
  const onFound: OnUserFound = update ?? ((user, { due }) => Promise.resolve(asFound(user, due)))
  const onPossiblyOurs: OnUserFound = async (user, sent) =>
    isOurs(user, sent) ? { state: 'created', oktaId: user.id } : onFound(user, sent)
  const creation: CreationDeps = { request, users, onFound, onPossiblyOurs }

  const createOrFind = async (sent: SentRow): Promise<RowOutcome> => {
    const { sendable, due } = sent
    if (due.oktaId !== null) return revisit(creation, sent)
    // With --update most users exist, so one call finds them. Others are found when the creation is refused.
    const found = update && due.isNew ? await users.findByPath(sendable.login) : undefined
    if (found) return onFound(found, sent)
    const attempts: Attempts = { isUncertain: !due.isNew, duplicate: undefined, lost: undefined }
    for (const ms of [0, ...REPEAT_WAITS_MS]) {
      if (ms > 0) await sleep(clock, ms, halt)
      const outcome = await attemptCreate(creation, sent, attempts)
      if (outcome) return outcome
    }
    const created = await findCreated(creation, sent)
    if (created) return created
    const { duplicate, lost } = attempts
    if (!duplicate) return giveUp(lost, sendable.secrets, 'create it')
    return resolveDuplicate(users, duplicate, sent, onPossiblyOurs)
  }
  /** A user who was created from the row does not differ from it. */
  const compared = (outcome: RowOutcome): RowOutcome =>
    update && outcome.state === 'created' ? { changed: '', ...outcome } : outcome

  return {
    /**
     * Creates the user, unless it exists.
     * @throws AppError when the run must stop, or the reason of `halt`; the next run then asks Okta about the row
     */
    createOnce: (sendable: Sendable, due: DueRow): Promise<RowOutcome> =>
      createOrFind({ sendable, due })
        .catch((err: unknown) => toFailed(err, sendable))
        .then((outcome) => onOutcome(compared(outcome))),
  }
}
