/** A model of an org's rate limit and of a client that always has work, in simulated time. */
import { Governor, type Permit } from '../../src/okta/rate-limit/governor.ts'
import type { RateLimit } from '../../src/okta/rate-limit/headers.ts'

export const WINDOW_MS = 60_000
const BUCKET = '/api/v1/users'

/** The number that must be left in every window, whatever the share. */
export const reserveOf = (limit: number): number => Math.floor(limit / 10)

/** When a lost request times out. */
const TIMEOUT_MS = 5_000

const TICK_MS = 50

export interface Journey {
  /** Milliseconds to Okta and back; an answer may overtake another. */
  readonly there: number
  readonly back: number
  /** Lost on the way to Okta until a timeout, or unanswered because the connection broke on the way back. */
  readonly outcome: 'answered' | 'lost' | 'unanswered'
}

export interface Scene {
  readonly limit: number
  readonly share: number
  readonly concurrency: number
  readonly durationMs: number
  /** Okta's clock less the client's, in milliseconds. */
  readonly skewMs: number
  /** How far the true end of a window lies after Reset, which is cut off to the second. */
  readonly cutOffMs: number
  /** Whether the n-th answer rounds Reset up to the next second, in place of cutting it off. */
  readonly roundsUp?: (n: number) => boolean
  /** The delays and outcome of the n-th request. */
  readonly journey: (n: number) => Journey
  /** The times at which others use the bucket, one request each. */
  readonly others: readonly number[]
}

interface Sent {
  readonly sentAt: number
  arrivedAt?: number
  window?: number
  remaining?: number
  releasedAt?: number
}

export interface Run {
  readonly sent: number
  readonly refused: number
  /** Our requests that Okta counted, by window. */
  readonly ours: ReadonlyMap<number, number>
  /** The longest time in which the client could have sent, and did not. */
  readonly longestIdleMs: number
  /** How many were sent although the answers about the window left no room for them. */
  readonly overspent: number
}

type Answered = RateLimit & { readonly isRefused: boolean }

/** Okta's side: fixed windows, aligned to whole minutes of its own clock. */
const createLimit = ({ limit, skewMs, cutOffMs, roundsUp = () => false }: Scene) => {
  let answers = 0
  const used = new Map<number, number>()
  const epoch = (now: number): number => now + skewMs + 1_000_000 * WINDOW_MS
  const windowAt = (now: number): number => Math.floor((epoch(now) - cutOffMs) / WINDOW_MS)
  const leftAt = (now: number): number => limit - (used.get(windowAt(now)) ?? 0)
  const take = (now: number): Answered => {
    const isRefused = leftAt(now) <= 0
    if (!isRefused) used.set(windowAt(now), (used.get(windowAt(now)) ?? 0) + 1)
    const reset = ((windowAt(now) + 1) * WINDOW_MS) / 1000 + (roundsUp(answers++) ? 1 : 0)
    return { limit, remaining: leftAt(now), reset, date: Math.floor(epoch(now) / 1000), isRefused }
  }
  return { windowAt, leftAt, take }
}

/** The time: runs due events in their order, and calls `each` after every step. */
const runEvents = (durationMs: number) => {
  const events: { at: number; run: () => void }[] = []
  let now = 0
  return {
    now: () => now,
    after(ms: number, run: () => void) {
      events.push({ at: now + ms, run })
    },
    start(each: () => void) {
      while (events.length > 0 && now <= durationMs) {
        const next = events.reduce((a, b) => (b.at < a.at ? b : a))
        events.splice(events.indexOf(next), 1)
        now = next.at
        next.run()
        each()
      }
    },
  }
}

