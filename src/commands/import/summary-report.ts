/** The summary of an import: the results, the reasons of rejects, the files, and the next command. */
import { describeSeconds } from '../../text/duration.ts'
import { describeCounts, describeDryCounts, doneOf } from '../../import/report/progress.ts'
import type { ReasonKind } from '../../import/report/reasons.ts'
import { CREDENTIAL_MODES, SECRET_FIELDS } from '../../import/rows/modes.ts'
import type { RunEnd, Snapshot } from '../../import/run/run.ts'
import { printable } from '../../text/printable.ts'
import type { CommandContext } from '../context.ts'
import type { Paths } from './options.ts'
import type { StartDeps } from './start-report.ts'
import { nextStepOf, type NextStep } from './next-command.ts'
import type { Colourise } from '../terminal/colour.ts'

export interface Summary {
  readonly counts: Snapshot
  readonly end: RunEnd
  readonly dryRun: boolean
  readonly seconds: number
  readonly reasons: readonly ReasonKind[]
  /** Users who already existed, by their status in Okta. */
  readonly existing: Readonly<Record<string, number>>
  readonly paths: Paths
  /** How many users were changed in each attribute; in a dry run, how many would be. */
  readonly changes: Readonly<Record<string, number>>
  /** The paths that were written. */
  readonly files: readonly string[]
  readonly next: NextStep
}

export const summarise = (
  { host, options, paths, file }: StartDeps & { readonly host: CommandContext },
  results: Pick<Summary, 'counts' | 'end' | 'seconds' | 'reasons' | 'existing' | 'changes'>,
): Summary => {
  const dryRun = options.dryRun === true
  const rejects = results.reasons.length > 0 ? paths.rejects : undefined
  const isAny = Object.keys(results.existing).length > 0 && !dryRun
  const existing = isAny ? paths.existingFile : undefined
  const written = [rejects, existing, dryRun ? undefined : paths.journal]
  const files = written.filter((path) => path !== undefined)
  const hasSecrets = CREDENTIAL_MODES[options.mode].fields.some((name) =>
    SECRET_FIELDS.includes(name),
  )
  const areWhole = options.rejectsWithSecrets === true || !hasSecrets
  const { end, reasons } = results
  const next = nextStepOf({ args: host.args, file, end, dryRun, rejects, reasons, areWhole })
  return { ...results, dryRun, paths, files, next }
}

/** More would push the counts off the screen; the rejects file has them all. */
const MAX_REASONS = 10

const countOf = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

const describeEnds = ({ counts, dryRun }: Summary): string[] => {
  if (dryRun) {
    return [
      'Dry run, nothing was sent.',
      `${describeDryCounts(counts)}.`,
      'Okta may still refuse some of them, or have them already.',
    ]
  }
  const all = describeCounts(counts)
  if (doneOf(counts.before) === 0) return [`${all}.`]
  return [`This run: ${describeCounts(counts.thisRun)}.`, `All runs: ${all}.`]
}

export const describeReasons = (reasons: readonly ReasonKind[]): string[] => {
  const [most] = reasons
  if (!most) return []
  const width = String(most.count).length
  const shown = reasons.slice(0, MAX_REASONS).map(({ reason, count, lines }) => {
    const more = count > lines.length ? ', …' : ''
    const where = `line${count > 1 ? 's' : ''} ${lines.join(', ')}${more}`
    return `  ${String(count).padStart(width)}  ${printable(reason)} (${where})`
  })
  const rest = reasons.length - shown.length
  return ['By reason:', ...shown, ...(rest > 0 ? [`  and ${rest} more reasons`] : [])]
}

const describeExisting = ({ existing }: Summary, paint: Colourise): string[] => {
  const all = Object.entries(existing).map(([status, count]) => `${count} ${status}`)
  const gone = existing['DEPROVISIONED'] ?? 0
  const sentence =
    `${gone} of them ${gone === 1 ? 'is' : 'are'} deactivated in Okta (DEPROVISIONED) and cannot sign in ` +
    'until an admin activates them there.'
  return [
    ...(all.length > 0 ? [`Already there: ${all.join(', ')}.`] : []),
    ...(gone > 0 ? [paint('yellow', sentence)] : []),
  ]
}

const describeChanges = ({ changes, dryRun }: Summary): string[] => {
  const all = Object.entries(changes)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`)
  return all.length > 0 ? [`${dryRun ? 'Would change' : 'Changed'}: ${all.join(', ')}.`] : []
}

const describeTime = ({ counts, seconds, dryRun }: Summary): string => {
  const done = doneOf(counts)
  const time = `${countOf(doneOf(counts.thisRun), 'row')} in ${describeSeconds(seconds)}.`
  const isAll = counts.total === undefined || counts.total <= done
  return isAll || dryRun ? time : `${time} Rows so far: ${done} of about ${counts.total}.`
}

export const describeSummary = (summary: Summary, paint: Colourise): string => {
  const { counts, files, next } = summary
  const unknown = `The result of ${countOf(counts.sending, 'request')} is unknown; the next run checks ${counts.sending === 1 ? 'it' : 'them'} in Okta.`
  const colour = counts.rejected + counts.failed > 0 ? 'yellow' : 'green'
  return [
    ...describeEnds(summary).map((line) => paint(colour, line)),
    describeTime(summary),
    ...(counts.sending > 0 ? [paint('yellow', unknown)] : []),
    ...describeExisting(summary, paint),
    ...describeChanges(summary),
    ...describeReasons(summary.reasons),
    ...files.map((file) => `Written: ${file}`),
    `${next.what}:`,
    `  ${paint('bold', next.command)}`,
  ].join('\n')
}

/** For programs: the fields that docs/EVENTS.md lists. */
export const toSummaryEvent = ({ counts, ...summary }: Summary): object => {
  const { created, updated, existing, rejected, failed, skipped, sending, total } = counts
  const { paths, next, dryRun, end, seconds, reasons, files } = summary
  return {
    event: 'summary',
    ...{ created, updated, existing, rejected, failed, skipped, unsettled: sending, total, end },
    existingByStatus: summary.existing,
    changes: summary.changes,
    ...paths,
    ...{ thisRun: counts.thisRun, seconds: Math.round(seconds), reasons, files },
    next: next.command,
    ...(dryRun && { dryRun }),
  }
}
