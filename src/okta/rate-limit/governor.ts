/** Owns the decision when the next request may go to Okta: a state machine of answers and time, without timers. */
import { Bucket, type Delay, type Admission } from './bucket.ts'
import type { RateLimit, Refusal } from './headers.ts'

export interface GovernorOptions {
  /** The part of each bucket's X-Rate-Limit-Limit, above 0 and at most 1, that we may use in each window. */
  readonly share: number
  /** How many requests may be under way at once, at most. */
  readonly maxConcurrency: number
}

export interface Permit {
  readonly bucket: string
  readonly pass: Admission
  /** Counts all requests in the order in which they were sent. */
  readonly serial: number
}

export interface Governor {
  /** Why nothing may be sent to the bucket now (an infinite time: until an answer comes). */
  hold(bucket: string, now: number): Delay | undefined
  send(bucket: string, now: number): Permit
  /** Must be told of every request's end. `rate` is undefined where no answer told the limit. */
  settle(ticket: Permit, now: number, rate?: RateLimit, refusal?: Refusal): void
  /** How many requests may be under way at once, for now. */
  readonly concurrency: number
}

/**
 * Which requests share a limit (Okta developer docs, "Management rate limits"): create and list users
 * one, the reading of a user another, and for the rest each resource its own.
 */
export const rateLimitBucketOf = (method: string, pathname: string): string => {
  const match = /^(\/api\/v1\/[^/]+)(\/[^/]+)?(\/.+)?$/.exec(pathname)
  const [, resource = pathname, id, more] = match ?? []
  if (resource !== '/api/v1/users' || !id) return resource
  return method === 'GET' && !more ? 'GET /api/v1/users/{id}' : '/api/v1/users/{id}'
}

/** Good answers, for each request that may be under way, that earn one more after a cut. */
const ANSWERS_PER_RISE = 10

export const createGovernor = ({ share, maxConcurrency }: GovernorOptions): Governor => {
  const buckets = new Map<string, Bucket>()
  let serial = 0
  let underWay = 0
  let concurrency = maxConcurrency
  let answersSinceChange = 0
  let lastSerialBeforeCut = 0

  const bucketFor = (name: string): Bucket => {
    const bucket = buckets.get(name) ?? new Bucket(share)
    buckets.set(name, bucket)
    return bucket
  }

  /** One crowd of refusals is one signal: requests that were sent before the last cut say nothing new. */
  const cut = (ticket: Permit): void => {
    if (ticket.serial <= lastSerialBeforeCut) return
    concurrency = Math.max(1, Math.floor(concurrency / 2))
    lastSerialBeforeCut = serial
    answersSinceChange = 0
  }

  const rise = (): void => {
    if (concurrency === maxConcurrency) return
    if (++answersSinceChange < concurrency * ANSWERS_PER_RISE) return
    concurrency++
    answersSinceChange = 0
  }

  return {
    hold(bucket, now) {
      if (underWay < concurrency) return bucketFor(bucket).hold(now)
      return { ms: Infinity, reason: 'as many requests are under way as may be' }
    },
    send(bucket, now) {
      underWay++
      return { bucket, pass: bucketFor(bucket).send(now), serial: ++serial }
    },
    settle(ticket, now, rate, refusal) {
      underWay--
      bucketFor(ticket.bucket).settle(ticket.pass, now, rate, refusal)
      if (refusal === 'concurrency') cut(ticket)
      else if (rate && !refusal) rise()
    },
    get concurrency() {
      return concurrency
    },
  }
}
