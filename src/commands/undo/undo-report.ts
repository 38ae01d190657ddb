/** Reports an undo: what it may delete, its progress, and its summary, as text or as events. */
import type { UndoJournal } from '../../import/journal/undo-journal.ts'
import { fitting } from '../../import/report/progress.ts'
import type { ReasonKind } from '../../import/report/reasons.ts'
import type { UndoSnapshot } from '../../import/run/undo-run.ts'
import type { RateLimitStatus } from '../../okta/client/client.ts'
import { describeWait } from '../../okta/client/wait.ts'
import { jsonLine, printable } from '../../text/printable.ts'
import type { CommonOptions } from '../common-options.ts'
import {
  createDisplay,
  type ProgressDisplay,
  type ProgressView,
} from '../terminal/progress-display.ts'
import type { CommandContext } from '../context.ts'
import { describeTable } from '../import/start-report.ts'
import { describeReasons } from '../import/summary-report.ts'
import { createColourise } from '../terminal/colour.ts'

export interface UndoStart {
  readonly orgUrl: string
  readonly account: string | undefined
  /** Of the journal. */
  readonly path: string
  readonly journal: Pick<UndoJournal, 'made' | 'unproven' | 'updated'>
  readonly ledger: string | undefined
}

const NO_LEDGER =
  'not read, since LEDGER_DB_URL is not set: a VERIFIED whose sign-in Okta did not finish goes unnoticed'

const describeUsers = ({ made, unproven, updated }: UndoStart['journal']): string =>
  [
    `up to ${made} will be deleted: those that were not used`,
    ...(updated > 0 ? [`kept: ${updated} whose rows --update has processed`] : []),
    ...(unproven > 0
      ? [`kept: ${unproven} that others may have created, since Okta did not answer`]
      : []),
  ].join('; ')

export const describeUndoStart = ({ orgUrl, account, path, journal, ledger }: UndoStart): string =>
  describeTable([
    ['Org', orgUrl],
    ...(account === undefined ? [] : [['Account', printable(account)]]),
    ['Journal', path],
    ['Users', describeUsers(journal)],
    ['Ledger', ledger ?? NO_LEDGER],
  ])

const describeCounts = ({ deleted, gone, kept, failed }: UndoSnapshot, isDryRun: boolean): string =>
  [
    `${deleted} ${isDryRun ? 'would be deleted' : 'deleted'}`,
    ...(gone > 0 ? [`${gone} already deleted by others`] : []),
    `${kept} kept`,
    `${failed} failed`,
  ].join(', ')

const doneOf = ({ deleted, gone, kept, failed }: UndoSnapshot): number =>
  deleted + gone + kept + failed

export const undoView = (
  snapshot: UndoSnapshot,
  pace: RateLimitStatus,
  now: number,
): ProgressView => {
  const line = `${doneOf(snapshot)} of ${snapshot.total} users, ${describeCounts(snapshot, false)}`
  const wait = describeWait(pace, now)
  return {
    live: (columns) => [line, wait ?? ''].map((text) => fitting(columns, text)),
    line: () => [line, wait].filter(Boolean).join('; '),
    event: () => ({ event: 'progress', ...snapshot, done: doneOf(snapshot), waitingFor: wait }),
  }
}

export const describeUndoSummary = (
  snapshot: UndoSnapshot,
  reasons: readonly ReasonKind[],
  isDryRun: boolean,
): string => {
  const left = snapshot.total - doneOf(snapshot)
  return [
    ...(isDryRun ? ['Dry run, nothing was changed.'] : []),
    `${describeCounts(snapshot, isDryRun)}.`,
    ...(left > 0 ? [`${left} were not finished; the same command continues.`] : []),
    ...describeReasons(reasons),
  ].join('\n')
}

export interface UndoReporter {
  readonly display: ProgressDisplay
  readonly start: (start: UndoStart) => void
  readonly summary: (snapshot: UndoSnapshot, reasons: readonly ReasonKind[]) => void
}

export const createUndoReporter = (
  host: CommandContext,
  { json, quiet, dryRun = false }: CommonOptions & { readonly dryRun?: boolean },
): UndoReporter => {
  const display = createDisplay(host, { json, quiet })
  const { stdout } = host
  if (json) {
    const emit = (event: object): void => void stdout.write(jsonLine(event))
    return {
      display,
      start: ({ journal: { made, unproven, updated }, path, ...start }) =>
        emit({ event: 'start', ...start, journal: path, made, unproven, updated }),
      summary: (snapshot, reasons) =>
        emit({ event: 'summary', ...snapshot, reasons, ...(dryRun && { dryRun }) }),
    }
  }
  const paint = createColourise(stdout, host.env)
  return {
    display,
    start: (start) => display.notify(describeUndoStart(start)),
    summary: (snapshot, reasons) => {
      const colour = snapshot.kept + snapshot.failed > 0 ? 'yellow' : 'green'
      const [first = '', ...rest] = describeUndoSummary(snapshot, reasons, dryRun).split('\n')
      stdout.write([paint(colour, first), ...rest].join('\n') + '\n')
    },
  }
}
