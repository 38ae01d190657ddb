/** Everything that an import says: its progress, notices, failures, requests and the summary. */
import {
  describeProgress,
  describeProgressInLine,
  toEvent,
  type Progress,
  type Words,
} from '../../import/report/progress.ts'
import { jsonLine } from '../../text/json-line.ts'
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
  readonly say: (message: string) => void
  readonly start: (start: Start) => void
  readonly summary: (summary: Summary) => void
}

export const importView = (sight: Progress, words?: Words): ProgressView => ({
  live: (columns) => describeProgress(sight, columns, words),
  line: () => describeProgressInLine(sight, words),
  event: () => toEvent(sight),
})

type Streams = Pick<CommandContext, 'stdout' | 'stderr' | 'env'>

export const createImportReporter = (
  host: Streams,
  { json, quiet, print }: Pick<ImportOptions, 'json' | 'quiet' | 'print'>,
): ImportReporter => {
  const { stdout, stderr, env } = host
  // Requests that run over a terminal show by themselves how far it is.
  const isHidden = quiet === true || (print === true && stdout.isTTY === true)
  const display = createDisplay(host, { json, quiet: isHidden })
  const { notify } = display
  const emit = (event: object): void => void stdout.write(jsonLine(event))
  if (json) {
    return {
      display,
      say: notify,
      start: (start) => emit(toStartEvent(start)),
      summary: (summary) => emit(toSummaryEvent(summary)),
    }
  }
  // Where requests go to standard output, nothing else does.
  const out = print ? stderr : stdout
  const paint = createColourise(out, env)
  return {
    display,
    say: notify,
    start: (start) => notify(describeStart(start)),
    summary: (summary) => void out.write(`${describeSummary(summary, paint)}\n`),
  }
}
