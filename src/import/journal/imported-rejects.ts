/** Owns what a journal knows of its rejects files, and of the rows that their imports have settled. */
import Database from 'better-sqlite3'
import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** A row that another run has settled, by its line in this input. */
export interface Settled {
  readonly line: number
  readonly oktaId: string | null
  /** Folded. */
  readonly login: string | null
  /** Whether an undo has deleted its user since. */
  readonly isUndone: boolean
}

/** Other runs know a row by its line alone, so that of two rows on one line neither is known. */
const ADOPT = `
  UPDATE rows SET state = 'existing', digest = x'', login = NULL, error_code = NULL,
                  okta_id = settled.okta_id, request_id = NULL, reason = NULL, made_by = NULL,
                  changed = NULL, person = settled.login
    FROM settled
   WHERE rows.line = settled.line AND rows.state IN ('rejected', 'failed')
     AND rows.line NOT IN (SELECT line FROM rows GROUP BY line HAVING count(*) > 1)`

/** What an undo has deleted, after that: taken up anew by the next run, as every rejected row is. */
const RELEASE = `
  UPDATE rows SET state = 'rejected', okta_id = NULL, person = NULL, reason = 'its user was deleted by an undo'
    FROM settled
   WHERE rows.line = settled.line AND settled.is_undone
     AND rows.state = 'existing' AND rows.login IS NULL`

export const prepareRejects = (db: Database.Database) => {
  const note = db.prepare('INSERT INTO rejects_files VALUES (?) ON CONFLICT DO NOTHING')
  const files = db.prepare<[], string>('SELECT path FROM rejects_files ORDER BY rowid').pluck()
  const adopt = db.transaction((settled: readonly Settled[]) => {
    db.exec(
      'CREATE TEMP TABLE settled (line INTEGER PRIMARY KEY, okta_id TEXT, login TEXT, is_undone INTEGER)',
    )
    const insert = db.prepare('INSERT INTO settled VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING')
    for (const { line, oktaId, login, isUndone } of settled) {
      insert.run(line, oktaId, login, Number(isUndone))
    }
    db.exec(ADOPT)
    db.exec(RELEASE)
    db.exec('DROP TABLE settled')
  })
  return { note, files, adopt }
}

const ROWS = `
  SELECT line, origin, state, okta_id AS oktaId, login FROM rows WHERE origin IS NOT NULL`

interface Row extends Omit<Settled, 'isUndone'> {
  readonly origin: number
  readonly state: string
}

/** The row as the import of rejects has left it; undefined where it is still to do. */
const settledAs = ({ origin: line, state, oktaId, login }: Row): Settled | undefined => {
  if (state === 'undone') return { line, oktaId: null, login: null, isUndone: true }
  const hasUser = ['created', 'updated', 'existing'].includes(state)
  return hasUser ? { line, oktaId, login, isUndone: false } : undefined
}

/** Of an import of rejects, whose own rejects may have been imported in their turn. */
const readSettled = (db: Database.Database, journal: string): Settled[] => {
  const { files } = prepareRejects(db)
  const deeper = new Map(settledBy(journal, files.all()).map((each) => [each.line, each] as const))
  return db
    .prepare<[], Row>(ROWS)
    .all()
    .flatMap((row) => {
      const inner = deeper.get(row.line)
      // Rows that an inner import has settled are here without a login, and known by it there.
      return inner ? { ...inner, line: row.origin } : (settledAs(row) ?? [])
    })
}

/** A journal that cannot be read now settles nothing: its rows are listed once more. */
const readJournal = (journal: string): Settled[] => {
  let db: Database.Database | undefined
  try {
    // Not read-only: that would leave the files of its write-ahead log behind.
    db = new Database(journal, { fileMustExist: true, timeout: 0 })
    return readSettled(db, journal)
  } catch {
    return []
  } finally {
    db?.close()
  }
}

export const journalOf = (file: string): string => `${file}.journal`

/**
 * The rows of an input that became users by the import of its rejects files.
 * @param journal of the input; the files are named from where it lies
 */
export const settledBy = (journal: string, files: readonly string[]): Settled[] =>
  files
    .map((file) => journalOf(resolve(dirname(journal), file)))
    .filter((path) => path !== resolve(journal) && existsSync(path))
    .flatMap(readJournal)
