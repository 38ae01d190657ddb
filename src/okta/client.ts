/** Owns the one function through which this program speaks to an Okta org. */

export interface OktaRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Path and query below the org, such as `/api/v1/users?activate=true`; or a same-origin URL taken from a Link header. */
  readonly path: string
  readonly body?: unknown
  readonly signal?: AbortSignal
}

export interface OktaResponse {
  readonly status: number
  readonly headers: Headers
  /** Parsed JSON; undefined where the answer has no body. */
  readonly body: unknown
  readonly requestId: string | undefined
}

/** What the client is doing about Okta's limits. */
export interface Pace {
  /** How many requests may be under way at once. */
  readonly concurrency: number
  /** On the clock's scale. */
  readonly waitingUntil: number | undefined
  readonly reason: string | undefined
}

export interface OktaClient {
  readonly orgUrl: string
  /**
   * Sends one request, paced by the shared governor, and repeats it only where that is safe:
   * GET, PUT and DELETE after 429, 5xx, timeouts and resets; POST only after 429 (either kind) and
   * failures that show that nothing was processed (connection refused, DNS, an expired token).
   * @throws OktaRejection for a 4xx answer that no repeat can mend
   * @throws OktaAnswerLost for a POST whose fate is unknown: reset, timeout, or 5xx after sending
   * @throws AppError `okta_unauthorized` (401) or `okta_forbidden` (403): the run must stop at once;
   * `okta_unreachable` or `okta_rate_limited` when repeats are used up; `okta_answer_unusable`
   */
  request(request: OktaRequest): Promise<OktaResponse>
  readonly pace: Pace
}
