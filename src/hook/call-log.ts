/** Owns the one line that each call leaves in the log, whatever becomes of the call. */
import type { HttpBindings } from '@hono/node-server'
import type { MiddlewareHandler } from 'hono'
import type { Clock } from '../clock.ts'
import { asAppError, describeUnforeseen, type AppError, type ErrorCode } from '../errors/errors.ts'
import type { SecretUsed } from './authenticate.ts'
import type { Decision, Reason } from './decision.ts'
import type { Boarding } from './single-flight.ts'

/** The part of a logger that the hook uses. */
export interface CallLog {
  info(fields: Record<string, unknown>, message: string): void
  warn(fields: Record<string, unknown>, message: string): void
  error(fields: Record<string, unknown>, message: string): void
}

/** What the steps of a call find out about it. */
export interface CallFields {
  eventId?: string | undefined
  oktaRequestId?: string | undefined
  /** As it may be written down. */
  login?: string
  outcome?: Decision['credential'] | 'FAILED'
  reason?: Reason | ErrorCode
  field?: string | undefined
  detail?: string | undefined
  cause?: Record<string, unknown> | undefined
  /** Set where the call carried a secret that is to be used no more. */
  secret?: SecretUsed
  /** Set where the call shared the answer of another one. */
  repeat?: Exclude<Boarding, 'first'>
  /** Milliseconds from the start of its lookup to the result, or to the error. */
  lookupMs?: number
  /** Milliseconds that its check waited, and that it took; and how many checks were computed with it. */
  waitMs?: number
  runMs?: number
  lanes?: number
}

/** A call that was answered. */
export interface FinishedCall extends Readonly<CallFields> {
  readonly status: number
  /** Milliseconds from its arrival to its answer. */
  readonly totalMs: number
}

/** Told of each call that was answered, of the same facts as the log. */
export type CallObserver = (call: FinishedCall) => void

export interface HookEnv {
  Bindings: HttpBindings
  Variables: {
    /** On the clock's scale. */
    arrivedAt: number
    facts: CallFields
  }
}

export type HookMiddleware = MiddlewareHandler<HookEnv>

const levelFor = (status: number): keyof CallLog => {
  if (status >= 500) return 'error'
  return status >= 400 ? 'warn' : 'info'
}

/** Of what lies beneath a failure, codes and places only: messages may quote what they failed on. */
const failureFacts = ({ code, field, detail, cause }: AppError): CallFields => ({
  outcome: 'FAILED',
  reason: code,
  field,
  detail,
  cause: cause === undefined ? undefined : describeUnforeseen(cause),
})

/** Milliseconds as the log shows them. */
const tenths = (ms: number | undefined): number | undefined =>
  ms === undefined ? undefined : Math.round(ms * 10) / 10

const logCall = (log: CallLog, call: FinishedCall): void => {
  const { lookupMs, waitMs, runMs, totalMs } = call
  const shown = {
    lookupMs: tenths(lookupMs),
    waitMs: tenths(waitMs),
    runMs: tenths(runMs),
    totalMs: tenths(totalMs),
  }
  log[levelFor(call.status)]({ ...call, ...shown }, 'password import')
}

/** What is wrong with the counting of calls must not cost anybody the answer. */
const tell = (onAnswered: CallObserver | undefined, log: CallLog, call: FinishedCall): void => {
  try {
    onAnswered?.(call)
  } catch (err) {
    log.error({ cause: describeUnforeseen(err) }, 'a call could not be counted')
  }
}

export const observe =
  (clock: Clock, log: CallLog, onAnswered?: CallObserver): HookMiddleware =>
  async (c, next) => {
    const arrivedAt = clock.now()
    const facts: CallFields = {}
    c.set('arrivedAt', arrivedAt)
    c.set('facts', facts)
    await next()
    if (c.error) Object.assign(facts, failureFacts(asAppError(c.error)))
    const call = { ...facts, status: c.res.status, totalMs: clock.now() - arrivedAt }
    logCall(log, call)
    tell(onAnswered, log, call)
  }
