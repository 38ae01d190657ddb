/** Owns the queue before Okta: who waits for the governor's leave, and the timer that wakes them. */
import type { Clock } from '../../clock.ts'
import type { Delay } from './bucket.ts'
import type { RateLimitStatus } from '../client/client.ts'
import type { Governor, Permit } from './governor.ts'
import { readRateLimit, refusalOf } from './headers.ts'
import type { OktaAnswer } from '../client/transport.ts'

export interface RequestQueue {
  /** Resolves when a request may be sent to the bucket; rejects with the signal's reason. */
  enter(bucket: string, signal?: AbortSignal): Promise<Permit>
  /** Must follow each `enter` once the request has ended, with its answer if there is one. */
  leave(ticket: Permit, answer?: Pick<OktaAnswer, 'status' | 'headers'>): void
  readonly pace: Omit<RateLimitStatus, 'silence'>
}

interface Waiter {
  readonly bucket: string
  readonly admit: (ticket: Permit) => void
}

export const createRequestQueue = (governor: Governor, clock: Clock): RequestQueue => {
  const waiters = new Set<Waiter>()
  let cancelTimer = (): void => undefined
  let waiting: { readonly until: number; readonly reason: string } | undefined

  /** Admits who may go, in order; who waits for one bucket holds up nobody at another. */
  const pump = (): void => {
    const now = clock.now()
    const holds = new Map<string, Delay>()
    for (const waiter of waiters) {
      if (holds.has(waiter.bucket)) continue
      const hold = governor.hold(waiter.bucket, now)
      if (hold) holds.set(waiter.bucket, hold)
      else {
        waiters.delete(waiter)
        waiter.admit(governor.send(waiter.bucket, now))
      }
    }
    cancelTimer()
    const [soonest] = [...holds.values()].sort((a, b) => a.ms - b.ms)
    waiting = soonest && { until: now + soonest.ms, reason: soonest.reason }
    if (soonest && Number.isFinite(soonest.ms)) cancelTimer = clock.after(soonest.ms, pump)
  }

  return {
    enter(bucket, signal) {
      return new Promise((resolve, reject) => {
        signal?.throwIfAborted()
        const leaveQueue = (): void => {
          waiters.delete(waiter)
          reject(signal?.reason as Error)
          pump()
        }
        const waiter: Waiter = {
          bucket,
          admit: (ticket) => {
            signal?.removeEventListener('abort', leaveQueue)
            resolve(ticket)
          },
        }
        signal?.addEventListener('abort', leaveQueue, { once: true })
        waiters.add(waiter)
        pump()
      })
    },
    leave(ticket, answer) {
      const rate = answer && readRateLimit(answer.headers)
      const refusal = answer && refusalOf(answer.status, rate)
      governor.settle(ticket, clock.now(), rate, refusal)
      pump()
    },
    get pace() {
      const until = waiting?.until
      const waitingUntil = until !== undefined && Number.isFinite(until) ? until : undefined
      return { concurrency: governor.concurrency, waitingUntil, reason: waiting?.reason }
    },
  }
}
