/** The course of an undo: users in the order of the journal, each written down before it is touched. */
import { asAppError, type AppError } from '../../errors/errors.ts'
import type { Made, UndoJournal } from '../journal/undo-journal.ts'
import { createReasons } from '../report/reasons.ts'
import type { DeletionResult } from './delete-user.ts'
import { createInFlight } from './in-flight.ts'

export type UndoCounts = Readonly<Record<DeletionResult['state'], number>>

export interface UndoSnapshot extends UndoCounts {
  readonly total: number
}

export interface UndoRunDeps {
  readonly journal: UndoJournal
  readonly undo: (row: Made) => Promise<DeletionResult>
  /** Nothing is written down then. */
  readonly isDryRun: boolean
  readonly window: number
  /** Aborted when the run stops. */
  readonly halt: AbortController
}

export const createUndoRun = ({ journal, undo, isDryRun, window, halt }: UndoRunDeps) => {
  const counts = { deleted: 0, gone: 0, kept: 0, failed: 0 }
  const reasons = createReasons()
  const underWay = createInFlight(window)
  let failure: AppError | undefined

  const stop = (): void => halt.abort()
  const fail = (err: unknown): void => {
    if (err === halt.signal.reason) return
    failure ??= asAppError(err)
    stop()
  }
  const isGone = ({ state }: DeletionResult): boolean => state === 'deleted' || state === 'gone'
  const treat = async (row: Made): Promise<void> => {
    const fate = await undo(row)
    // Of one that failed the next undo must know that it was begun.
    if (!isDryRun && fate.state !== 'failed') journal.end(row, isGone(fate))
    counts[fate.state]++
    const { reason, errorCode = null } = fate
    if (reason !== undefined) reasons.add(row.line, { reason, errorCode })
  }
  const pump = async (): Promise<void> => {
    for (let number = 0; ;) {
      const rows = journal.after(number, await underWay.room())
      const last = rows.at(-1)
      if (!last || halt.signal.aborted) return
      if (!isDryRun) journal.begin(rows)
      for (const row of rows) underWay.enter(treat(row).catch(fail))
      number = last.number
    }
  }
  return {
    /** @throws AppError for whatever ends it before its time; the same undo then goes on */
    start: async (): Promise<void> => {
      await pump().catch(fail)
      await underWay.empty()
      if (failure) throw failure
    },
    stop,
    reasons: reasons.list,
    snapshot: (): UndoSnapshot => ({ ...counts, total: journal.made }),
  }
}

export type UndoRun = ReturnType<typeof createUndoRun>
