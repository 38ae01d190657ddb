/** Writes one log entry for each call, whatever its result, and reports the same fields to the metrics. */
import type { HttpBindings } from '@hono/node-server'
import type { MiddlewareHandler } from 'hono'
import type { AnsweredCall, CallFields, CallObserver, LogSink } from '../call-record.ts'
import type { Clock } from '../clock.ts'
import { asAppError, describeUnforeseen, type AppError } from '../errors/errors.ts'

export interface HookEnv {
  Bindings: HttpBindings
  Variables: {
    /** On the clock's scale. */
    deadline: number
    fields: CallFields
  }
}

export interface CallLogDeps {
  readonly clock: Clock
  readonly log: LogSink
  readonly onAnswered?: CallObserver | undefined
}

export type HookMiddleware = MiddlewareHandler<HookEnv>

const levelFor = (status: number): keyof LogSink => {
  if (status >= 500) return 'error'
  return status >= 400 ? 'warn' : 'info'
}

/** Of the cause of a failure, codes and positions only: messages may quote the data they failed on. */
const failureFields = ({ code, field, detail, cause }: AppError): CallFields => ({
  outcome: 'FAILED',
  reason: code,
  field,
  detail,
  cause: cause === undefined ? undefined : describeUnforeseen(cause),
})

const TIMES = ['lookupMs', 'waitMs', 'runMs', 'totalMs'] as const

const logCall = (log: LogSink, call: AnsweredCall): void => {
  const rounded = TIMES.map((of) => [of, call[of] && Math.round(call[of] * 10) / 10] as const)
  log[levelFor(call.status)]({ ...call, ...Object.fromEntries(rounded) }, 'password import')
}

/** A failure of the metrics must not cost a caller its answer. */
const notify = (onAnswered: CallObserver | undefined, log: LogSink, call: AnsweredCall): void => {
  try {
    onAnswered?.(call)
  } catch (err) {
    log.error({ cause: describeUnforeseen(err) }, 'a call could not be counted')
  }
}

export const createCallLog =
  ({ clock, log, onAnswered }: CallLogDeps): HookMiddleware =>
  async (c, next) => {
    const arrivedAt = clock.now()
    const fields: CallFields = {}
    c.set('fields', fields)
    await next()
    if (c.error) Object.assign(fields, failureFields(asAppError(c.error)))
    const call = { ...fields, status: c.res.status, totalMs: clock.now() - arrivedAt }
    logCall(log, call)
    notify(onAnswered, log, call)
  }
