/** Pages of the System Log: those that follow it for ever, and those of a definite time ("System Log query"). */
import type { Predicate } from '../org/search.ts'
import type { LogEntry, SystemLog } from './system-log.ts'

export interface LogPage {
  readonly entries: readonly LogEntry[]
  /** Where the next page begins, if there is one. */
  readonly next: LogPlace | undefined
}

/** A place between two events: after this number, or after this date and number. */
export interface LogPlace {
  readonly published?: number
  readonly number: number
}

interface PageQuery {
  readonly since: number
  readonly after: LogPlace | undefined
  readonly limit: number
  readonly accepts: Predicate<LogEntry>
}

/** There is always a next page. Times are those at which events appeared, so that none is missed. */
export const followingPage = (log: SystemLog, query: PageQuery): LogPage => {
  const { since, after, limit, accepts } = query
  const columns = log.columns()
  const entries: LogEntry[] = []
  let number = Math.max(after ? after.number + 1 : 0, columns.firstPersistedFrom(since))
  for (; number < columns.end && entries.length < limit; number += 1) {
    const entry = columns.at(number)
    if (accepts(entry)) entries.push(entry)
  }
  return { entries, next: { number: number - 1 } }
}

interface BoundedQuery extends PageQuery {
  readonly until: number
  readonly isDescending: boolean
}

const isAfter = (entry: LogEntry, { published = 0, number }: LogPlace): boolean =>
  entry.published === published ? entry.number > number : entry.published > published

/**
 * The first page of those that `accepts` accepts, in the order of their dates. An event appears in the log no earlier
 * than it happened, and later by `longestDelay` at most, so that few events must be looked at for one page.
 */
const collect = (log: SystemLog, query: BoundedQuery): LogEntry[] => {
  const { since, until, limit, accepts, isDescending } = query
  const columns = log.columns()
  const start = columns.firstPersistedFrom(since)
  const end = columns.firstPersistedFrom(until + log.longestDelay + 1)
  const entries: LogEntry[] = []
  let edge = isDescending ? Infinity : -Infinity
  for (let step = 0; step < end - start; step += 1) {
    const entry = columns.at(isDescending ? end - 1 - step : start + step)
    const isFull = entries.length > limit
    const isBeyond = isDescending
      ? entry.persisted < edge
      : entry.persisted > edge + log.longestDelay
    if (isFull && isBeyond) break
    if (entry.published < since || entry.published >= until || !accepts(entry)) continue
    entries.push(entry)
    edge = isDescending ? Math.min(edge, entry.published) : Math.max(edge, entry.published)
  }
  const sign = isDescending ? -1 : 1
  return entries.sort((a, b) => sign * (a.published - b.published || a.number - b.number))
}

/** The last page has no next one. */
export const boundedPage = (log: SystemLog, query: BoundedQuery): LogPage => {
  const { after, limit, accepts, isDescending, since, until } = query
  const isLeft: Predicate<LogEntry> = (entry) =>
    after === undefined || (isAfter(entry, after) !== isDescending && entry.number !== after.number)
  const range = {
    since: after && !isDescending ? Math.max(since, after.published ?? 0) : since,
    until: after && isDescending ? Math.min(until, (after.published ?? 0) + 1) : until,
  }
  const found = collect(log, {
    ...query,
    ...range,
    accepts: (entry) => isLeft(entry) && accepts(entry),
  })
  const entries = found.slice(0, limit)
  const last = entries.at(-1)
  const next = last && { published: last.published, number: last.number }
  return { entries, next: found.length > limit ? (next ?? after) : undefined }
}
