/** Describes each HTTP call to Okta in one line, without secrets and without logins. */
import type { Clock } from '../../clock.ts'
import { describeSeconds } from '../../text/duration.ts'
import { isAnswer, type Transport, type Wait } from './transport.ts'

export interface TracedCall {
  readonly method: string
  readonly path: string
  /** The status, or why there is no answer. */
  readonly result: number | string
  readonly requestId?: string | undefined
  readonly ms: number
  /** How often it has been sent, this time included. */
  readonly attempt?: number | undefined
  readonly waited?: Wait | undefined
}

/** A path can name a user by login in place of the id. No other part of a path identifies a person. */
const LOGIN = /(?<=\/users\/)(?!(?:me|00u\w{17})(?:\/|$))[^/]+/

/** A shorter wait is this program's own work. */
const MIN_WAIT_MS = 1_000

const describeWaited = ({ ms, reason }: Wait): string =>
  `after waiting ${describeSeconds(ms / 1000)}${reason === undefined ? '' : `: ${reason}`}`

export const describeTracedCall = (call: TracedCall): string => {
  const { method, path, result, requestId, ms, attempt = 1, waited } = call
  return [
    `${method} ${path.replace(/\?.*/, '').replace(LOGIN, '…')} ${result}`,
    `${Math.round(ms)} ms`,
    ...(requestId === undefined ? [] : [`request id ${requestId}`]),
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
    ...(waited && waited.ms >= MIN_WAIT_MS ? [describeWaited(waited)] : []),
  ].join(', ')
}

/** The same transport, which reports each call when it has ended. */
export const traceCalls = (
  transport: Transport,
  clock: Pick<Clock, 'now'>,
  onCall: (call: TracedCall) => void,
): Transport => ({
  async send(request) {
    const sentAt = clock.now()
    const outcome = await transport.send(request)
    const { method, url, attempt, waited } = request
    const { requestId } = { requestId: undefined, ...outcome }
    const result = isAnswer(outcome) ? outcome.status : `no answer (${outcome.reason})`
    const ms = clock.now() - sentAt
    onCall({ method, path: url.pathname, result, requestId, ms, attempt, waited })
    return outcome
  },
})
