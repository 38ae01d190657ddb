/** What this program waits for at Okta, in words. */
import { describeSeconds } from '../../text/duration.ts'
import type { RateLimitStatus } from './client.ts'

/** A shorter silence is an answer on its way. */
const SILENT_MS = 5_000

/** A shorter wait would only flicker. */
const MIN_WAIT_MS = 1_000

const describeSilence = ({ silence }: RateLimitStatus, now: number): string | undefined => {
  if (silence === undefined || now - silence.since < SILENT_MS) return undefined
  const lacks = silence.hasErrors ? 'answered only with errors' : 'not answered'
  const seconds = Math.floor((now - silence.since) / 1000)
  return `Okta has ${lacks} for ${describeSeconds(seconds)}, attempt ${silence.attempt}`
}

/** @returns undefined where it does not wait, or not for long */
export const describeWait = (
  pace: RateLimitStatus | undefined,
  now: number,
): string | undefined => {
  if (pace === undefined) return undefined
  const { reason = '', waitingUntil = now } = pace
  const isHeld = waitingUntil - now > MIN_WAIT_MS
  const held = `waiting ${describeSeconds((waitingUntil - now) / 1000)}: ${reason}`
  return describeSilence(pace, now) ?? (isHeld ? held : undefined)
}