export const simulate = (scene: Scene): Run => {
  const { limit, share, concurrency } = scene
  const governor = new Governor({ share, maxConcurrency: concurrency })
  const okta = createLimit(scene)
  const time = runEvents(scene.durationMs)
  const sent: Sent[] = []
  const answered: Sent[] = []
  const ours = new Map<number, number>()
  const unansweredAt: number[] = []
  let [underWay, lastAnsweredOf, refused, overspent, longestIdleMs] = [0, 0, 0, 0, 0]
  let idleSince: number | undefined
  let wakeAt = Infinity

  const release = (permit: Permit, mine: Sent, answer?: Answered): void => {
    underWay--
    mine.releasedAt = time.now()
    if (answer) {
      answered.push(mine)
      lastAnsweredOf = Math.max(lastAnsweredOf, mine.sentAt)
    } else unansweredAt.push(time.now())
    governor.release(permit, time.now(), answer, answer?.isRefused ? 'rate' : undefined)
  }

  const arrive = (permit: Permit, mine: Sent, { back, outcome }: Journey): void => {
    if (outcome === 'lost') {
      time.after(TIMEOUT_MS, () => release(permit, mine))
      return
    }
    const answer = okta.take(time.now())
    const window = okta.windowAt(time.now())
    Object.assign(mine, { arrivedAt: time.now(), window, remaining: answer.remaining })
    if (answer.isRefused) refused++
    else ours.set(window, (ours.get(window) ?? 0) + 1)
    if (outcome === 'unanswered') time.after(back, () => release(permit, mine))
    else time.after(back, () => release(permit, mine, answer))
  }

  /** Whether the lowest known Remaining of this window has room for all requests that may come after it. */
  const isCovered = (): boolean => {
    const window = okta.windowAt(time.now())
    const known = answered.slice(-2 * limit).filter((one) => one.window === window)
    if (known.length === 0) return true
    const least = known.reduce((a, b) => ((b.remaining ?? 0) < (a.remaining ?? 0) ? b : a))
    const later = sent
      .slice(-2 * limit)
      .filter(
        ({ arrivedAt, releasedAt, ...one }) =>
          (one.window === window && (arrivedAt ?? 0) > (least.arrivedAt ?? 0)) ||
          (arrivedAt === undefined && releasedAt === undefined),
      )
    return later.length < (least.remaining ?? 0)
  }

  const send = (): void => {
    if (!isCovered()) overspent++
    const mine: Sent = { sentAt: time.now() }
    const permit = governor.admit(BUCKET, time.now())
    const journey = scene.journey(sent.push(mine))
    underWay++
    idleSince = undefined
    time.after(journey.there, () => arrive(permit, mine, journey))
  }

  /**
   * Whether a client that knew Okta's count could send. A request without an answer may be missing in Remaining until
   * a later request was answered, and counts for our share in its window and the next.
   */
  const couldSend = (): boolean => {
    const window = okta.windowAt(time.now())
    const uncertain = unansweredAt.filter((at) => at >= lastAnsweredOf).length
    const used = unansweredAt.filter((at) => okta.windowAt(at) >= window - 1).length
    const quota = Math.floor(limit * share) - (ours.get(window) ?? 0) - used
    return (
      underWay < governor.concurrency &&
      Math.min(okta.leftAt(time.now()) - uncertain - reserveOf(limit), quota) > underWay
    )
  }

  const step = (): void => {
    if (idleSince !== undefined) longestIdleMs = Math.max(longestIdleMs, time.now() - idleSince)
    let delay = governor.delay(BUCKET, time.now())
    for (; !delay; delay = governor.delay(BUCKET, time.now())) send()
    const at = time.now() + delay.ms
    if (at < wakeAt || wakeAt <= time.now()) {
      wakeAt = at
      if (Number.isFinite(at)) time.after(delay.ms, () => undefined)
    }
    idleSince = couldSend() ? (idleSince ?? time.now()) : undefined
  }

  const tick = (): void => {
    time.after(TICK_MS, tick)
  }
  tick()
  for (const at of scene.others) time.after(at, () => okta.take(time.now()))
  time.start(step)
  return { sent: sent.length, refused, ours, longestIdleMs, overspent }
}
