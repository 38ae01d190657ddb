/** Reads from the journals of imports whose users have their hash in Okta, so that they need no hook. */
import { existsSync } from 'node:fs'
import { AppError } from '../../errors/errors.ts'
import { openJournalFile } from '../../sql/journal-file.ts'
import { IMPORT_JOURNAL } from './tables.ts'

/** Only users whom our own call made: one who was found had a password, or none, before. */
const NATIVE = `
  SELECT okta_id FROM rows
   WHERE made_by IS NOT NULL AND okta_id IS NOT NULL AND state IN ('created', 'updated', 'existing')
     AND (SELECT value FROM settings WHERE name = '--mode') = 'hash'
     AND (SELECT value FROM settings WHERE name = 'the org') = ?`

/**
 * @returns the ids in Okta of the users that an import with `--mode hash` into this org has made
 * @throws AppError `journal_unusable` or `journal_locked`
 */
export function* nativeUsersOf(path: string, orgUrl: string): Generator<string, void> {
  // Opening would create it.
  if (!existsSync(path)) {
    throw new AppError('journal_unusable', { detail: `${path} does not exist.` })
  }
  const db = openJournalFile(path, IMPORT_JOURNAL)
  try {
    yield* db.prepare<[string], string>(NATIVE).pluck().iterate(orgUrl)
  } finally {
    db.close()
  }
}
