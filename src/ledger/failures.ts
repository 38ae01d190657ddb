/** What a failure of the ledger's disk or database means: it passes, the disk is full, or it will not do. */
import { AppError } from '../errors/errors.ts'
import { codeOf, isConnecting } from '../sql/failures.ts'

/**
 * - `away`: it cannot be reached, or not now; the same may work later.
 * - `disk`: it has no room, or its disk fails.
 * - `refused`: it is there and says no, and will say so again until a person changes something.
 */
export type FailureClass = 'away' | 'disk' | 'refused'

/** MySQL's driver has the standard's code here. PostgreSQL's own errors have it in `code`, with a severity. */
const sqlStateOf = (err: Error): string | undefined => {
  const { sqlState, severity } = err as Error & { sqlState?: string; severity?: string }
  return sqlState ?? (severity === undefined ? undefined : codeOf(err))
}

/** 53100 is PostgreSQL's "disk_full". */
const DISK = /^(?:ENOSPC|EDQUOT|EIO|53100|SQLITE_(?:FULL|IOERR.*)|ER_(?:DISK|RECORD_FILE)_FULL)$/

/** What SQLite says of a file that others use, or of a machine without memory. */
const SQLITE_PASSES = /^SQLITE_(?:BUSY|LOCKED|PROTOCOL|NOMEM|INTERRUPT)/

/** Files that this user may not have, or that are no place for one. */
const PATH_REFUSED = /^(?:EACCES|EPERM|EROFS|ENOENT|ENOTDIR|EISDIR|ELOOP|ENAMETOOLONG)$/

/**
 * Classes of SQLSTATE (ISO 9075; PostgreSQL Appendix A, MySQL Error Reference) in which a server says
 * "not now": the connection, the transaction's state (a standby), rollbacks, too little of something,
 * limits, objects in use, its operator, the system under it. HY is what has no class; XX is a fault of its own.
 */
const NOT_NOW = /^(?:08|25|40|53|54|55|57|58|70|HY|XX)/

/** Too many connections of one user, which have the class of a wrong statement. */
const MYSQL_PASSES = ['ER_TOO_MANY_USER_CONNECTIONS', 'ER_USER_LIMIT_REACHED']

/** Whether a statement, or the login, reached a server that will not have it. */
const isRefused = (code: string, sqlState: string | undefined): boolean => {
  if (code.startsWith('SQLITE_')) return !SQLITE_PASSES.test(code)
  if (PATH_REFUSED.test(code)) return true
  // Our own: a URL or a path that cannot serve.
  if (code === 'ledger_unusable') return true
  return sqlState !== undefined && !NOT_NOW.test(sqlState) && !MYSQL_PASSES.includes(code)
}

export const classifyFailure = (err: unknown): FailureClass => {
  if (err instanceof AppError && err.cause !== undefined) return classifyFailure(err.cause)
  if (!(err instanceof Error)) return 'away'
  const code = codeOf(err)
  if (isConnecting(err)) return 'away'
  if (DISK.test(code)) return 'disk'
  return isRefused(code, sqlStateOf(err)) ? 'refused' : 'away'
}
