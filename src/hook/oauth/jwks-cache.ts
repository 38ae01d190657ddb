/** Caches an issuer's keys: when they are fetched again, and how long old ones may still be used. */
import { errors, type JWTVerifyGetKey, type LocalJWKSet } from 'jose'
import { endsWithin } from '../../clock.ts'
import { AppError, asAppError } from '../../errors/errors.ts'
import { fetchKeys, type FetchKeysDeps, type Issuer } from './jwks.ts'

/** How soon a key that the issuer withdrew is rejected. Okta publishes new ones weeks ahead. */
export const FRESH_MS = 10 * 60_000

/** While the issuer cannot be reached: bridges an outage of a night, but keeps no lost key for good. */
export const MAX_AGE_MS = 24 * 3_600_000

/** The least time between two fetches, so that tokens with made-up key ids cannot flood the issuer. */
export const COOLDOWN_MS = 10_000

/** For one fetch, below the cooldown. A fetch continues when calls stop waiting for it. */
export const FETCH_MS = 5_000

/** The longest that a call waits for a fetch: never more than half of its time, and never twice. */
const MAX_WAIT_MS = 1_000

export interface KeysDeps extends FetchKeysDeps {
  /** Called for each fetch that failed. */
  readonly onFailure: (err: AppError) => void
}

export interface KeysOptions extends Issuer {
  /** Of the hook's calls. */
  readonly deadlineMs: number
}

export interface IssuerKeys {
  /**
   * Finds the key for a token's header.
   * @throws AppError `keys_unavailable`, or a JOSEError when there is no such key
   */
  readonly keyFor: JWTVerifyGetKey
  /** Whether there are keys to use. If they are missing or old, starts a fetch without waiting for it. */
  ready(): boolean
}

/**
 * The keys that were fetched last, and how the latest fetch ended. jose's own remote key set takes its time
 * from `Date.now` and its limit from `AbortSignal.timeout` rather than from a clock.
 */
class KeyCache {
  readonly #deps: KeysDeps
  readonly #issuer: Issuer
  #latest: { readonly keys: LocalJWKSet; readonly at: number } | undefined
  #triedAt = -Infinity
  #failure: AppError | undefined
  #pendingFetch: Promise<void> | undefined

  constructor(deps: KeysDeps, issuer: Issuer) {
    this.#deps = deps
    this.#issuer = issuer
  }

  youngerThan(ms: number): LocalJWKSet | undefined {
    const { clock } = this.#deps
    return this.#latest && clock.now() - this.#latest.at < ms ? this.#latest.keys : undefined
  }

  /** Joins the pending fetch, or starts one unless the last one was a moment ago. */
  refresh(): Promise<void> {
    if (!this.#pendingFetch && this.#deps.clock.now() - this.#triedAt >= COOLDOWN_MS) {
      this.#pendingFetch = this.#fetch()
    }
    return this.#pendingFetch ?? Promise.resolve()
  }

  /** Why the issuer may have keys that are not here. */
  get incompleteness(): AppError | undefined {
    if (!this.#pendingFetch) return this.#failure
    return new AppError('keys_unavailable', { detail: 'the fetch is not done yet' })
  }

  async #fetch(): Promise<void> {
    const { clock, onFailure } = this.#deps
    this.#triedAt = clock.now()
    try {
      const keys = await fetchKeys(this.#deps, this.#issuer, FETCH_MS)
      this.#latest = { keys, at: clock.now() }
      this.#failure = undefined
    } catch (err) {
      this.#failure = asAppError(err)
      onFailure(this.#failure)
    } finally {
      this.#pendingFetch = undefined
    }
  }
}

export const createIssuerKeys = (deps: KeysDeps, options: KeysOptions): IssuerKeys => {
  const waitMs = Math.min(MAX_WAIT_MS, options.deadlineMs / 2)
  const cache = new KeyCache(deps, options)

  const waitForRefresh = (): Promise<boolean> => endsWithin(deps.clock, waitMs, cache.refresh())

  const find: JWTVerifyGetKey = (header, token) => {
    const keys = cache.youngerThan(MAX_AGE_MS)
    if (!keys) throw cache.incompleteness ?? new AppError('keys_unavailable')
    return keys(header, token)
  }

  return {
    async keyFor(header, token) {
      const areFresh = cache.youngerThan(FRESH_MS) !== undefined
      if (!areFresh) await waitForRefresh()
      try {
        return await find(header, token)
      } catch (err) {
        if (!(err instanceof errors.JWKSNoMatchingKey)) throw err
        if (areFresh) await waitForRefresh()
        const reason = cache.incompleteness
        if (reason) throw reason
        return find(header, token)
      }
    },
    ready() {
      if (!cache.youngerThan(FRESH_MS)) void cache.refresh()
      return cache.youngerThan(MAX_AGE_MS) !== undefined
    },
  }
}
