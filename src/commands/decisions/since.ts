/** Reads when a list begins: a time of day, a duration, or a date, in local time. */
import { InvalidArgumentError } from 'commander'
import { DAY_MS } from '../../clock.ts'

const UNIT_MS = { m: 60_000, h: 3_600_000, d: DAY_MS }

const EXAMPLE =
  'Use a time such as 09:00, a duration such as 30m, 2h or 3d, or a date such as 2026-11-27 or 2026-11-27T09:00.'

/** The latest such time that has passed: today, or yesterday. */
const lastTime = (hour: number, minute: number, now: number): number => {
  const at = new Date(now)
  at.setHours(hour, minute, 0, 0)
  if (at.getTime() > now) at.setDate(at.getDate() - 1)
  return at.getTime()
}

const DATE = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)?)?$/

/** A date alone is midnight in local time; the language itself would take it for UTC. */
const readDate = (text: string): number => {
  if (!DATE.test(text)) return NaN
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split('-').map(Number)
  // The language takes February 30 for March 2.
  if (new Date(Date.UTC(year, month - 1, day)).getUTCDate() !== day) return NaN
  return Date.parse(text.length === 10 ? `${text}T00:00` : text)
}

/**
 * @returns milliseconds since 1970
 * @throws InvalidArgumentError with an example
 */
export const readSince = (text: string, now: number): number => {
  const [, amount, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  if (amount !== undefined) return now - Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS]
  const [, hour, minute] = /^(\d{1,2}):(\d\d)$/.exec(text) ?? []
  if (Number(hour) < 24 && Number(minute) < 60) return lastTime(Number(hour), Number(minute), now)
  const date = readDate(text)
  if (Number.isNaN(date)) throw new InvalidArgumentError(EXAMPLE)
  return date
}

/** Only checks it: what it means depends on the moment at which the command runs. */
export const sinceOption = (text: string): string => {
  readSince(text, 0)
  return text
}
