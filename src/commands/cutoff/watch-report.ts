/** Prints what a watch counts: a line for each interval and the totals, or events for programs. */
import { INTERVAL_MS, type WatchCounts, type WatchInterval } from '../../cutoff/watch/tally.ts'
import type { WatchedTotals } from '../../cutoff/watch/watched.ts'
import { stampOf, zoneAt } from '../../text/local-time.ts'
import { createPrint, type CommandContext } from '../context.ts'
import type { CommonOptions } from '../common-options.ts'
import { figure, numberOf, timesOf } from '../../text/figure.ts'

const COLUMNS = [
  ['refused, not moved', 'refused'],
  ['set a new password', 'set'],
  ['sign-ins', 'signedIn'],
  ['locked out', 'lockedOut'],
  ['hook calls', 'hookCalls'],
] as const satisfies readonly (readonly [string, keyof WatchCounts])[]

const GAP = 3
const LABEL = 'YYYY-MM-DD hh:mm-hh:mm'.length

const row = (label: string, cells: readonly string[]): string => {
  const shown = cells.map((cell, at) => cell.padStart((COLUMNS[at]?.[0].length ?? 0) + GAP))
  return `${label.padEnd(LABEL)}${shown.join('')}\n`
}

const minuteOf = (ms: number): string => stampOf(ms).slice(0, 16)

const describeInterval = (interval: WatchInterval): string => {
  const { start } = interval
  const label = `${minuteOf(start)}-${minuteOf(start + INTERVAL_MS).slice(-5)}`
  return row(
    label,
    COLUMNS.map(([, name]) => figure(interval[name])),
  )
}

const describeHookCalls = ({ hookCalls }: WatchCounts): string =>
  hookCalls === 0
    ? ''
    : `WARNING: the hook was called ${timesOf(hookCalls)}, and should not be: okta-migrate register shows whether it is active.\n`

const describeUnnamed = ({ unnamed }: WatchCounts): string =>
  unnamed === 0
    ? ''
    : `${numberOf(unnamed, 'refused sign-in names', 'refused sign-ins name')} nobody: perhaps those above, once more, or people who are not counted.\n`

const describeWatched = (totals: WatchCounts, { refused, refusedAndSet }: WatchedTotals): string =>
  `${row(
    'all',
    COLUMNS.map(([, name]) => figure(name === 'refused' ? refused : totals[name])),
  )}
${figure(refusedAndSet)} of ${numberOf(refused, 'refused person has', 'refused people have')} set a new password themselves.
${describeUnnamed(totals)}${describeHookCalls(totals)}Nothing was changed. Undo of close: okta-migrate cutoff reopen
`

export const createWatchPrinter = (context: CommandContext, options: CommonOptions) => {
  const print = createPrint(context, options)
  return {
    head: (org: string, since: number): void => {
      const words = `The System Log of ${org} since ${minuteOf(since)} (${zoneAt(since)}). Ctrl-C stops watching; nothing is changed.\n\n`
      const head = row(
        '',
        COLUMNS.map(([title]) => title),
      )
      print(words + head, { event: 'watch', org, since: new Date(since).toISOString() })
    },
    intervals: (intervals: readonly WatchInterval[]): void => {
      for (const { start, ...counts } of intervals) {
        const [from, to] = [start, start + INTERVAL_MS].map((ms) => new Date(ms).toISOString())
        print(describeInterval({ start, ...counts }), { event: 'interval', from, to, ...counts })
      }
    },
    totals: (totals: WatchCounts, watched: WatchedTotals): void => {
      print(describeWatched(totals, watched), { event: 'summary', ...totals, ...watched })
    },
  }
}

export type WatchPrinter = ReturnType<typeof createWatchPrinter>
