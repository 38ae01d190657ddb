/** Owns the words of an import beside its progress: notices, failures and the summary. */
import type { AppError } from '../errors.ts'
import type { Findings } from '../import/findings.ts'
import { describeCounts } from '../import/progress.ts'
import type { RunEnd, Snapshot } from '../import/run.ts'
import type { Host } from './host.ts'
import type { ImportOptions, Paths } from './import-options.ts'

export interface Teller {
  readonly say: (message: string) => void
  readonly failure: (err: AppError) => void
  readonly summary: (counts: Snapshot, end: RunEnd, paths: Paths, findings: Findings) => void
}

const ENDS: Readonly<Record<RunEnd, string>> = {
  finished: '',
  limit: 'The limit is reached; the same command takes up the next rows.',
  stopped: 'Not all rows were taken up; the same command goes on.',
}

const describeExisting = ({ existing }: Findings, path: string): string[] => {
  const all = Object.entries(existing)
  if (all.length === 0) return []
  const gone = existing['DEPROVISIONED'] ?? 0
  return [
    `Already there: ${all.map(([status, rows]) => `${rows} ${status}`).join(', ')}; who they are: ${path}`,
    gone === 0
      ? ''
      : `${gone} of them ${gone === 1 ? 'is' : 'are'} deactivated in Okta (DEPROVISIONED) and cannot sign in ` +
        'until an admin activates them there.',
  ]
}

const MAX_REASONS = 5

const describeReasons = ({ reasons }: Findings): string[] =>
  reasons
    .slice(0, MAX_REASONS)
    .map(({ reason, errorCode, rows, line }) =>
      [`  ${rows}`, errorCode, `${reason} (first on line ${line})`].filter(Boolean).join('  '),
    )

const describeSummary = (
  counts: Snapshot,
  hint: string,
  paths: Paths,
  findings: Findings,
): string =>
  [
    `${describeCounts(counts)}.`,
    ...describeExisting(findings, paths.existingFile),
    counts.sending > 0 ? `${counts.sending} may have been sent; the next run asks Okta.` : '',
    counts.rejected + counts.failed > 0 ? `Rows to mend: ${paths.rejects}` : '',
    ...describeReasons(findings),
    hint,
  ]
    .filter((line) => line !== '')
    .join('\n')

export const createTeller = (
  { stdout, stderr }: Pick<Host, 'stdout' | 'stderr'>,
  { json, dryRun }: Pick<ImportOptions, 'json' | 'dryRun'>,
): Teller => {
  const emit = (event: object): void => void stdout.write(JSON.stringify(event) + '\n')
  if (json) {
    return {
      say: (message) => emit({ event: 'notice', message }),
      failure: ({ code, message, detail }) => emit({ event: 'error', code, message, detail }),
      summary: (
        { created, existing, rejected, failed, skipped, sending },
        end,
        paths,
        findings,
      ) => {
        const counts = { created, existing, rejected, failed, skipped, unsettled: sending }
        const found = { existingByStatus: findings.existing, reasons: findings.reasons }
        emit({ event: 'summary', ...counts, ...found, end, ...paths, ...(dryRun && { dryRun }) })
      },
    }
  }
  const out = dryRun ? stderr : stdout
  return {
    say: (message) => void stderr.write(`${message}\n`),
    // The end of the process says it on standard error.
    failure: () => undefined,
    summary: (counts, end, paths, findings) => {
      const note = dryRun ? 'Dry run, nothing was sent. It would be: ' : ''
      out.write(`${note}${describeSummary(counts, dryRun ? '' : ENDS[end], paths, findings)}\n`)
    },
  }
}
