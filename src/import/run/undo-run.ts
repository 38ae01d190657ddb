/** Runs an undo: deletes users in the order of the journal, and records each before it is touched. */
import { asAppError, type AppError } from '../../errors/errors.ts'
import type { CreatedRow, UndoJournal } from '../journal/undo-journal.ts'
import { createReasons } from '../report/reasons.ts'
import type { DeletionResult } from './delete-user.ts'
import { createInFlight } from './in-flight.ts'

export type UndoSnapshot = Readonly<Record<DeletionResult['state'] | 'total', number>>

export interface UndoRunDeps {
  readonly journal: UndoJournal
  readonly deleteUser: (row: CreatedRow) => Promise<DeletionResult>
  readonly isDryRun: boolean
  readonly maxInFlight: number
  /** Aborted when the run stops. */
  readonly halt: AbortController
}

export const createUndoRun = (deps: UndoRunDeps) => {
  const { journal, deleteUser, isDryRun, maxInFlight, halt } = deps
  const counts = { deleted: 0, gone: 0, kept: 0, failed: 0 }
  const reasons = createReasons()
  const inFlight = createInFlight(maxInFlight)
  let failure: AppError | undefined

  const stop = (): void => halt.abort()
  const fail = (err: unknown): void => {
    if (err === halt.signal.reason) return
    failure ??= asAppError(err)
    stop()
  }
  const processRow = async (row: CreatedRow): Promise<void> => {
    const { state, reason, errorCode } = await deleteUser(row)
    // For a failed one, the next undo must know that it was started.
    if (!isDryRun && state !== 'failed') journal.recordEnd(row, state !== 'kept')
    counts[state]++
    if (reason !== undefined) reasons.add(row.line, { reason, errorCode })
  }
  const pump = async (): Promise<void> => {
    for (let number = 0; ;) {
      const rows = journal.after(number, await inFlight.room())
      const last = rows.at(-1)
      if (!last || halt.signal.aborted) return
      if (!isDryRun) journal.recordStart(rows)
      for (const row of rows) inFlight.add(processRow(row).catch(fail))
      number = last.number
    }
  }
  return {
    /** @throws AppError for whatever stops it early; the same command then continues */
    start: async (): Promise<void> => {
      await pump().catch(fail)
      await inFlight.empty()
      if (failure) throw failure
    },
    stop,
    reasons: reasons.list,
    snapshot: (): UndoSnapshot => ({ ...counts, total: journal.made }),
  }
}

export type UndoRun = ReturnType<typeof createUndoRun>
