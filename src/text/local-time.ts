/** Shows moments in the local time zone, in words or as a stamp. */
import { describeSeconds } from './duration.ts'
import { DAY_MS } from '../clock.ts'

const nameIn = (locale: string, ms: number): string =>
  new Intl.DateTimeFormat(locale, { timeZoneName: 'short' })
    .formatToParts(ms)
    .find(({ type }) => type === 'timeZoneName')?.value ?? ''

/** The zone's own name, such as CET or EST, where a language has one; otherwise its distance from GMT. */
export const zoneAt = (ms: number): string => {
  const names = ['en-GB', 'en-US', 'en-AU', 'en-CA'].map((locale) => nameIn(locale, ms))
  return names.find((name) => !/\d/.test(name)) ?? names[0] ?? ''
}

const two = (n: number): string => String(n).padStart(2, '0')

const dateOf = (ms: number): string => {
  const date = new Date(ms)
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

const clockOf = (ms: number): string => {
  const date = new Date(ms)
  return `${date.getHours()}:${two(date.getMinutes())}`
}

/** As 2026-11-27 09:04:12 CET. */
export const stampOf = (ms: number): string => {
  const date = new Date(ms)
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')
  return `${dateOf(ms)} ${time} ${zoneAt(ms)}`
}

/** The day before, in local time: a day of a change of the clock has 23 or 25 hours. */
const dayBefore = (ms: number): number => new Date(ms).setHours(12) - DAY_MS

const dayOf = (ms: number, now: number): string => {
  const day = dateOf(ms)
  if (day === dateOf(now)) return 'today'
  return day === dateOf(dayBefore(now)) ? 'yesterday' : `on ${day}`
}

const distance = (ms: number): string => {
  const count = (n: number, unit: string): string => `${n} ${unit}${n === 1 ? '' : 's'}`
  if (ms < 60_000) return describeSeconds(Math.floor(ms / 1000))
  if (ms < 3_600_000) return count(Math.floor(ms / 60_000), 'minute')
  if (ms < 2 * DAY_MS) return count(Math.floor(ms / 3_600_000), 'hour')
  return count(Math.floor(ms / DAY_MS), 'day')
}

/** As "9:04 today, CET, 12 minutes ago". */
export const describeMoment = (ms: number, now: number): string => {
  const far = ms > now ? `in ${distance(ms - now)}` : `${distance(now - ms)} ago`
  return `${clockOf(ms)} ${dayOf(ms, now)}, ${zoneAt(ms)}, ${far}`
}
