/** Owns the one line that each call leaves in the log, whatever becomes of the call. */
import type { HttpBindings } from '@hono/node-server'
import type { MiddlewareHandler } from 'hono'
import type { Clock } from '../clock.ts'
import { asAppError, describeUnforeseen, type AppError } from '../errors.ts'

export type LineFields = Record<string, unknown>

/** The part of a logger that the hook uses. */
export interface CallLog {
  info(fields: LineFields, message: string): void
  warn(fields: LineFields, message: string): void
  error(fields: LineFields, message: string): void
}

export interface HookEnv {
  Bindings: HttpBindings
  Variables: {
    /** On the clock's scale. */
    arrivedAt: number
    /** What the steps of the call add to its line. */
    line: LineFields
  }
}

export type Step = MiddlewareHandler<HookEnv>

const levelFor = (status: number): keyof CallLog => {
  if (status >= 500) return 'error'
  return status >= 400 ? 'warn' : 'info'
}

/** Of what lies beneath a failure, codes and places only: messages may quote what they failed on. */
const failureFields = ({ code, field, detail, cause }: AppError): LineFields => ({
  outcome: 'FAILED',
  reason: code,
  field,
  detail,
  cause: cause === undefined ? undefined : describeUnforeseen(cause),
})

/** Milliseconds as the log shows them, to a tenth. */
export const tenths = (ms: number): number => Math.round(ms * 10) / 10

export const writeLine =
  (clock: Clock, log: CallLog): Step =>
  async (c, next) => {
    c.set('arrivedAt', clock.now())
    c.set('line', {})
    await next()
    if (c.error) Object.assign(c.var.line, failureFields(asAppError(c.error)))
    const { status } = c.res
    const totalMs = tenths(clock.now() - c.var.arrivedAt)
    log[levelFor(status)]({ ...c.var.line, status, totalMs }, 'password import')
  }
