/** Owns what every call meets before its route: date, request id, faults, and limits. */
import { randomBytes } from 'node:crypto'
import type { Context } from 'hono'
import type { Clock } from '../../clock.ts'
import { OktaError } from './errors.ts'
import type { FaultSwitch } from './faults.ts'
import type { SystemLog } from '../org/system-log.ts'
import type { OrgEnv, OrgMiddleware } from '../org/org.ts'
import { bucketOf, createRateLimiter, WINDOW_MS } from './rate-limit.ts'
import { stagedAnswer } from './staged-answers.ts'
import type { SimulatedClock } from '../simulated-clock.ts'

/** A call as it was answered. */
export interface AnsweredCall {
  readonly method: string
  /** With its query. */
  readonly path: string
  /** 0 where the connection was cut off instead. */
  readonly status: number
  readonly requestId: string
  readonly ms: number
}

export interface MiddlewareDeps {
  readonly clock: Clock
  readonly wall: SimulatedClock
  readonly faults: FaultSwitch
  readonly log: SystemLog
  readonly onCall: (call: AnsweredCall) => void
}

/** On Node.js's own response: on hono's, each of them costs a Headers object, and the sandbox its speed. */
const setHeader = (c: Context<OrgEnv>, name: string, value: string): void => {
  c.env.outgoing.setHeader(name, value)
}

const cutOff = (c: Context<OrgEnv>): void => {
  c.env.incoming.socket.resetAndDestroy()
}

const identify =
  ({ clock, wall, onCall }: MiddlewareDeps): OrgMiddleware =>
  async (c, next) => {
    const cameAt = clock.now()
    const requestId = randomBytes(20).toString('base64url')
    c.set('requestId', requestId)
    setHeader(c, 'x-okta-request-id', requestId)
    await next()
    setHeader(c, 'date', new Date(wall.epoch()).toUTCString())
    const { pathname, search } = new URL(c.req.url)
    const status = c.env.incoming.socket.destroyed ? 0 : c.res.status
    const [path, ms] = [pathname + search, clock.now() - cameAt]
    onCall({ method: c.req.method, path, status, requestId, ms })
  }

const setRateHeaders = (
  c: Context<OrgEnv>,
  limit: number,
  remaining: number,
  resetMs: number,
): void => {
  setHeader(c, 'x-rate-limit-limit', String(limit))
  setHeader(c, 'x-rate-limit-remaining', String(remaining))
  setHeader(c, 'x-rate-limit-reset', String(Math.ceil(resetMs / 1000)))
}

const limitConcurrency = ({ wall, faults, log }: MiddlewareDeps): OrgMiddleware => {
  let underWay = 0
  return async (c, next) => {
    if (underWay >= faults.current.concurrency) {
      // Only a suggestion: nobody knows when another call ends.
      setRateHeaders(c, 0, 0, wall.epoch() + WINDOW_MS)
      log.write({ eventType: 'core.concurrency.org.limit.violation', isSuccess: false })
      throw new OktaError('E0000047')
    }
    underWay += 1
    try {
      await next()
    } finally {
      underWay -= 1
    }
  }
}

const limitRate = ({ clock, wall, faults }: MiddlewareDeps): OrgMiddleware => {
  const take = createRateLimiter()
  return async (c, next) => {
    const { rateLimit } = faults.current
    const { allowed, remaining, resetAt } = take(bucketOf(c.req.path), rateLimit, clock.now())
    setRateHeaders(c, rateLimit, remaining, wall.epoch(resetAt))
    if (!allowed) throw new OktaError('E0000047')
    await next()
  }
}

const delay =
  ({ clock, faults }: MiddlewareDeps): OrgMiddleware =>
  async (_, next) => {
    const { latencyMs } = faults.current
    if (latencyMs > 0) await new Promise<void>((resolve) => clock.after(latencyMs, resolve))
    await next()
  }

/** What must be true of a call before it is looked at: a length, even of nothing. */
const requireLength: OrgMiddleware = async (c, next) => {
  const isWrite = c.req.method === 'POST' || c.req.method === 'PUT'
  const hasLength = c.req.header('content-length') ?? c.req.header('transfer-encoding')
  if (isWrite && hasLength === undefined) return c.body(null, 411)
  return next()
}

const EXEMPT_FROM_READ_ONLY = /^\/api\/v1\/authn$|\/execute$/

const misbehave =
  ({ faults }: MiddlewareDeps): OrgMiddleware =>
  async (c, next) => {
    const { resetBeforeRate, errorRate, resetAfterRate, readOnly } = faults.current
    if (faults.strikes(resetBeforeRate)) {
      cutOff(c)
      return c.body(null)
    }
    if (faults.strikes(errorRate)) throw new OktaError('E0000009')
    const isWrite = c.req.method !== 'GET' && !EXEMPT_FROM_READ_ONLY.test(c.req.path)
    if (readOnly && isWrite) throw new OktaError('E0000010')
    await next()
    if (faults.strikes(resetAfterRate)) cutOff(c)
    return undefined
  }

const stageAnswer =
  ({ faults }: MiddlewareDeps): OrgMiddleware =>
  async (c, next) => {
    const { answer, answerRate, answerWritesOnly } = faults.current
    const isMeant = answer !== 'usual' && !(answerWritesOnly && c.req.method === 'GET')
    if (!isMeant || !faults.strikes(answerRate)) return next()
    const { status, headers, body } = stagedAnswer(answer)
    return c.body(body(), status, headers)
  }

/** In order. The last ones are for calls of the API only, the others for those of its OAuth servers too. */
export const createMiddleware = (deps: MiddlewareDeps) => ({
  all: [identify(deps), limitConcurrency(deps), limitRate(deps), delay(deps), requireLength],
  api: [misbehave(deps), stageAnswer(deps)],
})
