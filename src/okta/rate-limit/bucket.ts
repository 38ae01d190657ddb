/** Owns the budget of one rate-limit bucket: what its answers say in, how long to wait out. */
import type { RateLimit, Refusal } from './headers.ts'
import { Share } from './share.ts'
import { combine, endOf, isSame, readWindow, type Window } from './window.ts'

/** Why a request may not be sent yet, and the milliseconds until that changes by itself. */
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

/** Between two requests while nothing is known of the window. */
const ASK_EVERY_MS = 1_000

/** After a 429, even where the window seems to be over. */
const REST_AFTER_REFUSAL_MS = 1_000

/** Of each limit, left to others in every window, whatever our share is: they show in Remaining alone. */
const RESERVE = 0.1

/** Reached only where Okta's answers never tell the limit. */
const MAX_UNACCOUNTED = 1_000

/**
 * Sends as long as the window surely has room, then holds until its end. It does not spread requests
 * out: how fast they go is the concurrency's business, and a window that ends with room left is lost.
 */
export class Bucket {
  readonly #share: Share
  #serial = 0
  #underWay = 0
  #window: Window | undefined
  /** The last request that was sent to ask about the window, as long as it has no answer. */
  #asking: Admission | undefined
  /** For each request whose answer told nothing, the last serial that was sent before its end. */
  #unaccounted: number[] = []
  #restUntil = -Infinity

  /** @param share the part of the limit, above 0 and at most 1, that we may use in each window */
  constructor(share: number) {
    this.#share = new Share(share)
  }

  /** Why nothing may be sent now; an answer that settles may lift it earlier. */
  hold(now: number): Delay | undefined {
    const window = this.#liveWindow(now)
    const hold = window ? this.#holdForRoom(window, now) : this.#holdForAnswer(now)
    const rest = this.#restUntil - now
    return rest > (hold?.ms ?? 0) ? { ms: rest, reason: 'Okta refused with 429' } : hold
  }

  send(now: number): Admission {
    const pass = { serial: ++this.#serial, sentAt: now }
    if (!this.#liveWindow(now)) this.#asking = pass
    this.#underWay++
    return pass
  }

  /** Must be told of every request's end; `rate` is undefined where no answer told the limit. */
  settle(pass: Admission, now: number, rate?: RateLimit, refusal?: Refusal): void {
    this.#underWay--
    if (this.#asking?.serial === pass.serial) this.#asking = undefined
    if (refusal === 'rate') this.#restUntil = now + REST_AFTER_REFUSAL_MS
    if (rate && refusal !== 'concurrency') {
      // A refusal means that none are left, whatever Remaining says: a token may have a limit of its own.
      this.#account(pass, now, refusal ? { ...rate, remaining: 0 } : rate)
      if (refusal && rate.remaining > 0) this.#heedLimitUnseen(rate)
    } else {
      this.#unaccounted.push(this.#serial)
      if (this.#unaccounted.length > MAX_UNACCOUNTED) this.#unaccounted.shift()
      if (this.#window) this.#window = { ...this.#window, spent: this.#window.spent + 1 }
    }
  }

  #liveWindow(now: number): Window | undefined {
    return this.#window && now < endOf(this.#window) ? this.#window : undefined
  }

  /** What is under way or unaccounted may not be in Remaining yet, so each counts as one less. */
  #holdForRoom(window: Window, now: number): Delay | undefined {
    const quota = Math.max(1, Math.floor(window.limit * this.#share.current))
    const room = window.remaining - Math.floor(window.limit * RESERVE) - this.#unaccounted.length
    const left = Math.min(quota - window.spent, room)
    if (left > this.#underWay) return undefined
    return { ms: endOf(window) - now, reason: 'rate limit share used up' }
  }

  #holdForAnswer(now: number): Delay | undefined {
    if (!this.#asking || now - this.#asking.sentAt >= ASK_EVERY_MS) return undefined
    const ms = this.#asking.sentAt + ASK_EVERY_MS - now
    return { ms, reason: 'one request asks for the rate limit' }
  }

  /** A refusal that comes late tells of a window that is over. */
  #heedLimitUnseen({ reset }: RateLimit): void {
    if (this.#window && isSame(this.#window, reset)) this.#share.lower()
  }

  #account(pass: Admission, now: number, rate: RateLimit): void {
    const window = this.#window
    if (window && isSame(window, rate.reset)) {
      this.#window = combine(window, readWindow(rate, pass.sentAt, now, 1))
    } else if (!window || rate.reset > window.reset || !this.#liveWindow(now)) {
      const spent = 1 + this.#unaccounted.length
      this.#share.beginWindow()
      this.#window = readWindow(rate, pass.sentAt, now, spent)
    }
    // What ended before this request was sent is in its Remaining, if Okta counted it at all.
    this.#unaccounted = this.#unaccounted.filter((last) => last >= pass.serial)
  }
}
