/** The journal as an undo reads and writes it: which users it may delete, and which of them are gone. */
import { existsSync, statSync } from 'node:fs'
import { AppError } from '../../errors/errors.ts'
import { openDatabase, write } from './journal-file.ts'
import { UNDOING } from './journal-tables.ts'

/** A row whose user our own create call made, and no update has touched. */
export interface Made {
  readonly number: number
  readonly line: number
  /** Folded. */
  readonly login: string
  readonly oktaId: string
  /** Whether an undo that was cut short has begun with it. */
  readonly isBegun: boolean
}

export interface UndoJournal {
  /** Of the import that began the journal. */
  readonly orgUrl: string
  readonly mode: string
  /** How many users may be deleted, and how many were by undos before. */
  readonly made: number
  readonly undone: number
  /** How many stay, since nothing proves that our own call made them. */
  readonly unproven: number
  /** How many stay of those that it did make, since an update has changed them, or has taken up their rows. */
  readonly updated: number
  /** Users after this number, in their order. */
  readonly after: (number: number, limit: number) => Made[]
  /**
   * Writes down that these users are about to be deleted. On return it is on the disk.
   * @throws AppError `journal_unwritable`
   */
  readonly begin: (rows: readonly Made[]) => void
  /**
   * Writes down that a user is gone, or stays as it was.
   * @throws AppError `journal_unwritable`
   */
  readonly end: (row: Made, isGone: boolean) => void
  readonly close: () => void
}

type UndoCounts = Pick<UndoJournal, 'made' | 'undone' | 'unproven' | 'updated'>

/** What a crash left half done was begun as one of these. */
const MADE = `
  (state = '${UNDOING}' OR (state = 'created' AND made_by IS NOT NULL AND coalesce(changed, '') = ''))`

const COUNTS = `
  SELECT count(*) FILTER (WHERE ${MADE}) AS made,
         count(*) FILTER (WHERE state = 'undone') AS undone,
         count(*) FILTER (WHERE state = 'created' AND made_by IS NULL) AS unproven,
         count(*) FILTER (WHERE made_by IS NOT NULL AND state <> 'undone' AND NOT ${MADE}) AS updated
    FROM rows`
const AFTER = `
  SELECT number, line, login, okta_id AS oktaId, state = '${UNDOING}' AS begun FROM rows
   WHERE number > ? AND ${MADE} ORDER BY number LIMIT ?`
const BEGIN = `UPDATE rows SET state = '${UNDOING}' WHERE number = ?`
/** An undone row stands in no other row's way, has no user, and may be taken up by the next import. */
const GONE = "UPDATE rows SET state = 'undone', login = NULL, person = NULL WHERE number = ?"
const STAYS = "UPDATE rows SET state = 'created' WHERE number = ?"

/**
 * Opens the journal for this process alone.
 * @throws AppError `undo_impossible`, `journal_locked` or `journal_unusable`
 */
export const openUndoJournal = (path: string): UndoJournal => {
  // To open it would make it a journal.
  if (!existsSync(path) || statSync(path).size === 0) {
    throw new AppError('undo_impossible', { detail: `${path} is not there, or empty.` })
  }
  const db = openDatabase(path)
  const setting = db.prepare<[string], string>('SELECT value FROM settings WHERE name = ?').pluck()
  const counts = db.prepare<[], UndoCounts>(COUNTS).get()
  const after = db.prepare<[number, number], Omit<Made, 'isBegun'> & { begun: number }>(AFTER)
  const begin = db.prepare<[number]>(BEGIN)
  const gone = db.prepare<[number]>(GONE)
  const stays = db.prepare<[number]>(STAYS)
  const beginAll = db.transaction((rows: readonly Made[]) => {
    for (const { number } of rows) begin.run(number)
  })
  return {
    orgUrl: setting.get('the org') ?? '',
    mode: setting.get('--mode') ?? '',
    ...{ made: 0, undone: 0, unproven: 0, updated: 0, ...counts },
    after: (number, limit) =>
      after.all(number, limit).map(({ begun, ...row }) => ({ ...row, isBegun: begun === 1 })),
    begin: (rows) => write(() => beginAll(rows)),
    end: ({ number }, isGone) => write(() => void (isGone ? gone : stays).run(number)),
    close: () => db.close(),
  }
}
