/** Opens the state of a campaign, a SQLite file, and makes it anew in one transaction. */
import type Database from 'better-sqlite3'
import { AppError, messageOf } from '../../errors/errors.ts'
import { openPrivateFile } from '../../sql/private-file.ts'
import { ASSEMBLE } from './assemble.ts'
import { createParts, type Parts } from './parts.ts'
import { DROP_PEOPLE, PARTS, PEOPLE, STATE_ID, STATE_VERSION } from './tables.ts'

export interface CampaignState {
  /** For statements that read. */
  readonly db: Database.Database
  /**
   * Replaces everybody: `load` adds the parts, and `finish` is called when the people are put together. Where either
   * throws, or the process ends, the state stays as it was.
   */
  readonly replace: <T>(load: (parts: Parts) => Promise<T>) => Promise<T>
  readonly close: () => void
}

/** In KiB: the indexes of a million people are larger, but the system's cache has the rest. */
const CACHE_KIB = 8_192

/** Of the parts, in which names and logins are looked up in no order. */
const PARTS_CACHE_KIB = 32_768

const pragma = (db: Database.Database, name: string): number =>
  Number(db.pragma(name, { simple: true }))

const isEmpty = (db: Database.Database): boolean =>
  db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0

/** It can be made again at any time, so it need not survive a loss of power; what it must not do is to lose other files. */
const prepare = (db: Database.Database, path: string): void => {
  // The lock ends with the process.
  db.pragma('locking_mode = EXCLUSIVE')
  if (!isEmpty(db) && pragma(db, 'application_id') !== STATE_ID) {
    throw new AppError('state_unusable', {
      detail: `${path} is not the state of a campaign, and is left as it is.`,
    })
  }
  db.pragma(`cache_size = -${CACHE_KIB}`)
  db.pragma(`temp.cache_size = -${PARTS_CACHE_KIB}`)
  // Two runs at once would read everything twice for nothing.
  db.exec('BEGIN EXCLUSIVE; COMMIT')
}

const isBusy = (cause: unknown): boolean =>
  String((cause as { code?: unknown }).code).startsWith('SQLITE_BUSY')

/**
 * @param path empty for one that is deleted when it is closed
 * @throws AppError `state_unusable`
 */
export const openCampaignState = (path: string): CampaignState => {
  try {
    return stateOver(openPrivateFile(path, 0, (db) => prepare(db, path)))
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    const why = isBusy(cause) ? 'Another run is using it.' : messageOf(cause)
    throw new AppError('state_unusable', { detail: `${path}: ${why}`, cause })
  }
}

const stateOver = (db: Database.Database): CampaignState => ({
  db,
  replace: async (load) => {
    db.exec('BEGIN')
    try {
      db.pragma(`application_id = ${STATE_ID}`)
      db.pragma(`user_version = ${STATE_VERSION}`)
      db.exec(DROP_PEOPLE + PARTS + PEOPLE)
      const loaded = await load(createParts(db))
      db.exec(ASSEMBLE)
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
