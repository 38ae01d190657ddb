/** Owns what is known of one rate-limit window, put together from answers that come in any order. */
import type { RateLimit } from './headers.ts'

export interface Window {
  /** Its name, in effect: Okta's time of its end. */
  readonly reset: number
  readonly limit: number
  readonly remaining: number
  /** Requests of ours that count, or may count, in this window; those under way not among them. */
  readonly spent: number
  /** It ends between these two, on the clock's scale. */
  readonly endsAfter: number
  readonly endsBefore: number
}

/** Okta may say Reset to the second in one answer and round it the other way in the next. */
const RESET_WOBBLE_S = 1

/** Windows last a minute; one that claims to last longer than this is asked about again. */
const MAX_WINDOW_MS = 10 * 60_000

/** @param spent our requests in this window, the one with this answer among them */
export const readWindow = (
  { limit, remaining, reset, date }: RateLimit,
  sentAt: number,
  receivedAt: number,
  spent: number,
): Window => {
  const ms = Math.min((reset - date) * 1000, MAX_WINDOW_MS)
  // The answer was made after it was asked for, within the window, and its Date is cut off to the second.
  const [endsAfter, endsBefore] = [sentAt + Math.max(ms - 1000, 0), receivedAt + ms]
  return { limit, remaining, reset, spent, endsAfter, endsBefore }
}

export const isSame = (window: Window, reset: number): boolean =>
  Math.abs(reset - window.reset) <= RESET_WOBBLE_S

/** The least that any answer has seen of a window holds for it, and each narrows down its end. */
export const combine = (a: Window, b: Window): Window => ({
  reset: a.reset,
  limit: Math.min(a.limit, b.limit),
  remaining: Math.min(a.remaining, b.remaining),
  spent: a.spent + b.spent,
  endsAfter: Math.max(a.endsAfter, b.endsAfter),
  endsBefore: Math.min(a.endsBefore, b.endsBefore),
})

/**
 * When it has surely ended, at most about a second late. Where the bounds are close together the rest
 * of that second is granted too: Reset itself may be cut off.
 */
export const endOf = ({ endsAfter, endsBefore }: Window): number =>
  Math.max(endsBefore, endsAfter + 1000)
