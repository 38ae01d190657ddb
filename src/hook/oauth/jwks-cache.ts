/** Owns the keys at hand: when they are fetched anew, and how long old ones may still be used. */
import { errors, type JWTVerifyGetKey, type LocalJWKSet } from 'jose'
import { endsWithin, type Clock } from '../../clock.ts'
import { AppError, asAppError } from '../../errors/errors.ts'
import { fetchKeys, type Issuer } from './jwks.ts'

/** How soon a key that the issuer withdrew is no longer believed. Okta publishes new ones weeks ahead. */
export const FRESH_MS = 10 * 60_000

/** While the issuer cannot be reached: an outage of a night is bridged, a lost key is not kept for good. */
export const MAX_AGE_MS = 24 * 3_600_000

/** The least time between two fetches, so that tokens with made-up key ids are no way to flood the issuer. */
export const COOLDOWN_MS = 10_000

/** For one fetch, below the cooldown. It goes on when the calls that wait for it no longer do. */
const FETCH_MS = 5_000

/** The longest that a call waits for a fetch: never more than half of its time, and never twice. */
const MAX_WAIT_MS = 1_000

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

/** The keys that were fetched last, and how the latest fetch went. */
const createStock = (options: KeysOptions) => {
  const { clock, onFailure } = options
  let latest: { readonly keys: LocalJWKSet; readonly at: number } | undefined
  let triedAt = -Infinity
  let failure: AppError | undefined
  let underWay: Promise<void> | undefined

  const fetchOnce = async (): Promise<void> => {
    triedAt = clock.now()
    try {
      latest = { keys: await fetchKeys(options, FETCH_MS, clock), at: clock.now() }
      failure = undefined
    } catch (err) {
      failure = asAppError(err)
      onFailure(failure)
    } finally {
      underWay = undefined
    }
  }

  return {
    youngerThan: (ms: number): LocalJWKSet | undefined =>
      latest && clock.now() - latest.at < ms ? latest.keys : undefined,

    /** Joins the fetch under way, starts one, or lets it be if the last one was a moment ago. */
    refresh(): Promise<void> {
      if (!underWay && clock.now() - triedAt >= COOLDOWN_MS) underWay = fetchOnce()
      return underWay ?? Promise.resolve()
    },

    /** Why these may not be all the keys there are. */
    doubt: (): AppError | undefined =>
      underWay
        ? new AppError('keys_unavailable', { detail: 'the fetch is not done yet' })
        : failure,
  }
}

export const createIssuerKeys = (options: KeysOptions): IssuerKeys => {
  const { clock, deadlineMs } = options
  const waitMs = Math.min(MAX_WAIT_MS, deadlineMs / 2)
  const stock = createStock(options)

  const waitForRefresh = (): Promise<boolean> => endsWithin(clock, waitMs, stock.refresh())

  const find: JWTVerifyGetKey = (header, token) => {
    const keys = stock.youngerThan(MAX_AGE_MS)
    if (!keys) throw stock.doubt() ?? new AppError('keys_unavailable')
    return keys(header, token)
  }

  return {
    async keyFor(header, token) {
      const areFresh = stock.youngerThan(FRESH_MS) !== undefined
      if (!areFresh) await waitForRefresh()
      try {
        return await find(header, token)
      } catch (err) {
        if (!(err instanceof errors.JWKSNoMatchingKey)) throw err
        if (areFresh) await waitForRefresh()
        const doubt = stock.doubt()
        if (doubt) throw doubt
        return find(header, token)
      }
    },
    ready() {
      if (!stock.youngerThan(FRESH_MS)) void stock.refresh()
      return stock.youngerThan(MAX_AGE_MS) !== undefined
    },
  }
}
