/** Describes why a store cannot be used. */
import { codeOf, matchesPattern, sentenceOf } from '../../sql/failures.ts'
import { AppError } from '../../errors/errors.ts'

/** OpenSSL's sentences for a certificate whose issuer is not known; mysql2 gives all of them one code. */
const UNKNOWN_ISSUER =
  /self.signed certificate|unable to (?:verify the first|get (?:local )?issuer) certificate/

/** The store has no such table or column. */
const MISSING = /^(?:42P01|42703|ER_NO_SUCH_TABLE|ER_BAD_FIELD_ERROR)$|^no such (?:table|column)/

const explain = (cause: unknown, isDefault: boolean): string => {
  const sentence = sentenceOf(cause)
  if (UNKNOWN_ISSUER.test(sentence))
    return `LEGACY_DB_URL: ${sentence}. Set LEGACY_DB_CA_FILE to the path of the CA's certificate (PEM)`
  if (codeOf(cause) === 'ENOENT') return `LEGACY_DB_URL: ${sentence}`
  if (isDefault && matchesPattern(MISSING, cause))
    return `LEGACY_LOOKUP_SQL is not set, and the default statement is for another schema: ${sentence}`
  // What we refuse ourselves is about the statement; what a database refuses may be about either.
  return `${cause instanceof TypeError ? '' : 'LEGACY_DB_URL, '}LEGACY_LOOKUP_SQL: ${sentence}`
}

/** @param isDefault whether the statement is ours */
export const unusable = (cause: unknown, isDefault: boolean): AppError =>
  cause instanceof AppError
    ? cause
    : new AppError('legacy_unusable', { detail: explain(cause, isDefault), cause })
