/** Since when Okta has not answered: over all requests, including their retries. */
import { expect, it } from 'vitest'
import { createSilenceWatch } from '../../src/okta/client/silence.ts'
import { ManualClock } from '../support/clock.ts'

it('silence lasts from the first request without an answer to the next good one', () => {
  const clock = new ManualClock()
  const silence = createSilenceWatch(clock)
  expect(silence.current).toBeUndefined()
  silence.sent(1)
  clock.advance(1_000)
  silence.sent(1)
  silence.ended(undefined)
  clock.advance(500)
  silence.sent(2)
  silence.ended(503)
  expect(silence.current).toEqual({ since: 0, attempt: 2, hasErrors: true })
  silence.ended(400)
  expect(silence.current).toBeUndefined()
})

it('silence starts again with an answer, for requests that are still pending', () => {
  const clock = new ManualClock()
  const silence = createSilenceWatch(clock)
  silence.sent(1)
  silence.sent(3)
  clock.advance(2_000)
  silence.ended(200)
  expect(silence.current).toEqual({ since: 2_000, attempt: 1, hasErrors: false })
})

it('silence is reported with the attempts of the request that was retried most often', () => {
  const silence = createSilenceWatch(new ManualClock())
  silence.sent(3)
  silence.sent(1)
  expect(silence.current?.attempt).toBe(3)
})
