/** Keeps a copy of a status in the ledger's database, for the page of the hook server. */
import type { SavedReport } from '../../campaign/state/saved-report.ts'
import type { Clock } from '../../clock.ts'
import { asAppError } from '../../errors/errors.ts'
import type { LedgerTarget } from '../../ledger/target.ts'
import { MAX_REPORT_BYTES, openLedgerReports } from '../../ledger/database/reports.ts'
import { describeBytes } from '../../text/bytes.ts'
import { printable } from '../../text/printable.ts'
import { withLedger } from '../open-ledger.ts'

const saveIn = async (
  target: LedgerTarget,
  clock: Clock,
  { org, at, json }: SavedReport,
): Promise<string | undefined> => {
  const report = { org, at: new Date(at).toISOString(), text: json.trimEnd() }
  const isSaved = await withLedger(openLedgerReports(target, false), clock, (reports) =>
    reports.saveReport(report),
  )
  return isSaved ? undefined : `it is longer than ${describeBytes(MAX_REPORT_BYTES)}`
}

/**
 * The ledger may belong to somebody who lets this command read it and no more: what was counted is as good without.
 * @returns in one line, why there is no copy, where there is none
 */
export const saveInLedger = async (
  target: LedgerTarget,
  clock: Clock,
  report: SavedReport,
): Promise<string | undefined> => {
  const why = await saveIn(target, clock, report).catch((err: unknown) => {
    const { message, detail } = asAppError(err)
    return detail ?? message
  })
  if (why === undefined) return undefined
  return `The ledger has no copy of this report, so that its page does not show it: ${printable(why, 200)}`
}
