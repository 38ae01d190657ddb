/** Reads Okta's rate-limit headers (Okta developer docs, "Monitor rate limits"). */

export interface RateLimit {
  /** How many requests the bucket allows in a window. */
  readonly limit: number
  /** How many were left when Okta answered. */
  readonly remaining: number
  /** The end of the window: seconds since 1970, by Okta's clock. */
  readonly reset: number
  /** The time of the answer: seconds since 1970, by Okta's clock. */
  readonly date: number
}

/** Proxies and Okta itself may send a header twice; the values arrive joined by commas. */
const numbersIn = (value: string | null): number[] =>
  (value ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => /^\d{1,10}$/.test(part))
    .map(Number)

const HTTP_DATE = /[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT/

/** Seconds since 1970; NaN where there is no date. */
export const dateIn = (value: string | null): number =>
  Date.parse(HTTP_DATE.exec(value ?? '')?.[0] ?? '') / 1000

/**
 * Reads the rate limit: the strictest where there are several values.
 * @returns undefined unless all four headers can be read. Without Date, Reset is useless, since this machine's
 * clock may differ from Okta's
 */
export const readRateLimit = (headers: Pick<Headers, 'get'>): RateLimit | undefined => {
  const limits = numbersIn(headers.get('x-rate-limit-limit'))
  const remainders = numbersIn(headers.get('x-rate-limit-remaining'))
  const resets = numbersIn(headers.get('x-rate-limit-reset'))
  const date = dateIn(headers.get('date'))
  if (!limits.length || !remainders.length || !resets.length || Number.isNaN(date)) return undefined
  return {
    limit: Math.min(...limits),
    remaining: Math.min(...remainders),
    reset: Math.max(...resets),
    date,
  }
}

export type Refusal = 'rate' | 'concurrency'

/**
 * Distinguishes the two kinds of 429. One for concurrency has a limit of 0, as no bucket has, and its Reset is
 * only a suggestion (Okta developer docs, "Concurrency rate limits").
 */
export const refusalOf = (status: number, rate: RateLimit | undefined): Refusal | undefined => {
  if (status !== 429) return undefined
  return rate?.limit === 0 ? 'concurrency' : 'rate'
}
