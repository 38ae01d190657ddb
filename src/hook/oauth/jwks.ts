/** Fetches the signing keys of an authorization server, within bounds of time and size. */
import { createLocalJWKSet, errors, type JSONWebKeySet, type LocalJWKSet } from 'jose'
import { within, type Clock } from '../../clock.ts'
import { AppError } from '../../errors/errors.ts'
import { fetchFailureOf } from '../../http/fetch-failure.ts'
import { fetchFrom, type Fetch } from '../../http/proxied-fetch.ts'
import { isSafeUrl } from '../../http/url.ts'

export interface Issuer {
  readonly issuer: string
  /** The URL of the keys; by default the issuer's metadata names it. */
  readonly jwksUrl: string | undefined
}

export interface FetchKeysDeps {
  readonly clock: Clock
  /** By default without a proxy. */
  readonly fetch?: Fetch
}

/** Okta's sets are about 1 KiB, its metadata about 4. */
const MAX_BYTES = 64 * 1024

const unavailable = (detail: string): AppError => new AppError('keys_unavailable', { detail })

const fetchJson = async (fetch: Fetch, url: string, signal: AbortSignal): Promise<unknown> => {
  const headers = { accept: 'application/json' }
  const { status, text } = await fetch(url, { signal, headers, maxBytes: MAX_BYTES })
  // A redirect is not followed: keys from its target would not be the issuer's.
  if (status !== 200) throw unavailable(`status ${status}`)
  if (text === undefined) throw unavailable(`more than ${MAX_BYTES} bytes`)
  return JSON.parse(text) as unknown
}

/**
 * Finds the URL of the keys by RFC 8414, whose section 3.3 demands that the metadata names the issuer that
 * was asked. Okta serves it after the issuer's path; the RFC's own rule puts it before the path.
 */
const discover = async (fetch: Fetch, issuer: string, signal: AbortSignal): Promise<string> => {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/oauth-authorization-server`
  const metadata = (await fetchJson(fetch, url, signal)) as Record<string, unknown> | null
  if (metadata?.['issuer'] !== issuer) throw unavailable('the metadata names another issuer')
  const { jwks_uri: jwksUri } = metadata
  if (typeof jwksUri === 'string' && isSafeUrl(jwksUri)) return jwksUri
  throw unavailable('the metadata names no jwks_uri with https')
}

/** Why a fetch failed, in our words: messages of errors may quote the data they failed on. */
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
  { clock, fetch = fetchFrom({}) }: FetchKeysDeps,
  { issuer, jwksUrl }: Issuer,
  timeoutMs: number,
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
    // Closes a connection whose answer was not read completely.
    controller.abort()
  }
}
