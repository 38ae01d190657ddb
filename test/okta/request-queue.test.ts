/** The request queue: which request goes first, and the timer that wakes them. */
import { expect, it } from 'vitest'
import { Governor } from '../../src/okta/rate-limit/governor.ts'
import { createRequestQueue } from '../../src/okta/rate-limit/request-queue.ts'
import { ManualClock } from '../support/clock.ts'

it('the request queue wakes for the bucket that opens first', async () => {
  const clock = new ManualClock()
  const governor = new Governor({ share: 1, maxConcurrency: 10 })
  const full = { limit: 600, remaining: 0, reset: 60, date: 0 }
  governor.release(governor.admit('full', 0), 0, full)
  governor.release(governor.admit('refused', 0), 0, undefined, 'rate')
  const queue = createRequestQueue(governor, clock)
  const admitted: string[] = []
  const wait = async (bucket: string): Promise<void> => {
    admitted.push((await queue.acquire(bucket)).bucket)
  }
  void wait('full')
  const refused = wait('refused')
  expect(queue.status).toMatchObject({ waitingUntil: 1_000, reason: 'Okta refused with 429' })
  clock.advance(1_000)
  await refused
  expect(admitted).toEqual(['refused'])
})
