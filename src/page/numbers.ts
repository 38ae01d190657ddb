/** Numbers, dates and times as the page writes them: in English, and in UTC. */
import { DAY_MS } from '../clock.ts'
import { numberOf } from '../text/figure.ts'

/** Never at the end of a line without its unit. */
export const share = (part: number, all: number): string =>
  all === 0 ? '-' : `${((100 * part) / all).toFixed(1)}\u00a0%`

export const countPeople = (count: number): string => numberOf(count, 'person', 'people')

const FORMAT = { timeZone: 'UTC', day: 'numeric', month: 'short', year: 'numeric' } as const
const LONG = new Intl.DateTimeFormat('en-GB', FORMAT)
const SHORT = new Intl.DateTimeFormat('en-GB', { ...FORMAT, year: undefined })

export const longDate = (ms: number): string => LONG.format(ms)
export const shortDate = (ms: number): string => SHORT.format(ms)
export const time = (ms: number): string => new Date(ms).toISOString().slice(11, 16)

const UNITS = [
  [DAY_MS, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
] as const

/** Such as "3 hours ago". */
export const ago = (ms: number): string => {
  const found = UNITS.find(([size]) => ms >= size)
  if (!found) return 'just now'
  const [size, name] = found
  const units = Math.floor(ms / size)
  return `${units} ${name}${units === 1 ? '' : 's'} ago`
}
