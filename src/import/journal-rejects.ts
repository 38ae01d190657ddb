/** Owns what a journal knows of its rejects files, and of the rows that their imports have settled. */
import Database from 'better-sqlite3'
import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** A row that another run has settled, by its line in this input. */
export interface Settled {
  readonly line: number
  readonly oktaId: string | null
}

/** Other runs know a row by its line alone, so that of two rows on one line neither is known. */
const ADOPT = `
  UPDATE rows SET state = 'existing', digest = x'', login = NULL, error_code = NULL,
                  okta_id = settled.okta_id, request_id = NULL, reason = NULL
    FROM settled
   WHERE rows.line = settled.line AND rows.state IN ('rejected', 'failed')
     AND rows.line NOT IN (SELECT line FROM rows GROUP BY line HAVING count(*) > 1)`

export const prepareRejects = (db: Database.Database) => {
  const note = db.prepare('INSERT INTO rejects_files VALUES (?) ON CONFLICT DO NOTHING')
  const files = db.prepare<[], string>('SELECT path FROM rejects_files ORDER BY rowid').pluck()
  const adopt = db.transaction((settled: readonly Settled[]) => {
    db.exec('CREATE TEMP TABLE settled (line INTEGER PRIMARY KEY, okta_id TEXT)')
    const insert = db.prepare('INSERT INTO settled VALUES (?, ?) ON CONFLICT DO NOTHING')
    for (const { line, oktaId } of settled) insert.run(line, oktaId)
    db.exec(ADOPT)
    db.exec('DROP TABLE settled')
  })
  return { note, files, adopt }
}

const ROWS = 'SELECT line, origin, state, okta_id AS oktaId FROM rows WHERE origin IS NOT NULL'

interface Row extends Settled {
  readonly origin: number
  readonly state: string
}

const isSettled = ({ state }: Row): boolean => state === 'created' || state === 'existing'

/** Of an import of rejects, whose own rejects may have been imported in their turn. */
const readSettled = (db: Database.Database, journal: string): Settled[] => {
  const { files } = prepareRejects(db)
  const deeper = new Map(
    settledBy(journal, files.all()).map(({ line, oktaId }) => [line, oktaId] as const),
  )
  return db
    .prepare<[], Row>(ROWS)
    .all()
    .filter((row) => isSettled(row) || deeper.has(row.line))
    .map((row) => ({ line: row.origin, oktaId: row.oktaId ?? deeper.get(row.line) ?? null }))
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
