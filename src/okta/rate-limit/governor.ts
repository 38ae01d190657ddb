/** Decides when the next request may go to Okta: a state machine of answers and time, without timers. */
import { Bucket, type Delay, type Admission } from './bucket.ts'
import type { RateLimit, Refusal } from './headers.ts'

export interface GovernorOptions {
  /** The part of each bucket's X-Rate-Limit-Limit, above 0 and at most 1, that we may use in each window. */
  readonly share: number
  /** The most requests that may be in flight at once. */
  readonly maxConcurrency: number
}

export interface Permit {
  readonly bucket: string
  readonly admission: Admission
  /** Counts all requests in the order in which they were sent. */
  readonly serial: number
}

/**
 * Which requests share a limit (Okta developer docs, "Management rate limits"): creating and listing users share
 * one, reading one user has its own, and so has each other resource.
 */
export const rateLimitBucketOf = (method: string, pathname: string): string => {
  const match = /^(\/api\/v1\/[^/]+)(\/[^/]+)?(\/.+)?$/.exec(pathname)
  const [, resource = pathname, id, more] = match ?? []
  if (resource !== '/api/v1/users' || !id) return resource
  return method === 'GET' && !more ? 'GET /api/v1/users/{id}' : '/api/v1/users/{id}'
}

/** After a cut, concurrency rises by one for this many good answers per request in flight. */
const ANSWERS_PER_RISE = 10

export class Governor {
  readonly #buckets = new Map<string, Bucket>()
  readonly #options: GovernorOptions
  #concurrency: number
  #serial = 0
  #inFlight = 0
  #answersSinceChange = 0
  #lastSerialBeforeCut = 0

  constructor(options: GovernorOptions) {
    this.#options = options
    this.#concurrency = options.maxConcurrency
  }

  /** How many requests may be in flight at once, at present. */
  get concurrency(): number {
    return this.#concurrency
  }

  /** Undefined where a request to the bucket may be sent now; infinite until a request has ended. */
  delay(bucket: string, now: number): Delay | undefined {
    if (this.#inFlight < this.#concurrency) return this.#bucket(bucket).delay(now)
    return { ms: Infinity, reason: 'at the concurrency limit' }
  }

  admit(bucket: string, now: number): Permit {
    this.#inFlight++
    return { bucket, admission: this.#bucket(bucket).admit(now), serial: ++this.#serial }
  }

  /** Must be called when a request has ended. `rate` is undefined where no answer reported the limit. */
  release(permit: Permit, now: number, rate?: RateLimit, refusal?: Refusal): void {
    this.#inFlight--
    this.#bucket(permit.bucket).release(permit.admission, now, rate, refusal)
    if (refusal === 'concurrency') this.#cut(permit)
    else if (rate && !refusal) this.#rise()
  }

  #bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name) ?? new Bucket(this.#options.share)
    this.#buckets.set(name, bucket)
    return bucket
  }

  /** Requests that were sent before the last cut are part of the same overload, and cut nothing again. */
  #cut(permit: Permit): void {
    if (permit.serial <= this.#lastSerialBeforeCut) return
    this.#concurrency = Math.max(1, Math.floor(this.#concurrency / 2))
    this.#lastSerialBeforeCut = this.#serial
    this.#answersSinceChange = 0
  }

  #rise(): void {
    if (this.#concurrency === this.#options.maxConcurrency) return
    if (++this.#answersSinceChange < this.#concurrency * ANSWERS_PER_RISE) return
    this.#concurrency++
    this.#answersSinceChange = 0
  }
}
