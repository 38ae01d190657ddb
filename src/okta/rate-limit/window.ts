/** Combines what answers, in any order, report about one rate-limit window. */
import type { RateLimit } from './headers.ts'

export interface Window {
  /** Okta's time of its end, which identifies the window. */
  readonly reset: number
  readonly limit: number
  readonly remaining: number
  /** Our requests that count, or may count, in this window, without those in flight. */
  readonly used: number
  /** The window ends between these two, on the clock's scale. */
  readonly endsAfter: number
  readonly endsBefore: number
}

/** Two answers about one window can differ by this: Okta may round Reset up in one and down in the other. */
const RESET_JITTER_S = 1

/** Windows last a minute. After this time a longer one is probed again. */
const MAX_WINDOW_MS = 10 * 60_000

/** @param used our requests in this window, the one with this answer among them */
export const readWindow = (
  { limit, remaining, reset, date }: RateLimit,
  sentAt: number,
  receivedAt: number,
  used: number,
): Window => {
  const ms = Math.min((reset - date) * 1000, MAX_WINDOW_MS)
  // Okta answered after the request was sent, within the window, and Date is cut off to the second.
  const [endsAfter, endsBefore] = [sentAt + Math.max(ms - 1000, 0), receivedAt + ms]
  return { limit, remaining, reset, used, endsAfter, endsBefore }
}

export const isSame = (window: Window, reset: number): boolean =>
  Math.abs(reset - window.reset) <= RESET_JITTER_S

/** Of two reports the lower counts apply, and each narrows down the end. */
export const combine = (a: Window, b: Window): Window => ({
  reset: a.reset,
  limit: Math.min(a.limit, b.limit),
  remaining: Math.min(a.remaining, b.remaining),
  used: a.used + b.used,
  endsAfter: Math.max(a.endsAfter, b.endsAfter),
  endsBefore: Math.min(a.endsBefore, b.endsBefore),
})

/**
 * When the window has surely ended; at most about a second late. Where the bounds are close together, a whole
 * second is added to the earlier one: Reset itself may be cut off.
 */
export const endOf = ({ endsAfter, endsBefore }: Window): number =>
  Math.max(endsBefore, endsAfter + 1000)
