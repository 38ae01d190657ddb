/** Owns the words of an import beside its progress: notices, failures and the summary. */
import type { AppError } from '../errors.ts'
import { describeCounts } from '../import/progress.ts'
import type { RunEnd, Snapshot } from '../import/run.ts'
import type { Host } from './host.ts'
import type { ImportOptions, Paths } from './import-options.ts'

export interface Teller {
  readonly say: (message: string) => void
  readonly failure: (err: AppError) => void
  readonly summary: (counts: Snapshot, end: RunEnd, paths: Paths) => void
}

const ENDS: Readonly<Record<RunEnd, string>> = {
  finished: '',
  limit: 'The limit is reached; the same command takes up the next rows.',
  stopped: 'Not all rows were taken up; the same command goes on.',
}

const describeSummary = (counts: Snapshot, hint: string, paths: Paths): string =>
  [
    `${describeCounts(counts)}.`,
    counts.sending > 0 ? `${counts.sending} may have been sent; the next run asks Okta.` : '',
    counts.rejected + counts.failed > 0 ? `Rows to mend: ${paths.rejects}` : '',
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
      summary: ({ created, existing, rejected, failed, sending }, end, paths) => {
        const counts = { created, existing, rejected, failed, unsettled: sending }
        emit({ event: 'summary', ...counts, end, ...paths, ...(dryRun && { dryRun }) })
      },
    }
  }
  const out = dryRun ? stderr : stdout
  return {
    say: (message) => void stderr.write(`${message}\n`),
    // The end of the process says it on standard error.
    failure: () => undefined,
    summary: (counts, end, paths) => {
      const note = dryRun ? 'Dry run, nothing was sent. It would be: ' : ''
      out.write(`${note}${describeSummary(counts, dryRun ? '' : ENDS[end], paths)}\n`)
    },
  }
}
