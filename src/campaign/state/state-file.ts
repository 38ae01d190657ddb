/** Opens the state of a campaign, a SQLite file, and makes it anew in one transaction. */
import type Database from 'better-sqlite3'
import { openPrivateFile } from '../../sql/private-file.ts'
import { ASSEMBLE } from './assemble.ts'
import { createKept, type Kept } from './kept.ts'
import { readOrigin, type StateOrigin } from './origin.ts'
import { createParts, type Parts } from './parts.ts'
import { asStateError, refuseOtherFile } from './state-errors.ts'
import { META, PARTS, PEOPLE, STATE_ID, STATE_VERSION } from './tables.ts'

export interface CampaignState {
  /** For statements that read. */
  readonly db: Database.Database
  /** Where its people come from; undefined where there are none, or another version has made them. */
  readonly origin: () => StateOrigin | undefined
  /**
   * Replaces everybody, and keeps the reports: `load` adds the parts. Where it throws, or the process ends, the state
   * stays as it was.
   */
  readonly replace: <T>(load: (parts: Parts, kept: Kept) => Promise<T>) => Promise<T>
  readonly close: () => void
}

/** In KiB: the indexes of a million people are larger, but the system's cache has the rest. */
const CACHE_KIB = 8_192

/** Of the parts, in which names and logins are looked up in no order. */
const PARTS_CACHE_KIB = 32_768

/** It can be made again at any time, so it need not survive a loss of power; what it must not do is to lose other files. */
const prepare = (db: Database.Database, path: string): void => {
  // The lock ends with the process.
  db.pragma('locking_mode = EXCLUSIVE')
  refuseOtherFile(db, path)
  db.pragma(`cache_size = -${CACHE_KIB}`)
  db.pragma(`temp.cache_size = -${PARTS_CACHE_KIB}`)
  // Two runs at once would read everything twice for nothing.
  db.exec('BEGIN EXCLUSIVE; COMMIT')
}

/**
 * @param path empty for one that is deleted when it is closed
 * @throws AppError `state_unusable`
 */
export const openCampaignState = (path: string): CampaignState => {
  try {
    return stateOver(openPrivateFile(path, 0, (db) => prepare(db, path)))
  } catch (cause) {
    throw asStateError(path, cause)
  }
}

const stateOver = (db: Database.Database): CampaignState => ({
  db,
  origin: () => readOrigin(db),
  replace: async (load) => {
    db.exec('BEGIN')
    try {
      db.exec(META + PARTS)
      const loaded = await load(createParts(db), createKept(db))
      db.pragma(`application_id = ${STATE_ID}`)
      db.pragma(`user_version = ${STATE_VERSION}`)
      db.exec(PEOPLE + ASSEMBLE)
      db.exec(PARTS)
      db.exec('COMMIT')
      return loaded
    } catch (err) {
      if (db.inTransaction) db.exec('ROLLBACK')
      throw err
    }
  },
  close: () => db.close(),
})
