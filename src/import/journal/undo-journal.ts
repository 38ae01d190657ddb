/** Opens the journal for an undo: lists the users it may delete, and records which are gone. */
import { existsSync, statSync } from 'node:fs'
import { AppError } from '../../errors/errors.ts'
import { openJournalFile, writing } from '../../sql/journal-file.ts'
import { IMPORT_JOURNAL, UNDOING } from './tables.ts'

/** A row whose user our own create call made, and no update has touched. */
export interface CreatedRow {
  readonly number: number
  readonly line: number
  /** Folded. */
  readonly login: string
  readonly oktaId: string
  /** Whether an interrupted undo has started with it. */
  readonly isStarted: boolean
}

export interface UndoJournal {
  /** The org and mode of the import. */
  readonly orgUrl: string
  readonly mode: string
  /** How many users may be deleted, and how many were deleted by earlier undos. */
  readonly made: number
  readonly undone: number
  /** How many stay because nothing proves that our own call made them. */
  readonly unproven: number
  /** How many stay because an update has changed them, or reopened their rows. */
  readonly updated: number
  /** Users after this number, in their order. */
  readonly after: (number: number, limit: number) => CreatedRow[]
  /**
   * Records that these users are about to be deleted. On return it is on the disk.
   * @throws AppError `journal_unwritable`
   */
  readonly recordStart: (rows: readonly CreatedRow[]) => void
  /**
   * Records that a user is gone, or stays as it was.
   * @throws AppError `journal_unwritable`
   */
  readonly recordEnd: (row: CreatedRow, isGone: boolean) => void
  readonly close: () => void
}

/** SQLite has no booleans. */
type StoredRow = Omit<CreatedRow, 'isStarted'> & { readonly started: 0 | 1 }

type UndoCounts = Pick<UndoJournal, 'made' | 'undone' | 'unproven' | 'updated'>

/** A row that a crash has left half done was one of these. */
const MADE = `
  (state = '${UNDOING}' OR (state = 'created' AND made_by IS NOT NULL AND coalesce(changed, '') = ''))`

const COUNTS = `
  SELECT count(*) FILTER (WHERE ${MADE}) AS made,
         count(*) FILTER (WHERE state = 'undone') AS undone,
         count(*) FILTER (WHERE state = 'created' AND made_by IS NULL) AS unproven,
         count(*) FILTER (WHERE made_by IS NOT NULL AND state <> 'undone' AND NOT ${MADE}) AS updated
    FROM rows`
const AFTER = `
  SELECT number, line, login, okta_id AS oktaId, state = '${UNDOING}' AS started FROM rows
   WHERE number > ? AND ${MADE} ORDER BY number LIMIT ?`
const BEGIN = `UPDATE rows SET state = '${UNDOING}' WHERE number = ?`
/** An undone row blocks no other row, has no user, and may be processed by the next import. */
const GONE = "UPDATE rows SET state = 'undone', login = NULL, person = NULL WHERE number = ?"
const STAYS = "UPDATE rows SET state = 'created' WHERE number = ?"

/**
 * Opens the journal for this process alone.
 * @throws AppError `undo_impossible`, `journal_locked` or `journal_unusable`
 */
export const openUndoJournal = (path: string): UndoJournal => {
  // Opening would create it.
  if (!existsSync(path) || statSync(path).size === 0) {
    throw new AppError('undo_impossible', { detail: `${path} does not exist, or is empty.` })
  }
  const db = openJournalFile(path, IMPORT_JOURNAL)
  const setting = db.prepare<[string], string>('SELECT value FROM settings WHERE name = ?').pluck()
  const counts = db.prepare<[], UndoCounts>(COUNTS).get()
  const after = db.prepare<[number, number], StoredRow>(AFTER)
  const [begin, gone, stays] = [db.prepare(BEGIN), db.prepare(GONE), db.prepare(STAYS)]
  const beginAll = db.transaction((rows: readonly CreatedRow[]) => {
    for (const { number } of rows) begin.run(number)
  })
  return {
    orgUrl: setting.get('the org') ?? '',
    mode: setting.get('--mode') ?? '',
    ...{ made: 0, undone: 0, unproven: 0, updated: 0, ...counts },
    after: (number, limit) =>
      after.all(number, limit).map(({ started, ...row }) => ({ ...row, isStarted: started === 1 })),
    recordStart: (rows) => writing(() => beginAll(rows)),
    recordEnd: ({ number }, isGone) => writing(() => void (isGone ? gone : stays).run(number)),
    close: () => db.close(),
  }
}
