/** Follows Okta's clock by the dates of its answers. */
import type { Clock } from '../../clock.ts'

export interface ServerTime {
  /** Milliseconds since 1970 by Okta's clock, to the second; by this machine's until Okta has answered. */
  now(): number
  observe(headers: Pick<Headers, 'get'>): void
}

export const createServerTime = (clock: Clock): ServerTime => {
  let known = { at: clock.now(), time: clock.epochMs() }
  return {
    now: () => Math.floor(known.time + clock.now() - known.at),
    observe: (headers) => {
      const time = Date.parse(headers.get('date') ?? '')
      if (!Number.isNaN(time)) known = { at: clock.now(), time }
    },
  }
}
