/** Owns the fetching of an authorization server's keys: where they are, in what time, and how much of it. */
import { createLocalJWKSet, errors, type JSONWebKeySet, type LocalJWKSet } from 'jose'
import { readBounded } from '../../http/bounded-body.ts'
import { within, type Clock } from '../../clock.ts'
import { AppError } from '../../errors/errors.ts'
import { fetchFailureOf } from '../../http/fetch-failure.ts'
import { fetchFrom, type Fetch } from '../../http/proxied-fetch.ts'
import { isSafeUrl } from '../../http/url.ts'

export interface Issuer {
  readonly issuer: string
  /** Where the keys are, if the issuer's metadata is not to be asked. */
  readonly jwksUrl: string | undefined
  /** How to get out, see `fetchFrom`. */
  readonly fetch?: Fetch
}

/** Okta's sets are about 1 KiB, its metadata about 4. */
const MAX_BYTES = 64 * 1024

const unavailable = (detail: string): AppError => new AppError('keys_unavailable', { detail })

const fetchJson = async (fetch: Fetch, url: string, signal: AbortSignal): Promise<unknown> => {
  const { status, body } = await fetch(url, { signal, headers: { accept: 'application/json' } })
  const text = await readBounded(body, MAX_BYTES)
  // Keys that come from where a redirect points are not the issuer's word.
  if (status !== 200) throw unavailable(`status ${status}`)
  if (text === undefined) throw unavailable(`more than ${MAX_BYTES} bytes`)
  return JSON.parse(text) as unknown
}

/**
 * RFC 8414, section 3.3 (the metadata must name the issuer that was asked), at the place where Okta
 * has it: behind the issuer's path, where the RFC's own rule would put it before.
 */
const discover = async (fetch: Fetch, issuer: string, signal: AbortSignal): Promise<string> => {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/oauth-authorization-server`
  const metadata = (await fetchJson(fetch, url, signal)) as Record<string, unknown> | null
  if (metadata?.['issuer'] !== issuer) throw unavailable('the metadata names another issuer')
  const { jwks_uri: jwksUri } = metadata
  if (typeof jwksUri === 'string' && isSafeUrl(jwksUri)) return jwksUri
  throw unavailable('the metadata names no jwks_uri with https')
}

/** Why a fetch failed, in words: not its message, since messages quote what they failed on. */
const explain = (err: unknown, url: string): string => {
  if (err instanceof SyntaxError) return 'not JSON'
  if (err instanceof errors.JWKSInvalid) return 'not a JWK set'
  return fetchFailureOf(err, new URL(url)).reason
}

/**
 * Fetches the keys of an issuer.
 * @param timeoutMs for all of it
 * @throws AppError `keys_unavailable`, whose detail says why
 */
export const fetchKeys = async (
  { issuer, jwksUrl, fetch = fetchFrom({}) }: Issuer,
  timeoutMs: number,
  clock: Clock,
): Promise<LocalJWKSet> => {
  const controller = new AbortController()
  const { signal } = controller
  const load = async (): Promise<unknown> =>
    fetchJson(fetch, jwksUrl ?? (await discover(fetch, issuer, signal)), signal)
  const late = (): AppError => unavailable(`no answer within ${timeoutMs} ms`)
  try {
    const jwks = await within(clock, clock.now() + timeoutMs, load(), late)
    return createLocalJWKSet(jwks as JSONWebKeySet)
  } catch (err) {
    throw err instanceof AppError ? err : unavailable(explain(err, jwksUrl ?? issuer))
  } finally {
    // Ends a connection whose answer was not read to the end.
    controller.abort()
  }
}
