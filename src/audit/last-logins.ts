/** Reads when people were last seen, and counts them by day. */
import { DAY_MS } from '../clock.ts'
import type { Value } from '../import/sources/source.ts'

/** What systems write for somebody who never signed in. */
const NEVER = /^0*(?:0000-00-00.*)?$/

/** ISO 8601 as databases write it, with a space or a T; without a zone it is UTC. */
const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?\s*(Z|UTC|[+-]\d\d(?::?\d\d)?)?)?$/i

const zoneMs = (zone: string): number => {
  const [, sign, hours, minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? []
  const ms = (Number(hours) * 60 + Number(minutes)) * 60_000
  return sign === undefined ? 0 : sign === '+' ? ms : -ms
}

const readIso = (text: string): number | undefined => {
  const found = ISO.exec(text)
  if (!found) return undefined
  const [year = 0, month = 0, day = 0, ...time] = found
    .slice(1, 7)
    .map((part?: string) => Number(part ?? 0))
  const [hour = 0, minute = 0, second = 0] = time
  const ms = Date.UTC(year, month - 1, day, hour, minute, second)
  const isReal = new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day
  if (!isReal || month < 1 || month > 12 || hour > 23 || minute > 59 || second > 60) {
    return undefined
  }
  return ms - zoneMs(found[7] ?? '')
}

/** As seconds they are in the year 5138, as milliseconds in 1973. */
const MIN_MS = 100_000_000_000

/** The year 2100, beyond which a number has another unit or meaning. */
const MAX_MS = 4_102_444_800_000

/** In seconds, 1973: a smaller number is a day such as 20261005, or counts days. */
const MIN_SECONDS = 100_000_000

const readEpoch = (number: number): number | undefined => {
  const ms = number < MIN_MS ? number * 1000 : number
  return number >= MIN_SECONDS && ms < MAX_MS ? ms : undefined
}

/** @returns undefined for what is no date */
export const readMoment = (value: Value): number | 'never' | undefined => {
  if (typeof value === 'number') return value === 0 ? 'never' : readEpoch(value)
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  if (NEVER.test(text)) return 'never'
  return /^\d{9,13}(?:\.\d+)?$/.test(text) ? readEpoch(Number(text)) : readIso(text)
}

/** The largest offset of a time zone (IANA, Pacific/Kiritimati). */
const MAX_OFFSET_MS = 14 * 3_600_000

/**
 * The latest moment that a value can mean: without a zone it may be the time of any place, and what is smaller than the
 * last unit that is written is not known.
 */
export const latestOf = (value: Value): number | 'never' | undefined => {
  const moment = readMoment(value)
  if (typeof moment !== 'number') return moment
  const found = typeof value === 'string' ? ISO.exec(value.trim()) : null
  const [, , , , hour, , second, zone] = found ?? []
  const unit = !found || second !== undefined ? 1_000 : hour === undefined ? DAY_MS : 60_000
  return moment + unit + (found && zone === undefined ? MAX_OFFSET_MS : 0)
}

export interface LastLogins {
  /** How many values there were. */
  readonly given: number
  /** How many of them are no dates, and whose the first is. */
  readonly bad: number
  readonly firstBad: string | undefined
  /** The newest day, in days since 1970. */
  readonly newestDay: number | undefined
  /** The most people whose last login was on one of the seven days before this one. */
  readonly busiestBefore: (day: number) => number
}

const DAYS = 7

export const createLastLogins = () => {
  const days = new Map<number, number>()
  let [given, bad] = [0, 0]
  let firstBad: string | undefined
  return {
    add: (value: Value | undefined, key: string): void => {
      if (value === undefined) return
      given++
      const moment = readMoment(value)
      if (moment === undefined) {
        bad++
        firstBad ??= key
      } else if (moment !== 'never') {
        const day = Math.floor(moment / DAY_MS)
        days.set(day, (days.get(day) ?? 0) + 1)
      }
    },
    read: (): LastLogins => ({
      given,
      bad,
      firstBad,
      newestDay: days.size === 0 ? undefined : Math.max(...days.keys()),
      busiestBefore: (day) =>
        Math.max(...Array.from({ length: DAYS }, (_, i) => days.get(day - 1 - i) ?? 0)),
    }),
  }
}
