/** Owns the keys at hand: when they are fetched anew, and how long old ones may still be used. */
import { errors, type JWTVerifyGetKey, type LocalJWKSet } from 'jose'
import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import { fetchKeys, type Issuer } from './jwks.ts'

/** How soon a key that the issuer withdrew is no longer believed. Okta publishes new ones weeks ahead. */
export const FRESH_MS = 10 * 60_000

/** While the issuer cannot be reached: an outage of a night is bridged, a lost key is not kept for good. */
export const MAX_AGE_MS = 24 * 3_600_000

/** The least time between two fetches, so that tokens with made-up key ids are no way to flood the issuer. */
export const COOLDOWN_MS = 10_000

/** The longest that a call waits for keys: at most half of its time, and never twice. */
const MAX_FETCH_MS = 1_000

export interface KeysOptions extends Issuer {
  /** Of the hook's calls. */
  readonly deadlineMs: number
  readonly clock: Clock
  /** Told of each fetch that failed. */
  readonly onFailure: (err: AppError) => void
}

export interface IssuerKeys {
  /**
   * Finds the key for a token's header.
   * @throws AppError `keys_unavailable`, or a JOSEError when there is no such key
   */
  readonly keyFor: JWTVerifyGetKey
  /** Whether there are keys to use. Has them fetched, without waiting, where they are missing or old. */
  ready(): boolean
}

export const createIssuerKeys = (options: KeysOptions): IssuerKeys => {
  const { clock, deadlineMs, onFailure } = options
  const timeoutMs = Math.min(MAX_FETCH_MS, deadlineMs / 2)
  let keys: LocalJWKSet | undefined
  let fetchedAt = -Infinity
  let triedAt = -Infinity
  /** Why the latest fetch failed, if it did. */
  let failure: AppError | undefined
  let underWay: Promise<void> | undefined

  const isYounger = (ms: number): boolean => clock.now() - fetchedAt < ms

  const fetchOnce = async (): Promise<void> => {
    triedAt = clock.now()
    try {
      keys = await fetchKeys(options, timeoutMs, clock)
      fetchedAt = clock.now()
      failure = undefined
    } catch (err) {
      failure = err as AppError
      onFailure(failure)
    } finally {
      underWay = undefined
    }
  }

  /** Joins the fetch under way, starts one, or lets it be if the last one was a moment ago. */
  const refresh = async (): Promise<void> => {
    if (!underWay && clock.now() - triedAt >= COOLDOWN_MS) underWay = fetchOnce()
    await underWay
  }

  return {
    async keyFor(header, token) {
      if (!isYounger(FRESH_MS)) await refresh()
      if (!keys || !isYounger(MAX_AGE_MS)) throw failure ?? new AppError('keys_unavailable')
      try {
        return await keys(header, token)
      } catch (err) {
        if (!(err instanceof errors.JWKSNoMatchingKey)) throw err
        await refresh()
        // The key may be one of those that could not be fetched.
        if (failure) throw failure
        return keys(header, token)
      }
    },
    ready() {
      if (!isYounger(FRESH_MS)) void refresh()
      return isYounger(MAX_AGE_MS)
    },
  }
}
