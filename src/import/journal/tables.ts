/** The tables of the journal of an import, and how those of earlier versions are migrated. */
import type { JournalKind } from '../../sql/journal-file.ts'

/** "OMIJ" in ASCII. */
const APPLICATION_ID = 0x4f4d494a

/**
 * 0: without Okta's data on existing users, and without skipped rows.
 * 1: without who made a user, and without the changes of --update.
 */
const VERSION = 2

/** The state of a row whose user is being deleted. */
export const UNDOING = 'undoing'

const SETTINGS = 'CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;'

/** The states have no CHECK: a later version could not add one to it. */
const ROWS = `
  CREATE TABLE rows (
    number INTEGER PRIMARY KEY,
    line INTEGER NOT NULL,
    digest BLOB NOT NULL,
    -- Folded; NULL for a row that is not to be sent, so that it stands in no other row's way.
    login TEXT UNIQUE,
    state TEXT NOT NULL,
    intended_at INTEGER NOT NULL,
    okta_id TEXT,
    error_code TEXT,
    request_id TEXT,
    reason TEXT,
    okta_login TEXT,
    status TEXT,
    provider TEXT,
    -- Of a row of a rejects file: its line in the input that it came from.
    origin INTEGER,
    -- The request id of Okta's 200 to our own create call.
    made_by TEXT,
    -- The attributes that --update has changed, or was about to; '' where it has found no difference.
    changed TEXT,
    -- Whose row it is, where that has a user and no login.
    person TEXT
  ) STRICT;`

const REJECTS_FILES = 'CREATE TABLE rejects_files (path TEXT PRIMARY KEY) STRICT;'

/** Rows used to have one request id; with an error code it is that of a duplicate, which proves nothing. */
const MADE_BY =
  "UPDATE rows SET made_by = request_id WHERE state = 'created' AND error_code IS NULL;"

const OLD_COLUMNS =
  'number, line, digest, login, state, intended_at, okta_id, error_code, request_id, reason'

const FROM_0 = `
  ALTER TABLE rows RENAME TO old_rows;
  ${ROWS}
  INSERT INTO rows (${OLD_COLUMNS}) SELECT ${OLD_COLUMNS} FROM old_rows ORDER BY number;
  DROP TABLE old_rows;
  ${REJECTS_FILES}
  ${MADE_BY}`

const FROM_1 = `
  ALTER TABLE rows ADD COLUMN made_by TEXT;
  ALTER TABLE rows ADD COLUMN changed TEXT;
  ALTER TABLE rows ADD COLUMN person TEXT;
  ${MADE_BY}`

export const IMPORT_JOURNAL: JournalKind = {
  applicationId: APPLICATION_ID,
  version: VERSION,
  name: 'the journal of an import',
  tables: SETTINGS + ROWS + REJECTS_FILES,
  migrations: { 0: FROM_0, 1: FROM_1 },
}
