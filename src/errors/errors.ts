/** The table of every failure that the program can name, and the error class that refers to it. */
import { CALL_ERRORS, EVENT_CALL_ERRORS, ROUTE_ERRORS } from './call-errors.ts'
import { COMMAND_ERRORS } from './command-errors.ts'
import { CUT_OFF_ERRORS } from './cut-off-errors.ts'
import type { ErrorRow } from './error-row.ts'
import { IMPORT_ERRORS } from './import-errors.ts'
import { OKTA_ERRORS } from './okta-errors.ts'

const TABLES = {
  ...ROUTE_ERRORS,
  ...CALL_ERRORS,
  ...EVENT_CALL_ERRORS,
  ...OKTA_ERRORS,
  ...COMMAND_ERRORS,
  ...IMPORT_ERRORS,
  ...CUT_OFF_ERRORS,
}

export type ErrorCode = keyof typeof TABLES

export const ERRORS: Readonly<Record<ErrorCode, ErrorRow>> = TABLES

export interface ErrorDetails {
  /** For the log or the terminal, never for the caller. Must not contain a password, token, hash or key. */
  readonly detail?: string
  /** The name of the offending field, never its value. */
  readonly field?: string
  readonly cause?: unknown
}

export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly detail: string | undefined
  readonly field: string | undefined

  constructor(code: ErrorCode, { detail, field, cause }: ErrorDetails = {}) {
    super(ERRORS[code].sentence, { cause })
    this.code = code
    this.detail = detail
    this.field = field
  }

  get row(): ErrorRow {
    return ERRORS[this.code]
  }
}

const refusals = new Map<ErrorCode, AppError>()

/**
 * One error for each code, for failures that can come in floods: to create one each time, with its stack, would be a
 * large part of the cost of a refusal.
 */
export const refusal = (code: ErrorCode): AppError => {
  const error = refusals.get(code) ?? new AppError(code)
  refusals.set(code, error)
  return error
}

/** For errors whose messages are safe to show, such as those of the file system. */
export const messageOf = (err: unknown): string => (err instanceof Error ? err.message : '')

export const asAppError = (err: unknown): AppError =>
  err instanceof AppError ? err : new AppError('internal', { cause: err })

/**
 * The parts of an unforeseen error that are safe to log: its type, code and place. Its message is left out,
 * because messages quote their input (`JSON.parse` does), and here inputs are passwords.
 */
export const describeUnforeseen = (err: unknown): Record<string, unknown> => {
  if (!(err instanceof Error)) return { type: typeof err }
  const code = 'code' in err && typeof err.code === 'string' ? err.code : undefined
  const lines = err.stack?.replace(err.message, '').split('\n')
  const frames = lines?.filter((line) => line.startsWith('    at ')).slice(0, 5)
  return { type: err.name, code, at: frames?.map((line) => line.trim()) }
}
