/** The middleware before the routes: date, request id, faults, limits and scopes. */
import { randomBytes } from 'node:crypto'
import { sleep } from '../../clock.ts'
import { OktaError } from './errors.ts'
import type { OrgContext, OrgMiddleware } from './request.ts'
import type { Org } from '../org/org.ts'
import { covers, type Grant, type Scope, type Tokens } from '../org/tokens.ts'
import { bucketOf, createRateLimiter, WINDOW_MS } from './rate-limit.ts'
import { STAGED_ANSWERS } from './staged-answers.ts'

export interface ServedCall {
  readonly method: string
  /** With the query. */
  readonly path: string
  /** 0 where the connection was reset instead. */
  readonly status: number
  readonly requestId: string
  readonly ms: number
}

interface MiddlewareDeps extends Org {
  readonly onCall: (call: ServedCall) => void
}

/** On the response of Node.js: on hono's, each header costs a Headers object, which makes the sandbox slow. */
const setHeader = (c: OrgContext, name: string, value: string): void => {
  c.env.outgoing.setHeader(name, value)
}

const cutOff = (c: OrgContext): void => {
  c.env.incoming.socket.resetAndDestroy()
}

const identify =
  ({ clock, wallClock, onCall }: MiddlewareDeps): OrgMiddleware =>
  async (c, next) => {
    const cameAt = clock.now()
    const requestId = randomBytes(20).toString('base64url')
    c.set('requestId', requestId)
    setHeader(c, 'x-okta-request-id', requestId)
    await next()
    setHeader(c, 'date', new Date(wallClock.epoch()).toUTCString())
    const { pathname, search } = new URL(c.req.url)
    const status = c.env.incoming.socket.destroyed ? 0 : c.res.status
    const [path, ms] = [pathname + search, clock.now() - cameAt]
    onCall({ method: c.req.method, path, status, requestId, ms })
  }

const setRateHeaders = (c: OrgContext, limit: number, remaining: number, resetMs: number) => {
  setHeader(c, 'x-rate-limit-limit', String(limit))
  setHeader(c, 'x-rate-limit-remaining', String(remaining))
  setHeader(c, 'x-rate-limit-reset', String(Math.ceil(resetMs / 1000)))
}

const limitConcurrency = ({ wallClock, faults, log }: MiddlewareDeps): OrgMiddleware => {
  let inFlight = 0
  return async (c, next) => {
    if (inFlight >= faults.current.concurrency) {
      // Only a suggestion: it is unknown when another call ends.
      setRateHeaders(c, 0, 0, wallClock.epoch() + WINDOW_MS)
      log.write({ eventType: 'core.concurrency.org.limit.violation', isSuccess: false })
      throw new OktaError('E0000047')
    }
    inFlight += 1
    try {
      await next()
    } finally {
      inFlight -= 1
    }
  }
}

const limitRate = ({ wallClock, faults }: MiddlewareDeps): OrgMiddleware => {
  const take = createRateLimiter()
  return async (c, next) => {
    const { rateLimit, logRateLimit } = faults.current
    const bucket = bucketOf(c.req.path)
    const limit = bucket === 'logs' ? logRateLimit : rateLimit
    const { allowed, remaining, resetAt } = take(bucket, limit, wallClock.now())
    setRateHeaders(c, limit, remaining, wallClock.epoch(resetAt))
    if (!allowed) throw new OktaError('E0000047')
    await next()
  }
}

const delay =
  ({ clock, faults }: MiddlewareDeps): OrgMiddleware =>
  async (_, next) => {
    const { latencyMs } = faults.current
    if (latencyMs > 0) await sleep(clock, latencyMs)
    await next()
  }

/** Writes need a content length, even if it is 0. */
const requireLength: OrgMiddleware = async (c, next) => {
  const isWrite = c.req.method === 'POST' || c.req.method === 'PUT'
  const hasLength = c.req.header('content-length') ?? c.req.header('transfer-encoding')
  if (isWrite && hasLength === undefined) return c.body(null, 411)
  return next()
}

const EXEMPT_FROM_READ_ONLY = /^\/api\/v1\/authn$|\/execute$/

const injectFaults =
  ({ faults }: MiddlewareDeps): OrgMiddleware =>
  async (c, next) => {
    const { resetBeforeRate, errorRate, resetAfterRate, readOnly } = faults.current
    if (faults.occurs(resetBeforeRate)) {
      cutOff(c)
      return c.body(null)
    }
    if (faults.occurs(errorRate)) throw new OktaError('E0000009')
    const isWrite = c.req.method !== 'GET' && !EXEMPT_FROM_READ_ONLY.test(c.req.path)
    if (readOnly && isWrite) throw new OktaError('E0000010')
    await next()
    if (faults.occurs(resetAfterRate)) cutOff(c)
    return undefined
  }

const stageAnswer =
  ({ faults }: MiddlewareDeps): OrgMiddleware =>
  async (c, next) => {
    const { answer, answerRate, answerWritesOnly } = faults.current
    const isMeant = answer !== 'usual' && !(answerWritesOnly && c.req.method === 'GET')
    if (!isMeant || !faults.occurs(answerRate)) return next()
    const { status, headers, body } = STAGED_ANSWERS[answer]
    return c.body(body(), status, headers)
  }

/** In this order. `all` includes calls of the OAuth servers; `api` does not. */
export const createMiddleware = (deps: MiddlewareDeps) => ({
  all: [identify(deps), limitConcurrency(deps), limitRate(deps), delay(deps), requireLength],
  api: [injectFaults(deps), stageAnswer(deps)],
})

/** From support.okta.com, "insufficient_scope error when making a request". */
const insufficient = ({ scheme }: Grant, scope: Scope, url: string): string => {
  const { origin, pathname } = new URL(url)
  return (
    `${scheme} authorization_uri="${origin}/oauth2/v1/authorize", realm="${origin}", ` +
    `scope="${scope}", error="insufficient_scope", ` +
    `error_description="The access token provided does not contain the required scopes.", ` +
    `resource="${pathname}"`
  )
}

/** Refuses calls whose token does not have the scope. */
export const requireScope =
  (tokens: Tokens, scope: Scope): OrgMiddleware =>
  async (c, next) => {
    const { origin, pathname } = new URL(c.req.url)
    const call = {
      authorization: c.req.header('authorization'),
      proof: c.req.header('dpop'),
      method: c.req.method,
      url: origin + pathname,
    }
    const grant = await tokens.check(call)
    if (!covers(grant, scope)) {
      c.env.outgoing.setHeader('www-authenticate', insufficient(grant, scope, call.url))
      throw new OktaError('E0000006')
    }
    c.set('clientId', grant.clientId)
    await next()
  }
