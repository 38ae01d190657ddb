/** The failures of the journal of a cut-off: unlike that of an import, no other file can take its place. */
import { AppError, type ErrorCode } from '../errors/errors.ts'
import { writing } from '../sql/journal-file.ts'

const OWN_CODES: Partial<Record<ErrorCode, ErrorCode>> = {
  journal_unusable: 'cutoff_journal_unusable',
  journal_unwritable: 'cutoff_journal_unwritable',
}

export const asCutOffError = (err: unknown): unknown => {
  if (!(err instanceof AppError)) return err
  const code = OWN_CODES[err.code]
  return code ? new AppError(code, { detail: err.detail ?? '', cause: err.cause }) : err
}

/** @throws AppError `cutoff_journal_unwritable` */
export const recording = <T>(run: () => T): T => {
  try {
    return writing(run)
  } catch (err) {
    throw asCutOffError(err)
  }
}
