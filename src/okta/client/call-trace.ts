/** The calls to Okta as they go over the wire, each in one line that holds no secret and names nobody. */
import type { Clock } from '../../clock.ts'
import { describeSeconds } from '../../text/duration.ts'
import { isAnswer, type Transport } from './transport.ts'

/** Why a call was not sent at once, and how long not. */
export interface Waited {
  readonly ms: number
  readonly reason: string | undefined
}

export interface TracedCall {
  readonly method: string
  readonly path: string
  /** The status, or why there is no answer. */
  readonly end: number | string
  readonly requestId?: string | undefined
  readonly ms: number
  /** How often it was sent, with this time. */
  readonly attempt?: number | undefined
  readonly waited?: Waited | undefined
}

/** A user may be named by the login, in place of the id; it is the one part of a path that is about a person. */
const LOGIN = /(?<=\/users\/)(?!(?:me|00u\w{17})(?:\/|$))[^/]+/

/** A shorter wait is the work of this program itself. */
const MIN_WAIT_MS = 1_000

const describeWaited = ({ ms, reason }: Waited): string =>
  `after ${describeSeconds(ms / 1000)} of waiting${reason === undefined ? '' : `: ${reason}`}`

export const describeTracedCall = ({
  method,
  path,
  end,
  requestId,
  ...call
}: TracedCall): string => {
  const { ms, attempt = 1, waited } = call
  return [
    `${method} ${path.replace(/\?.*/, '').replace(LOGIN, '…')} ${end}`,
    `${Math.round(ms)} ms`,
    ...(requestId === undefined ? [] : [`request id ${requestId}`]),
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
    ...(waited && waited.ms >= MIN_WAIT_MS ? [describeWaited(waited)] : []),
  ].join(', ')
}

/** The same transport, of whose calls each is told when it has ended. */
export const watchCalls = (
  transport: Transport,
  clock: Pick<Clock, 'now'>,
  tell: (call: TracedCall) => void,
): Transport => ({
  async send(sending) {
    const sentAt = clock.now()
    const outcome = await transport.send(sending)
    const { method, url, attempt, waited } = sending
    const { requestId } = { requestId: undefined, ...outcome }
    const end = isAnswer(outcome) ? outcome.status : `without an answer (${outcome.reason})`
    const ms = clock.now() - sentAt
    tell({ method, path: url.pathname, end, requestId, ms, attempt, waited })
    return outcome
  },
})
