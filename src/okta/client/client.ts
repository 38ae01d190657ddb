/** The one function through which this program calls an Okta org: paced, authorised, and repeated where safe. */
import { sleep, type Clock } from '../../clock.ts'
import type { AuthHeaders, OktaCredentials } from '../auth/credentials.ts'
import { createRequestQueue, type RequestQueue } from '../rate-limit/request-queue.ts'
import { rateLimitBucketOf, Governor, type GovernorOptions } from '../rate-limit/governor.ts'
import { backoff, MAX_ATTEMPTS } from './retry.ts'
import { createSilenceWatch, type Silence } from './silence.ts'
import { isAnswer, type OktaAnswer, type OktaResult, type Transport } from './transport.ts'
import { unusableAnswer } from '../errors/unusable-answer.ts'
import { foreignKindOf } from '../errors/foreign-answer.ts'
import { classify, type Failure } from './classify.ts'

export interface OktaRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Path and query below the org, such as `/api/v1/users?activate=true`; or a same-origin URL taken from a Link header. */
  readonly path: string
  readonly body?: unknown
  /** Ends the waits for Okta's limits and between attempts. A request that was sent is still awaited. */
  readonly signal?: AbortSignal | undefined
}

export type OktaResponse = Pick<OktaAnswer, 'status' | 'headers' | 'body' | 'requestId'>

/** What requests are waiting for, and since when Okta has given no good answer. */
export type RateLimitStatus = RequestQueue['status'] & { readonly silence: Silence | undefined }

export interface OktaClient {
  readonly orgUrl: string
  /**
   * Sends one request when the rate limits allow it, and repeats it only where that is safe:
   * GET and DELETE after 429, 5xx, timeouts and resets; POST only after 429 (either kind) and after
   * failures that show that nothing was processed (connection refused, DNS, an expired token).
   * @throws OktaRejection for an answer that refuses this request, and that repeating cannot change
   * @throws OktaAnswerLost for a POST with an unknown result: reset, timeout, or 5xx after sending
   * @throws AppError `okta_unauthorized` (401) or `okta_forbidden` (403): the run must stop at once;
   * `okta_unreachable` or `okta_rate_limited` after the last attempt; `okta_answer_unusable` (something
   * else answers in Okta's place), `okta_untrusted` or `proxy_refused`
   * @throws the signal's reason when it ended a wait
   */
  request(request: OktaRequest): Promise<OktaResponse>
  /**
   * This client with a token of its own for other scopes, under the same limits. Okta refuses the whole token
   * if one scope is not granted, so scopes that a command can do without get their own token (see `ifGranted`).
   */
  withScopes(scopes: readonly string[]): OktaClient
  readonly rateLimitStatus: RateLimitStatus
}

export type RequestFn = OktaClient['request']

export interface ClientDeps extends GovernorOptions {
  /** Scheme and host. */
  readonly orgUrl: string
  readonly credentials: OktaCredentials
  readonly transport: Transport
  readonly clock: Clock
  /** At least 0, less than 1. */
  readonly random: () => number
}

const resolveInOrg = (org: URL, path: string): URL => {
  const url = new URL(path, org)
  if (url.origin === org.origin) return url
  throw unusableAnswer('a link leads to another origin')
}

/** Fewer attempts while Okta was never reached: a wrong URL should show at once, not after a minute. */
const firstAttempts = ({ kind }: Failure): number => {
  if (kind === 'not-sent') return 1
  return kind === 'gateway' ? 3 : MAX_ATTEMPTS
}

/** Most waits have one reason only, so the first one is reported. */
const acquire = async (queue: RequestQueue, clock: Clock, bucket: string, signal?: AbortSignal) => {
  const askedAt = clock.now()
  const acquiring = queue.acquire(bucket, signal)
  const { reason } = queue.status
  const permit = await acquiring
  return { permit, waited: { ms: clock.now() - askedAt, reason } }
}

export const createOktaClient = (deps: ClientDeps): OktaClient => {
  const { orgUrl, transport, clock, random } = deps
  const org = new URL(orgUrl)
  const queue = createRequestQueue(new Governor(deps), clock)
  const silence = createSilenceWatch(clock)
  let wasReached = false

  const sendOnce = async (
    credentials: OktaCredentials,
    { method, body, signal }: OktaRequest,
    url: URL,
    attempt: number,
  ): Promise<{ outcome: OktaResult; auth: AuthHeaders }> => {
    const bucket = rateLimitBucketOf(method, url.pathname)
    const { permit, waited } = await acquire(queue, clock, bucket, signal)
    silence.sent(attempt)
    let answer: OktaAnswer | undefined
    try {
      const auth = await credentials.authorize(method, url)
      const json = body === undefined ? undefined : JSON.stringify(body)
      const headers = json === undefined ? auth : { ...auth, 'content-type': 'application/json' }
      const sent = { method, url, headers, body: json, attempt, waited }
      const outcome = await transport.send(sent)
      if (isAnswer(outcome)) answer = outcome
      return { outcome, auth }
    } finally {
      queue.release(permit, answer)
      silence.ended(answer?.status)
    }
  }

  const clientFor = (credentials: OktaCredentials): OktaClient => ({
    orgUrl,
    async request(request) {
      const { path, signal } = request
      const url = resolveInOrg(org, path)
      let isRenewed = false
      for (let attempt = 1; ; attempt++) {
        const { outcome, auth } = await sendOnce(credentials, request, url, attempt)
        if (isAnswer(outcome) && !foreignKindOf(outcome)) wasReached = true
        const failure = classify(request, outcome)
        if (!failure) return outcome as OktaAnswer
        if (failure.kind === 'unauthorized' && !isRenewed && credentials.renew(auth)) {
          isRenewed = true
          continue
        }
        const maxAttempts = wasReached ? MAX_ATTEMPTS : firstAttempts(failure)
        if (!failure.mayRepeat || attempt >= maxAttempts) throw failure.error
        await sleep(clock, backoff(attempt, random), signal)
      }
    },
    withScopes: (scopes) => clientFor(credentials.withScopes(scopes)),
    get rateLimitStatus() {
      return { ...queue.status, silence: silence.current }
    },
  })
  return clientFor(deps.credentials)
}
