/** Reports an import: its progress, notices, start and summary, as text or as events. */
import {
  describeProgress,
  describeProgressInLine,
  toEvent,
  type Progress,
  type DescribeCounts,
} from '../../import/report/progress.ts'
import { jsonLine } from '../../text/printable.ts'
import {
  createDisplay,
  type ProgressDisplay,
  type ProgressView,
} from '../terminal/progress-display.ts'
import type { CommandContext } from '../context.ts'
import type { ImportOptions } from './options.ts'
import { describeStart, toStartEvent, type Start } from './start-report.ts'
import { describeSummary, toSummaryEvent, type Summary } from './summary-report.ts'
import { createColourise } from '../terminal/colour.ts'

export interface ImportReporter {
  readonly display: ProgressDisplay
  readonly notify: (message: string) => void
  readonly start: (start: Start) => void
  readonly summary: (summary: Summary) => void
}

export const importView = (progress: Progress, describe?: DescribeCounts): ProgressView => ({
  live: (columns) => describeProgress(progress, columns, describe),
  line: () => describeProgressInLine(progress, describe),
  event: () => toEvent(progress),
})

export const createImportReporter = (
  host: Pick<CommandContext, 'stdout' | 'stderr' | 'env'>,
  { json, quiet, print }: Pick<ImportOptions, 'json' | 'quiet' | 'print'>,
): ImportReporter => {
  const { stdout, stderr, env } = host
  // Requests that scroll over a terminal show the progress themselves.
  const isHidden = quiet === true || (print === true && stdout.isTTY === true)
  const display = createDisplay(host, { json, quiet: isHidden })
  const shown = { display, notify: display.notify }
  if (json) {
    const emit = (event: object): void => void stdout.write(jsonLine(event))
    return {
      ...shown,
      start: (start) => emit(toStartEvent(start)),
      summary: (summary) => emit(toSummaryEvent(summary)),
    }
  }
  // Where requests go to standard output, everything else goes to standard error.
  const out = print ? stderr : stdout
  const paint = createColourise(out, env)
  return {
    ...shown,
    start: (start) => display.notify(describeStart(start)),
    summary: (summary) => void out.write(`${describeSummary(summary, paint)}\n`),
  }
}
