/** Takes the results of imported rejects files over into the journal of the input. */
import Database from 'better-sqlite3'
import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** A row that became a user by the import of a rejects file, by its line in this input. */
export interface ImportedReject {
  readonly line: number
  readonly oktaId: string | null
  /** Folded. */
  readonly login: string | null
  /** Whether an undo has deleted its user since. */
  readonly isUndone: boolean
}

/** Other journals know a row only by its line, so two rows on one line are left out. */
const APPLY = `
  UPDATE rows SET state = 'existing', digest = x'', login = NULL, error_code = NULL,
                  okta_id = imported.okta_id, request_id = NULL, reason = NULL, made_by = NULL,
                  changed = NULL, person = imported.login
    FROM imported
   WHERE rows.line = imported.line AND rows.state IN ('rejected', 'failed')
     AND rows.line NOT IN (SELECT line FROM rows GROUP BY line HAVING count(*) > 1)`

/** Rows whose users an undo has deleted since: the next run processes them again, like every rejected row. */
const RELEASE = `
  UPDATE rows SET state = 'rejected', okta_id = NULL, person = NULL, reason = 'its user was deleted by an undo'
    FROM imported
   WHERE rows.line = imported.line AND imported.is_undone
     AND rows.state = 'existing' AND rows.login IS NULL`

export const prepareRejects = (db: Database.Database) => {
  const record = db.prepare('INSERT INTO rejects_files VALUES (?) ON CONFLICT DO NOTHING')
  const files = db.prepare<[], string>('SELECT path FROM rejects_files ORDER BY rowid').pluck()
  const apply = db.transaction((imported: readonly ImportedReject[]) => {
    db.exec(
      'CREATE TEMP TABLE imported (line INTEGER PRIMARY KEY, okta_id TEXT, login TEXT, is_undone INTEGER)',
    )
    const insert = db.prepare('INSERT INTO imported VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING')
    for (const { line, oktaId, login, isUndone } of imported) {
      insert.run(line, oktaId, login, Number(isUndone))
    }
    db.exec(APPLY)
    db.exec(RELEASE)
    db.exec('DROP TABLE imported')
  })
  return { record, files, apply }
}

const ROWS = `
  SELECT line, origin, state, okta_id AS oktaId, login FROM rows WHERE origin IS NOT NULL`

interface Row extends Omit<ImportedReject, 'isUndone'> {
  readonly origin: number
  readonly state: string
}

/** @returns undefined if the row has no user yet */
const toImported = ({ origin: line, state, oktaId, login }: Row): ImportedReject | undefined => {
  if (state === 'undone') return { line, oktaId: null, login: null, isUndone: true }
  const hasUser = ['created', 'updated', 'existing'].includes(state)
  return hasUser ? { line, oktaId, login, isUndone: false } : undefined
}

/** Its own rejects may have been imported, too. */
const readImportedRejects = (db: Database.Database, journal: string): ImportedReject[] => {
  const deeper = importedRejectsOf(journal, prepareRejects(db).files.all())
  const byLine = new Map(deeper.map((each) => [each.line, each]))
  const rows = db.prepare<[], Row>(ROWS).all()
  return rows.flatMap((row) => {
    const inner = byLine.get(row.line)
    // For rows of an inner import, only its own journal has the login.
    return inner ? { ...inner, line: row.origin } : (toImported(row) ?? [])
  })
}

/** A journal that cannot be read now is ignored: its rows are listed as rejects again. */
const readJournal = (journal: string): ImportedReject[] => {
  let db: Database.Database | undefined
  try {
    // Not read-only, which would leave the files of the write-ahead log behind.
    db = new Database(journal, { fileMustExist: true, timeout: 0 })
    return readImportedRejects(db, journal)
  } catch {
    return []
  } finally {
    db?.close()
  }
}

export const journalOf = (file: string): string => `${file}.journal`

/**
 * The rows of an input that became users by the import of its rejects files.
 * @param journal the path of the input's journal; the files are relative to its folder
 */
export const importedRejectsOf = (journal: string, files: readonly string[]): ImportedReject[] =>
  files
    .map((file) => journalOf(resolve(dirname(journal), file)))
    .filter((path) => path !== resolve(journal) && existsSync(path))
    .flatMap(readJournal)
