/** Owns the one function through which this program speaks to an Okta org. */
import type { Clock } from '../../clock.ts'
import { AppError } from '../../errors/errors.ts'
import type { AuthHeaders, OktaCredentials } from '../auth/credentials.ts'
import { createRequestQueue, type RequestQueue } from '../rate-limit/request-queue.ts'
import { rateLimitBucketOf, createGovernor, type GovernorOptions } from '../rate-limit/governor.ts'
import { backoff, MAX_ATTEMPTS, pause } from './retry.ts'
import { createSilenceWatch, type Silence } from './silence.ts'
import { isAnswer, type OktaAnswer, type TransportResult, type Transport } from './transport.ts'
import { strangenessOf } from '../errors/foreign-answer.ts'
import { failureIn, type Failure } from './classify.ts'

export interface OktaRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Path and query below the org, such as `/api/v1/users?activate=true`; or a same-origin URL taken from a Link header. */
  readonly path: string
  readonly body?: unknown
  /** Ends the waits for Okta's limits and between repeats. What was sent is waited for all the same. */
  readonly signal?: AbortSignal | undefined
}

export interface OktaResponse {
  readonly status: number
  readonly headers: OktaAnswer['headers']
  /** Parsed JSON; undefined where the answer has no body. */
  readonly body: unknown
  readonly requestId: string | undefined
}

/** What the client is doing about Okta's limits. */
export interface RateLimitStatus {
  /** How many requests may be under way at once. */
  readonly concurrency: number
  /** On the clock's scale. */
  readonly waitingUntil: number | undefined
  readonly reason: string | undefined
  /** Since when Okta has given no good answer to what it was asked. */
  readonly silence: Silence | undefined
}

export interface OktaClient {
  readonly orgUrl: string
  /**
   * Sends one request, paced by the shared governor, and repeats it only where that is safe:
   * GET, PUT and DELETE after 429, 5xx, timeouts and resets; POST only after 429 (either kind) and
   * failures that show that nothing was processed (connection refused, DNS, an expired token).
   * @throws OktaRejection for an answer that refuses this request, and that no repeat can change
   * @throws OktaAnswerLost for a POST whose fate is unknown: reset, timeout, or 5xx after sending
   * @throws AppError `okta_unauthorized` (401) or `okta_forbidden` (403): the run must stop at once;
   * `okta_unreachable` or `okta_rate_limited` when repeats are used up; `okta_answer_unusable` (something
   * else answers in Okta's place), `okta_untrusted` or `proxy_refused`
   * @throws the signal's reason when it ended a wait
   */
  request(request: OktaRequest): Promise<OktaResponse>
  /**
   * This client with a token of its own for other scopes, under the same limits. Okta refuses the whole token
   * where one scope is not granted, so what a command can do without is asked for apart (see `ifGranted`).
   */
  withScopes(scopes: readonly string[]): OktaClient
  readonly pace: RateLimitStatus
}

export interface ClientOptions extends GovernorOptions {
  /** Scheme and host. */
  readonly orgUrl: string
  readonly credentials: OktaCredentials
  readonly transport: Transport
  readonly clock: Clock
  /** At least 0, less than 1. */
  readonly random: () => number
}

const resolveInOrg = (orgUrl: string, path: string): URL => {
  const url = new URL(path, orgUrl)
  if (url.origin === new URL(orgUrl).origin) return url
  throw new AppError('okta_answer_unusable', { detail: 'a link leads to another origin' })
}

/** How often to try what has never reached Okta: nobody shall wait for a minute to learn of a wrong URL. */
const firstAttempts = ({ kind }: Failure): number => {
  if (kind === 'unsent') return 1
  return kind === 'gateway' ? 3 : MAX_ATTEMPTS
}

/** The reason is the one at the start: most waits have one alone. */
const takeTurn = async (gate: RequestQueue, clock: Clock, bucket: string, signal?: AbortSignal) => {
  const askedAt = clock.now()
  const turn = gate.enter(bucket, signal)
  const { reason } = gate.pace
  const ticket = await turn
  return { ticket, waited: { ms: clock.now() - askedAt, reason } }
}

interface Attempt {
  readonly outcome: TransportResult
  readonly auth: AuthHeaders
}

export const createOktaClient = (options: ClientOptions): OktaClient => {
  const { orgUrl, transport, clock, random } = options
  const gate = createRequestQueue(createGovernor(options), clock)
  const silence = createSilenceWatch(clock)
  /** A first contact that fails says so at once: the URL may be wrong. */
  let wasReached = false

  const attempt = async (
    credentials: OktaCredentials,
    { method, body, signal }: OktaRequest,
    url: URL,
    attempts: number,
  ): Promise<Attempt> => {
    const bucket = rateLimitBucketOf(method, url.pathname)
    const { ticket, waited } = await takeTurn(gate, clock, bucket, signal)
    silence.sent(attempts)
    let answer: OktaAnswer | undefined
    try {
      const auth = await credentials.authorize(method, url)
      const json = body === undefined ? undefined : JSON.stringify(body)
      const headers = json === undefined ? auth : { ...auth, 'content-type': 'application/json' }
      const before = { attempt: attempts, waited }
      const outcome = await transport.send({ method, url, headers, body: json, ...before })
      if (isAnswer(outcome)) answer = outcome
      return { outcome, auth }
    } finally {
      gate.leave(ticket, answer)
      silence.ended(answer?.status)
    }
  }

  const clientFor = (credentials: OktaCredentials): OktaClient => ({
    orgUrl,
    async request(request) {
      const { path, signal } = request
      const url = resolveInOrg(orgUrl, path)
      let isRenewed = false
      for (let attempts = 1; ; attempts++) {
        const { outcome, auth } = await attempt(credentials, request, url, attempts)
        if (isAnswer(outcome) && !strangenessOf(outcome)) wasReached = true
        const failure = failureIn(request, outcome)
        if (!failure) return outcome as OktaAnswer
        if (failure.kind === 'unauthorized' && !isRenewed && credentials.renew(auth)) {
          isRenewed = true
          continue
        }
        const most = wasReached ? MAX_ATTEMPTS : firstAttempts(failure)
        if (!failure.mayRepeat || attempts >= most) throw failure.error
        await pause(clock, backoff(attempts, random), signal)
      }
    },
    withScopes: (scopes) => clientFor(credentials.withScopes(scopes)),
    get pace() {
      return { ...gate.pace, silence: silence.now }
    },
  })
  return clientFor(options.credentials)
}
