/** Owns one exchange with Okta over HTTP: its headers, its time and size limits, and how it can fail. */
import { readBounded } from '../../http/bounded-body.ts'
import type { Clock } from '../../clock.ts'
import type { Waited } from './call-trace.ts'
import { fetchFrom, type Fetch, type HttpReply } from '../../http/proxied-fetch.ts'
import { fetchFailureOf, type FetchFailure } from '../../http/fetch-failure.ts'

export interface OktaAnswer {
  readonly status: number
  readonly headers: HttpReply['headers']
  /** Parsed JSON; undefined where there is no body, or it is not JSON. */
  readonly body: unknown
  /** Whether the body is what the status promises: JSON, or nothing. */
  readonly isReadable: boolean
  /** The beginning of a body that is not JSON. */
  readonly page: string | undefined
  readonly requestId: string | undefined
}

export type TransportResult = OktaAnswer | FetchFailure

export const isAnswer = (outcome: TransportResult): outcome is OktaAnswer => 'status' in outcome

export interface Sending {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  /** What came before it, for those who watch. */
  readonly attempt?: number
  readonly waited?: Waited
}

export interface Transport {
  /** Never rejects: what went wrong is the outcome. */
  send(sending: Sending): Promise<TransportResult>
}

export interface TransportOptions {
  readonly clock: Clock
  readonly version: string
  /** How to get out, see `fetchFrom`. */
  readonly fetch?: Fetch
  /** Milliseconds from the start of an exchange to the end of its answer. */
  readonly timeoutMs?: number
}

const TIMEOUT_MS = 30_000

/** A page of 200 users is about 1 MB; custom attributes may make it some times larger. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024

const MAX_PAGE_CHARACTERS = 4096

const parse = (text: string): Pick<OktaAnswer, 'body' | 'isReadable' | 'page'> => {
  if (text === '') return { body: undefined, isReadable: true, page: undefined }
  try {
    return { body: JSON.parse(text) as unknown, isReadable: true, page: undefined }
  } catch {
    return { body: undefined, isReadable: false, page: text.slice(0, MAX_PAGE_CHARACTERS) }
  }
}

const requestIdOf = (headers: HttpReply['headers']): string | undefined =>
  /^[\x21-\x7e]{1,100}$/.exec(headers.get('x-okta-request-id') ?? '')?.[0]

export const createTransport = (options: TransportOptions): Transport => {
  const { clock, version, fetch = fetchFrom({}), timeoutMs = TIMEOUT_MS } = options
  const fixed = {
    accept: 'application/json',
    'user-agent': `okta-password-import-hook/${version}`,
  }

  const exchange = async (sending: Sending, signal: AbortSignal): Promise<TransportResult> => {
    const { method, url, headers, body = null } = sending
    const sent = { method, body, signal, headers: { ...fixed, ...headers } }
    const response = await fetch(url, sent)
    const text = await readBounded(response.body, MAX_ANSWER_BYTES)
    if (text === undefined) return { fate: 'unusable', reason: 'the answer is too large' }
    const { status } = response
    const requestId = requestIdOf(response.headers)
    return { status, headers: response.headers, requestId, ...parse(text) }
  }

  return {
    async send(sending) {
      const timeout = new AbortController()
      const cancel = clock.after(timeoutMs, () => timeout.abort())
      try {
        return await exchange(sending, timeout.signal)
      } catch (err) {
        if (timeout.signal.aborted) {
          const reason = `${sending.url.host} gave no answer within ${timeoutMs / 1000} s`
          return { fate: 'lost', reason }
        }
        return fetchFailureOf(err, sending.url)
      } finally {
        cancel()
      }
    },
  }
}
