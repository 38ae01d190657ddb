/** How often, and after which waits, requests to Okta are repeated. */

/** About a minute in all, without the waits for a rate limit. */
export const MAX_ATTEMPTS = 8

const FIRST_WAIT_MS = 500
const MAX_WAIT_MS = 30_000

/** Milliseconds before the next attempt: doubled each time, up to a maximum, with jitter in the upper half. */
export const backoff = (attempt: number, random: () => number): number =>
  Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), MAX_WAIT_MS) * (0.5 + random() / 2)

/** Milliseconds before each repeat of a change whose answer was lost and that Okta did not make. */
export const REPEAT_WAITS_MS = [200, 1_000, 5_000, 20_000]
