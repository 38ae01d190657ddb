/** The queue of requests that wait for the governor's permission, and the timer that wakes them. */
import type { Clock } from '../../clock.ts'
import type { HttpReply } from '../../http/proxied-fetch.ts'
import type { Delay } from './bucket.ts'
import type { Governor, Permit } from './governor.ts'
import { readRateLimit, refusalOf } from './headers.ts'

export interface QueueStatus {
  /** How many requests may be in flight at once. */
  readonly concurrency: number
  /** On the clock's scale. */
  readonly waitingUntil: number | undefined
  readonly reason: string | undefined
}

export interface RequestQueue {
  /** Resolves when a request may be sent to the bucket; rejects with the signal's reason. */
  acquire(bucket: string, signal?: AbortSignal): Promise<Permit>
  /** Must follow each `acquire` once the request has ended, with its answer if there is one. */
  release(permit: Permit, answer?: Pick<HttpReply, 'status' | 'headers'>): void
  readonly status: QueueStatus
}

interface Waiter {
  readonly bucket: string
  readonly admit: (permit: Permit) => void
}

export const createRequestQueue = (governor: Governor, clock: Clock): RequestQueue => {
  const waiters = new Set<Waiter>()
  let cancelTimer = (): void => undefined
  let waiting: { readonly until: number; readonly reason: string } | undefined

  /** First come, first served in each bucket; a bucket that is full does not delay the others. */
  const admitWaiting = (): void => {
    const now = clock.now()
    const delays = new Map<string, Delay>()
    for (const waiter of waiters) {
      if (delays.has(waiter.bucket)) continue
      const delay = governor.delay(waiter.bucket, now)
      if (delay) delays.set(waiter.bucket, delay)
      else {
        waiters.delete(waiter)
        waiter.admit(governor.admit(waiter.bucket, now))
      }
    }
    cancelTimer()
    const [soonest] = [...delays.values()].sort((a, b) => a.ms - b.ms)
    waiting = soonest && { until: now + soonest.ms, reason: soonest.reason }
    if (soonest && Number.isFinite(soonest.ms)) cancelTimer = clock.after(soonest.ms, admitWaiting)
  }

  return {
    acquire(bucket, signal) {
      return new Promise((resolve, reject) => {
        signal?.throwIfAborted()
        const leaveQueue = (): void => {
          waiters.delete(waiter)
          reject(signal?.reason as Error)
          admitWaiting()
        }
        const waiter: Waiter = {
          bucket,
          admit: (permit) => {
            signal?.removeEventListener('abort', leaveQueue)
            resolve(permit)
          },
        }
        signal?.addEventListener('abort', leaveQueue, { once: true })
        waiters.add(waiter)
        admitWaiting()
      })
    },
    release(permit, answer) {
      const rate = answer && readRateLimit(answer.headers)
      const refusal = answer && refusalOf(answer.status, rate)
      governor.release(permit, clock.now(), rate, refusal)
      admitWaiting()
    },
    get status() {
      const until = waiting?.until
      const waitingUntil = until !== undefined && Number.isFinite(until) ? until : undefined
      return { concurrency: governor.concurrency, waitingUntil, reason: waiting?.reason }
    },
  }
}
