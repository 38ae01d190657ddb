/** Owns the fate of one row: created once, found there, or refused, whatever becomes of the answers. */
import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import type { OktaClient } from '../okta/client.ts'
import { OktaAnswerLost, OktaRejection } from '../okta/rejection.ts'
import { createKnownUsers, type KnownUser, type KnownUsers } from '../okta/known-users.ts'
import { pause } from '../okta/retry.ts'
import { existing, isDuplicate, isTaken, whoIsThere } from './duplicate.ts'
import type { Outcome } from './journal.ts'
import type { Sendable } from './prepare.ts'
import type { ServerTime } from './server-time.ts'

/** Waits before each repeat of a create call whose answer was lost and whose user is not there. */
export const REPEAT_WAITS_MS = [200, 1_000, 5_000, 20_000]

/** Okta's servers may differ by a moment in what time it is. */
export const SKEW_MS = 5_000

/** Okta's words on a refusal, without any secret of the row that they may repeat. */
const reasonFor = ({ words }: Pick<OktaRejection, 'words'>, secrets: readonly string[]): string =>
  secrets.reduce((text, secret) => text.replaceAll(secret, '***'), words)

/** Nobody knows what became of a create call. */
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
): Promise<Outcome | Unknown | OktaRejection> => {
  try {
    const { body, requestId } = await request(sendable.request)
    const oktaId = idIn(body)
    // A 200 that holds no user is no proof of one: perhaps something else has answered.
    return oktaId === undefined
      ? { state: 'unknown', lost: undefined }
      : { state: 'created', oktaId, requestId }
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

/** What was sent, and when it was written down to be sent. */
interface Sent {
  readonly sendable: Sendable
  readonly intendedAt: number
}

/** A user whom our own call may have made: it did, where the user is of that kind and no older. */
const judge = (user: KnownUser, { sendable, intendedAt }: Sent): Outcome => {
  const { id: oktaId, created = '', provider } = user
  const isKin = provider === undefined || sendable.providers.includes(provider)
  const isOurs = isKin && Date.parse(created) >= intendedAt - SKEW_MS
  return isOurs ? { state: 'created', oktaId } : existing(user)
}

const ask = async (users: KnownUsers, sent: Sent): Promise<Outcome | undefined> => {
  try {
    const user = await users.find(sent.sendable.login)
    return user && judge(user, sent)
  } catch (err) {
    if (!(err instanceof OktaRejection)) throw err
    const { errorCode, requestId, words } = err
    const reason = `Okta does not say whether it was created: ${words}`
    return { state: 'failed', errorCode, requestId, reason }
  }
}

/** @param asOutcome what a user with this login is the sign of */
const explain = async (
  users: KnownUsers,
  duplicate: OktaRejection,
  sendable: Sendable,
  asOutcome: (user: KnownUser) => Outcome,
): Promise<Outcome> => {
  const { errorCode, requestId } = duplicate
  const { user, words } = await whoIsThere(users, sendable)
  if (user) return { ...asOutcome(user), errorCode, requestId }
  const reason = `${reasonFor(duplicate, sendable.secrets)}; ${words}`
  return { state: 'failed', errorCode, requestId, reason }
}

interface Caller {
  readonly request: OktaClient['request']
  readonly users: KnownUsers
}

/** @returns undefined while nobody knows what became of the user */
const attempt = async (
  { request, users }: Caller,
  sent: Sent,
  doubt: Doubt,
): Promise<Outcome | undefined> => {
  if (doubt.isOpen) {
    const found = await ask(users, sent)
    if (found) return found
  }
  const { sendable } = sent
  const answer = await create(request, sendable)
  if (answer instanceof OktaRejection) {
    // Nothing was sent before, so that nobody with this login can be our own doing.
    if (!doubt.isOpen) return explain(users, answer, sendable, existing)
    doubt.duplicate = answer
  } else if (answer.state === 'unknown') doubt.lost = answer.lost
  else return answer
  doubt.isOpen = true
  return undefined
}

export interface SettleParts {
  readonly client: OktaClient
  readonly serverTime: ServerTime
  readonly clock: Clock
  /** Ends every wait; what is under way then rejects with its reason. */
  readonly halt: AbortSignal
}

export interface Settler {
  /**
   * Creates the user, unless it is there.
   * @param intendedAt when the row was written down to be sent, in milliseconds of Okta's clock
   * @param fresh whether nothing can have been sent for it yet
   * @throws AppError when the run must stop, or the reason of `halt`; the row's fate is then for the next
   *   run to ask
   */
  readonly settle: (sendable: Sendable, intendedAt: number, fresh: boolean) => Promise<Outcome>
}

/** How many rows in a row may be given up before it is Okta that fails, and no longer the rows. */
const MAX_GIVEN_UP = 5

export const createSettler = ({ client, serverTime, clock, halt }: SettleParts): Settler => {
  let givenUp = 0

  const answered = (outcome: Outcome): Outcome => {
    givenUp = 0
    return outcome
  }

  const request: OktaClient['request'] = async (what) => {
    const response = await client.request({ ...what, signal: halt })
    serverTime.observe(response.headers)
    return response
  }

  const users = createKnownUsers(request)

  const giveUp = (lost: OktaAnswerLost | undefined, secrets: readonly string[]): Outcome => {
    if (++givenUp > MAX_GIVEN_UP) {
      const detail = 'It answers questions about users, and no call that creates one.'
      throw new AppError('okta_unreachable', { detail })
    }
    const { errorCode, requestId } = lost ?? {}
    const why = lost ? `: ${reasonFor(lost, secrets)}` : ''
    return {
      state: 'failed',
      errorCode,
      requestId,
      reason: `Okta gave no answer to create it${why}`,
    }
  }

  const settle = async (sent: Sent, fresh: boolean): Promise<Outcome> => {
    const doubt: Doubt = { isOpen: !fresh, duplicate: undefined, lost: undefined }
    const { sendable } = sent
    for (const ms of [0, ...REPEAT_WAITS_MS]) {
      if (ms > 0) await pause(clock, ms, halt)
      const outcome = await attempt({ request, users }, sent, doubt)
      if (outcome) return answered(outcome)
    }
    const found = await ask(users, sent)
    if (found) return answered(found)
    const { duplicate, lost } = doubt
    if (!duplicate) return giveUp(lost, sendable.secrets)
    return answered(await explain(users, duplicate, sendable, (user) => judge(user, sent)))
  }
  return {
    settle: (sendable, intendedAt, fresh) =>
      settle({ sendable, intendedAt }, fresh).catch((err: unknown) => {
        if (!(err instanceof OktaRejection)) throw err
        const { errorCode, requestId } = err
        const reason = reasonFor(err, sendable.secrets)
        const isRefusal = isTaken(err) ? {} : { isRefusal: true }
        return answered({ state: 'failed', errorCode, requestId, reason, ...isRefusal })
      }),
  }
}
