/** Sends one request to Okta over HTTP, with limits of time and size, and says how it failed. */
import { endsWithin, type Clock } from '../../clock.ts'
import type { Fetch, HttpReply } from '../../http/proxied-fetch.ts'
import { fetchFailureOf, type FetchFailure } from '../../http/fetch-failure.ts'
import { parseJson } from '../../text/parse-json.ts'

export interface OktaAnswer {
  readonly status: number
  readonly headers: HttpReply['headers']
  /** Parsed JSON; undefined where there is no body, or it is not JSON. */
  readonly body: unknown
  /** Whether the body is JSON, or empty. */
  readonly isReadable: boolean
  /** The start of a body that is not JSON. */
  readonly page: string | undefined
  readonly requestId: string | undefined
}

export type OktaResult = OktaAnswer | FetchFailure

export const isAnswer = (result: OktaResult): result is OktaAnswer => 'status' in result

/** How long a request waited before it was sent, and for what. */
export interface Wait {
  readonly ms: number
  readonly reason: string | undefined
}

export interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  /** For the trace only: how often it has been sent, this time included. */
  readonly attempt?: number
  readonly waited?: Wait
}

export interface Transport {
  /** Never rejects: a failure is a result. */
  send(request: TransportRequest): Promise<OktaResult>
}

export interface TransportDeps {
  readonly clock: Clock
  readonly version: string
  readonly fetch: Fetch
  /** Milliseconds from the start of a request to the end of its answer. */
  readonly timeoutMs?: number
}

const TIMEOUT_MS = 30_000

/** A page of 200 users is about 1 MB, and several times as much with many custom attributes. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024

const MAX_PAGE_CHARACTERS = 4096

const parse = (text: string): Pick<OktaAnswer, 'body' | 'isReadable' | 'page'> => {
  const body = parseJson(text)
  const isReadable = text === '' || body !== undefined
  return { body, isReadable, page: isReadable ? undefined : text.slice(0, MAX_PAGE_CHARACTERS) }
}

const requestIdOf = (headers: HttpReply['headers']): string | undefined =>
  /^[\x21-\x7e]{1,100}$/.exec(headers.get('x-okta-request-id') ?? '')?.[0]

export const createTransport = (deps: TransportDeps): Transport => {
  const { clock, version, fetch, timeoutMs = TIMEOUT_MS } = deps
  const userAgent = `okta-password-import-hook/${version}`
  const fixed = { accept: 'application/json', 'user-agent': userAgent }

  const exchange = async (request: TransportRequest, signal: AbortSignal): Promise<OktaResult> => {
    const { method, url, body = null } = request
    const headers = { ...fixed, ...request.headers }
    const sent = { method, headers, body, signal, maxBytes: MAX_ANSWER_BYTES }
    const { status, text, headers: given } = await fetch(url, sent)
    if (text === undefined) return { kind: 'unusable', reason: 'the answer is too large' }
    return { status, headers: given, requestId: requestIdOf(given), ...parse(text) }
  }

  return {
    async send(request) {
      const { url } = request
      const abort = new AbortController()
      const result = exchange(request, abort.signal).catch((err: unknown) =>
        fetchFailureOf(err, url),
      )
      if (await endsWithin(clock, timeoutMs, result)) return result
      abort.abort()
      const reason = `${url.host} gave no answer within ${timeoutMs / 1000} s`
      return { kind: 'unknown', reason }
    },
  }
}
