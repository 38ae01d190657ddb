/** The queue of requests that wait for the governor's permission, and the timer that wakes them. */
import type { Clock } from '../../clock.ts'
import type { HttpReply } from '../../http/proxied-fetch.ts'
import type { Delay } from './bucket.ts'
import type { Governor, Permit } from './governor.ts'
import { readRateLimit, refusalOf } from './headers.ts'

export const createRequestQueue = (governor: Governor, clock: Clock) => {
  /** The bucket of each request that waits, by the function that admits it. */
  const waiters = new Map<(permit: Permit) => void, string>()
  let cancelTimer = (): void => undefined
  let waiting: { readonly until: number; readonly reason: string } | undefined

  /** First come, first served in each bucket; a bucket that is full does not delay the others. */
  const admitWaiting = (): void => {
    const now = clock.now()
    const delays = new Map<string, Delay>()
    for (const [admit, bucket] of waiters) {
      if (delays.has(bucket)) continue
      const delay = governor.delay(bucket, now)
      if (delay) delays.set(bucket, delay)
      else {
        waiters.delete(admit)
        admit(governor.admit(bucket, now))
      }
    }
    cancelTimer()
    const [soonest] = [...delays.values()].sort((a, b) => a.ms - b.ms)
    waiting = soonest && { until: now + soonest.ms, reason: soonest.reason }
    if (soonest && Number.isFinite(soonest.ms)) cancelTimer = clock.after(soonest.ms, admitWaiting)
  }

  return {
    /** Resolves when a request may be sent to the bucket; rejects with the signal's reason. */
    acquire(bucket: string, signal?: AbortSignal): Promise<Permit> {
      return new Promise((resolve, reject) => {
        signal?.throwIfAborted()
        const leaveQueue = (): void => {
          waiters.delete(admit)
          reject(signal?.reason as Error)
          admitWaiting()
        }
        const admit = (permit: Permit): void => {
          signal?.removeEventListener('abort', leaveQueue)
          resolve(permit)
        }
        signal?.addEventListener('abort', leaveQueue, { once: true })
        waiters.set(admit, bucket)
        admitWaiting()
      })
    },
    /** Must follow each `acquire` once the request has ended, with its answer if there is one. */
    release(permit: Permit, answer?: Pick<HttpReply, 'status' | 'headers'>): void {
      const rate = answer && readRateLimit(answer.headers)
      const refusal = answer && refusalOf(answer.status, rate)
      governor.release(permit, clock.now(), rate, refusal)
      admitWaiting()
    },
    /** How many requests may be in flight at once; until when, on the clock's scale, one waits, and why. */
    get status() {
      const until = waiting?.until
      const waitingUntil = until !== undefined && Number.isFinite(until) ? until : undefined
      return { concurrency: governor.concurrency, waitingUntil, reason: waiting?.reason }
    },
  }
}

export type RequestQueue = ReturnType<typeof createRequestQueue>
