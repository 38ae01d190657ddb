/** Says why a file cannot be used as the state of a campaign. */
import type Database from 'better-sqlite3'
import { AppError, messageOf } from '../../errors/errors.ts'
import { codeOf } from '../../sql/failures.ts'
import { STATE_ID } from './tables.ts'

const isEmpty = (db: Database.Database): boolean =>
  db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0

/** @throws AppError `state_unusable` for somebody else's database */
export const refuseOtherFile = (db: Database.Database, path: string): void => {
  if (isEmpty(db) || Number(db.pragma('application_id', { simple: true })) === STATE_ID) return
  throw new AppError('state_unusable', {
    detail: `${path} is not the state of a campaign, and is left as it is.`,
  })
}

export const asStateError = (path: string, cause: unknown): AppError => {
  if (cause instanceof AppError) return cause
  const isBusy = codeOf(cause).startsWith('SQLITE_BUSY')
  const why = isBusy ? 'Another run is using it.' : messageOf(cause)
  return new AppError('state_unusable', { detail: `${path}: ${why}`, cause })
}
