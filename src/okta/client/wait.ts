/** Describes what this program is waiting for at Okta. */
import { describeSeconds } from '../../text/duration.ts'
import type { RateLimitStatus } from './client.ts'

/** A shorter silence is normal: an answer is on its way. */
const MIN_SILENCE_MS = 5_000

/** The line of a shorter wait would only flicker. */
const MIN_WAIT_MS = 1_000

const describeSilence = ({ silence }: RateLimitStatus, now: number): string | undefined => {
  if (silence === undefined || now - silence.since < MIN_SILENCE_MS) return undefined
  const lacks = silence.hasErrors ? 'answered only with errors' : 'not answered'
  const seconds = Math.floor((now - silence.since) / 1000)
  return `Okta has ${lacks} for ${describeSeconds(seconds)}, attempt ${silence.attempt}`
}

/** @returns undefined where it does not wait, or not for long */
export const describeWait = (status: RateLimitStatus | undefined, now: number) => {
  if (status === undefined) return undefined
  const { reason = '', waitingUntil = now } = status
  const ms = waitingUntil - now
  const wait = ms > MIN_WAIT_MS ? `waiting ${describeSeconds(ms / 1000)}: ${reason}` : undefined
  return describeSilence(status, now) ?? wait
}
