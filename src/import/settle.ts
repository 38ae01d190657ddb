/** Owns the fate of one row: created once, found there, or refused, whatever becomes of the answers. */
import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import type { OktaClient } from '../okta/client.ts'
import { OktaAnswerLost, OktaRejection } from '../okta/rejection.ts'
import { pause } from '../okta/retry.ts'
import type { Outcome } from './journal.ts'
import { findByLogin, toUser } from './lookup.ts'
import type { Sendable } from './prepare.ts'
import type { ServerTime } from './server-time.ts'

/** Waits before each repeat of a create call whose answer was lost and whose user is not there. */
export const REPEAT_WAITS_MS = [200, 1_000, 5_000, 20_000]

/** Okta's servers may differ by a moment in what time it is. */
export const SKEW_MS = 5_000

/** Only the text of the cause tells a duplicate from other faults (Okta error code E0000001). */
const IS_DUPLICATE = /^login: .*already exists/i

const isDuplicate = ({ errorCode, causes }: OktaRejection): boolean =>
  errorCode === 'E0000001' && causes.some((cause) => IS_DUPLICATE.test(cause))

/** Okta's words on a refusal, without any secret of the row that they may repeat. */
const reasonFor = ({ words }: Pick<OktaRejection, 'words'>, secrets: readonly string[]): string =>
  secrets.reduce((text, secret) => text.replaceAll(secret, '***'), words)

/** Nobody knows what became of a create call. */
interface Unknown {
  readonly state: 'unknown'
  readonly lost: OktaAnswerLost | undefined
}

type Request = OktaClient['request']

const ask = async (
  request: Request,
  sendable: Sendable,
  intendedAt: number,
): Promise<Outcome | undefined> => {
  const user = await findByLogin(request, sendable.login)
  if (!user) return undefined
  const { id: oktaId, created, provider } = user
  const isKin = provider === undefined || sendable.providers.includes(provider)
  const isOurs = isKin && created >= intendedAt - SKEW_MS
  return { state: isOurs ? 'created' : 'existing', oktaId }
}

const create = async (request: Request, sendable: Sendable): Promise<Outcome | Unknown> => {
  try {
    const { body, requestId } = await request(sendable.request)
    const user = toUser(body)
    // A 200 that holds no user is no proof of one: perhaps something else has answered.
    return user
      ? { state: 'created', oktaId: user.id, requestId }
      : { state: 'unknown', lost: undefined }
  } catch (err) {
    if (err instanceof OktaAnswerLost) return { state: 'unknown', lost: err }
    if (!(err instanceof OktaRejection && isDuplicate(err))) throw err
    return { state: 'existing', errorCode: err.errorCode, requestId: err.requestId }
  }
}

/** What is open about a row that was sent and perhaps not created. */
interface Doubt {
  isOpen: boolean
  duplicate: Outcome | undefined
  lost: OktaAnswerLost | undefined
}

/** @returns undefined while nobody knows what became of the user */
const attempt = async (
  request: Request,
  sendable: Sendable,
  intendedAt: number,
  doubt: Doubt,
): Promise<Outcome | undefined> => {
  if (doubt.isOpen) {
    // A duplicate that is not found by its login is one that differs from it in case or diacritics.
    const found = (await ask(request, sendable, intendedAt)) ?? doubt.duplicate
    if (found) return found
  }
  const answer = await create(request, sendable)
  if (answer.state === 'unknown') doubt.lost = answer.lost
  else if (answer.state === 'existing' && doubt.isOpen) doubt.duplicate = answer
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

  const request: Request = async (what) => {
    const response = await client.request({ ...what, signal: halt })
    serverTime.observe(response.headers)
    return response
  }

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

  const settle = async (
    sendable: Sendable,
    intendedAt: number,
    fresh: boolean,
  ): Promise<Outcome> => {
    const doubt: Doubt = { isOpen: !fresh, duplicate: undefined, lost: undefined }
    for (const ms of [0, ...REPEAT_WAITS_MS]) {
      if (ms > 0) await pause(clock, ms, halt)
      const outcome = await attempt(request, sendable, intendedAt, doubt)
      if (outcome) return answered(outcome)
    }
    const found = (await ask(request, sendable, intendedAt)) ?? doubt.duplicate
    return found ? answered(found) : giveUp(doubt.lost, sendable.secrets)
  }
  return {
    settle: (sendable, intendedAt, fresh) =>
      settle(sendable, intendedAt, fresh).catch((err: unknown) => {
        if (!(err instanceof OktaRejection)) throw err
        const { errorCode, requestId } = err
        const reason = reasonFor(err, sendable.secrets)
        return answered({ state: 'failed', errorCode, requestId, reason })
      }),
  }
}
