/** The progress of a run: what is done, how fast, how long it will take, and its text and event. */
import type { Clock } from '../../clock.ts'
import { describeSeconds } from '../../text/duration.ts'
import type { RateLimitStatus } from '../../okta/client/client.ts'
import { describeWait } from '../../okta/client/wait.ts'
import type { Counts } from '../journal/row.ts'
import type { Snapshot } from '../run/run.ts'

/** Rows by how they ended. */
export type EndCounts = Omit<Counts, 'sending'>

export interface Progress extends Snapshot {
  /** Rows that have ended, in all runs. */
  readonly done: number
  /** Rows a second, recently. */
  readonly rate: number
  /** Seconds left at this rate, if the total is known. */
  readonly secondsLeft: number | undefined
  /** What it waits for at Okta. */
  readonly waitingFor: string | undefined
}

export const doneOf = (ends: EndCounts): number =>
  ends.created + ends.updated + ends.existing + ends.rejected + ends.failed + ends.skipped

export type DescribeCounts = (ends: EndCounts) => string

const withSkipped = (counts: string, { skipped }: EndCounts): string =>
  skipped === 0 ? counts : `${counts}, ${skipped} skipped as disabled`

export const describeCounts: DescribeCounts = (ends) => {
  const { created, updated, existing, rejected, failed } = ends
  const changed = updated === 0 ? '' : `${updated} updated, `
  const counts = `${created} created, ${changed}${existing} already there, ${rejected} rejected, ${failed} failed`
  return withSkipped(counts, ends)
}

/** For a dry run, which creates no users. */
export const describeDryCounts: DescribeCounts = (ends) => {
  const { created, updated, existing, rejected } = ends
  const there = `, ${updated} would be updated, ${existing} already there and the same`
  const known = updated + existing > 0 ? there : ''
  return withSkipped(`${created} can be sent${known}, ${rejected} rejected`, ends)
}

/** Okta counts its limits by the minute: over three minutes, bursts and waits average out. */
const RATE_WINDOW_MS = 180_000

/** The least time between two samples. */
const SAMPLE_MS = 1_000

/**
 * Tells how fast a number rises, over the last minutes; the time before its first rise does not count.
 * @returns the rate, where nothing comes before `until`: a burst that a limit has ended is no speed
 */
export const createRate = (clock: Pick<Clock, 'now'>, first: number) => {
  const samples = [{ at: clock.now(), count: first }]
  return (count: number, until = 0): number => {
    const at = clock.now()
    const last = samples.at(-1)
    if (count === first) samples.splice(0, samples.length, { at, count })
    else if (!last || at - last.at >= SAMPLE_MS) samples.push({ at, count })
    while (samples[1] && at - samples[1].at >= RATE_WINDOW_MS) samples.shift()
    const oldest = samples[0] ?? { at, count }
    const seconds = (Math.max(at, until) - oldest.at) / 1000
    return seconds > 0 ? (count - oldest.count) / seconds : 0
  }
}

export interface ProgressDeps {
  readonly snapshot: () => Snapshot
  readonly pace: () => RateLimitStatus | undefined
  readonly clock: Pick<Clock, 'now'>
}

/** @returns a function that reads the current progress */
export const createProgress = ({ snapshot, pace, clock }: ProgressDeps): (() => Progress) => {
  const rateOf = createRate(clock, doneOf(snapshot()))
  return () => {
    const current = snapshot()
    const done = doneOf(current)
    const now = pace()
    const rate = rateOf(done, now?.waitingUntil)
    const left = current.total === undefined ? undefined : Math.max(0, current.total - done)
    const secondsLeft = left === undefined || rate === 0 ? undefined : Math.round(left / rate)
    return { ...current, done, rate, secondsLeft, waitingFor: describeWait(now, clock.now()) }
  }
}

const percentOf = ({ done, total }: Progress): string | undefined =>
  total ? `${Math.floor(Math.min(1, done / total) * 100)} %` : undefined

export const describeRate = (rate: number): string =>
  `${rate < 10 ? rate.toFixed(1) : Math.round(rate)} a second`

const join = (...parts: (string | undefined)[]): string => parts.filter(Boolean).join(', ')

const withoutZeros = (counts: string): string =>
  join(...counts.split(', ').filter((part) => !part.startsWith('0 ')))

/** The first that fits, or the last, cut. */
export const fitting = (columns: number, ...choices: readonly string[]): string =>
  choices.find((text) => text.length <= columns) ?? (choices.at(-1) ?? '').slice(0, columns)

/** Two lines: what is done, and what remains. */
export const describeProgress = (
  progress: Progress,
  columns: number,
  describe: DescribeCounts = describeCounts,
): [string, string] => {
  const { done, total, rate, secondsLeft, waitingFor, rejected, failed } = progress
  const share = percentOf(progress)
  const counts = describe(progress)
  const rows = total === undefined ? `${done} rows` : `${done} of ${total} rows`
  const left = secondsLeft === undefined ? undefined : `${describeSeconds(secondsLeft)} left`
  const about = left && `about ${left}`
  return [
    fitting(
      columns,
      join(share, counts),
      join(share, withoutZeros(counts)),
      join(share, rows, `${rejected + failed} rejected or failed`),
    ),
    fitting(
      columns,
      join(describeRate(rate), about, waitingFor),
      join(about, waitingFor),
      join(left, waitingFor),
      join(waitingFor),
    ),
  ]
}

/** The same in one line, for logs. */
export const describeProgressInLine = (progress: Progress, describe?: DescribeCounts): string =>
  describeProgress(progress, Infinity, describe).join('; ')

/** The event of docs/EVENTS.md. */
export const toEvent = (progress: Progress): object => {
  const { created, updated, existing, rejected, failed, skipped, sending } = progress
  const { done, total, rate, secondsLeft, waitingFor } = progress
  const ends = { created, updated, existing, rejected, failed, skipped, unsettled: sending }
  return { event: 'progress', ...ends, done, total, rate, secondsLeft, waitingFor }
}
