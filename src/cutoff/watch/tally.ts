/** Counts the events of a watch by intervals of 15 minutes, and says which intervals are over. */
import type { OktaEvent } from '../../okta/api/system-log.ts'
import { meaningOf, personOf } from './events.ts'
import type { Watched } from './watched.ts'

export const INTERVAL_MS = 15 * 60_000

/** Events appear in the log some time after they happened. One that is later still counts in the next interval. */
const LATE_MS = 2 * 60_000

export interface WatchCounts {
  /** People who have not moved. */
  readonly refused: number
  /** People who had not moved. */
  readonly set: number
  /** Sign-ins. */
  readonly signedIn: number
  readonly lockedOut: number
  readonly hookCalls: number
  /** Refused sign-ins of which the log does not say whose they were. */
  readonly unnamed: number
}

type Counting = { -readonly [Name in keyof WatchCounts]: number }

const NONE: WatchCounts = {
  refused: 0,
  set: 0,
  signedIn: 0,
  lockedOut: 0,
  hookCalls: 0,
  unnamed: 0,
}

export interface WatchInterval extends WatchCounts {
  /** Milliseconds since 1970. */
  readonly start: number
}

const startOfInterval = (ms: number): number => Math.floor(ms / INTERVAL_MS) * INTERVAL_MS

/** Holds the counts of the intervals that are not over, and gives each of them once. */
const createIntervals = () => {
  const intervals = new Map<number, Counting>()
  let given = -Infinity
  const take = (isWanted: (start: number) => boolean): WatchInterval[] => {
    const starts = [...intervals.keys()].filter(isWanted).sort((a, b) => a - b)
    return starts.map((start) => {
      const counts = intervals.get(start) ?? NONE
      intervals.delete(start)
      given = Math.max(given, start + INTERVAL_MS)
      return { start, ...counts }
    })
  }
  return {
    at: (ms: number): { readonly interval: number; readonly counts: Counting } => {
      const interval = Math.max(startOfInterval(ms), given)
      const counts = intervals.get(interval) ?? { ...NONE }
      intervals.set(interval, counts)
      return { interval, counts }
    },
    take,
  }
}

export interface WatchTallyOptions {
  readonly hookId: string
  /** Milliseconds since 1970. */
  readonly since: number
}

export const createWatchTally = (watched: Watched, { hookId, since }: WatchTallyOptions) => {
  const intervals = createIntervals()
  const totals: Counting = { ...NONE }
  let newest = -Infinity

  /** @returns what the event counts as, if it counts */
  const nameFor = (event: OktaEvent, interval: number): keyof WatchCounts | undefined => {
    const meaning = meaningOf(event, hookId)
    const person = personOf(event)
    switch (meaning) {
      case 'refused':
        if (!person) return 'unnamed'
        return watched.refuse(person, interval) ? 'refused' : undefined
      case 'set':
        return person && watched.setPassword(person) ? 'set' : undefined
      case 'hookCall':
        return 'hookCalls'
      default:
        return meaning
    }
  }

  return {
    totals: totals as WatchCounts,
    add: (event: OktaEvent): void => {
      newest = Math.max(newest, event.published)
      const { interval, counts } = intervals.at(event.published)
      const name = nameFor(event, interval)
      if (!name) return
      counts[name]++
      totals[name]++
    },
    /** The intervals that are over, oldest first, each once; the present one is begun, also if nothing happens in it. */
    over: (now: number): WatchInterval[] => {
      // Our clock can be behind Okta's.
      if (now >= since) intervals.at(now)
      const until = Math.max(now, newest) - LATE_MS
      return intervals.take((start) => start + INTERVAL_MS <= until)
    },
    /** All that are left. */
    rest: (): WatchInterval[] => intervals.take(() => true),
  }
}

export type WatchTally = ReturnType<typeof createWatchTally>
