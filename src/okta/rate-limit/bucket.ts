/** Tracks one rate-limit bucket, from the headers of its answers, and computes how long to wait. */
import type { RateLimit, Refusal } from './headers.ts'
import { Share } from './share.ts'
import { combine, endOf, isSame, readWindow, type Window } from './window.ts'

/** Why a request must wait, and for how many milliseconds if no answer comes earlier. */
export interface Delay {
  readonly ms: number
  readonly reason: string
}

/** One request that was sent. */
export interface Admission {
  /** Counts the requests of the bucket in the order in which they were sent. */
  readonly serial: number
  readonly sentAt: number
}

/** Between two probes, while the window is unknown. */
const PROBE_INTERVAL_MS = 1_000

/** After a 429, even if the window seems to be over. */
const PAUSE_AFTER_REFUSAL_MS = 1_000

/** The part of each limit that we always leave to other clients, who are visible in Remaining only. */
const RESERVE = 0.1

/** Reached only if Okta's answers never report the limit. */
const MAX_UNREPORTED = 1_000

/**
 * Admits requests as long as the window surely has room, then waits for its end. Requests are not spread
 * over the window: concurrency limits their speed, and room that a window does not use is lost.
 */
export class Bucket {
  readonly #share: Share
  #serial = 0
  #inFlight = 0
  #window: Window | undefined
  /** The last request that was sent to learn the limit, until it is answered. */
  #probe: Admission | undefined
  /** For each request that ended without a reported limit, the last serial that was sent before it ended. */
  #unreported: number[] = []
  #pausedUntil = -Infinity

  /** @param share the part of the limit, above 0 and at most 1, that we may use in each window */
  constructor(share: number) {
    this.#share = new Share(share)
  }

  /** Undefined where a request may be sent now. An answer may end the delay earlier. */
  delay(now: number): Delay | undefined {
    const window = this.#currentWindow(now)
    const delay = window ? this.#delayForRoom(window, now) : this.#delayForProbe(now)
    const pause = this.#pausedUntil - now
    return pause > (delay?.ms ?? 0) ? { ms: pause, reason: 'Okta refused with 429' } : delay
  }

  admit(now: number): Admission {
    const admission = { serial: ++this.#serial, sentAt: now }
    if (!this.#currentWindow(now)) this.#probe = admission
    this.#inFlight++
    return admission
  }

  /** Must be called when a request has ended. `rate` is undefined where no answer reported the limit. */
  release(admission: Admission, now: number, rate?: RateLimit, refusal?: Refusal): void {
    this.#inFlight--
    if (this.#probe?.serial === admission.serial) this.#probe = undefined
    if (refusal === 'rate') this.#pausedUntil = now + PAUSE_AFTER_REFUSAL_MS
    if (rate && refusal !== 'concurrency') {
      // After a refusal none are left, whatever Remaining says: a token can have its own limit.
      this.#record(admission, now, refusal ? { ...rate, remaining: 0 } : rate)
      if (refusal && rate.remaining > 0) this.#onHiddenLimit(rate)
    } else {
      this.#unreported.push(this.#serial)
      if (this.#unreported.length > MAX_UNREPORTED) this.#unreported.shift()
      if (this.#window) this.#window = { ...this.#window, used: this.#window.used + 1 }
    }
  }

  #currentWindow(now: number): Window | undefined {
    return this.#window && now < endOf(this.#window) ? this.#window : undefined
  }

  /** Remaining may not include requests in flight or unreported ones yet, so each counts as one less. */
  #delayForRoom(window: Window, now: number): Delay | undefined {
    const quota = Math.max(1, Math.floor(window.limit * this.#share.current))
    const room = window.remaining - Math.floor(window.limit * RESERVE) - this.#unreported.length
    const left = Math.min(quota - window.used, room)
    if (left > this.#inFlight) return undefined
    return { ms: endOf(window) - now, reason: 'rate limit share used up' }
  }

  #delayForProbe(now: number): Delay | undefined {
    if (!this.#probe || now - this.#probe.sentAt >= PROBE_INTERVAL_MS) return undefined
    const ms = this.#probe.sentAt + PROBE_INTERVAL_MS - now
    return { ms, reason: 'probing the rate limit' }
  }

  /** A late refusal is about a window that is over. */
  #onHiddenLimit({ reset }: RateLimit): void {
    if (this.#window && isSame(this.#window, reset)) this.#share.lower()
  }

  #record(admission: Admission, now: number, rate: RateLimit): void {
    const window = this.#window
    if (window && isSame(window, rate.reset)) {
      this.#window = combine(window, readWindow(rate, admission.sentAt, now, 1))
    } else if (!window || rate.reset > window.reset || !this.#currentWindow(now)) {
      const used = 1 + this.#unreported.length
      this.#share.startWindow()
      this.#window = readWindow(rate, admission.sentAt, now, used)
    }
    // Remaining includes all requests that ended before this one was sent, if Okta counted them at all.
    this.#unreported = this.#unreported.filter((last) => last >= admission.serial)
  }
}
