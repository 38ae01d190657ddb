/** How a failed query is read: what passes by itself, and what stays until somebody changes something. */
import { AppError } from '../errors.ts'
import { UNREADABLE } from '../unreadable.ts'
import type { Driver } from './driver.ts'

/** The network, the name service (a container that is not up has no name yet), and the operating system. */
const NETWORK =
  /^(?:ECONN\w+|EPIPE|ETIMEDOUT|EHOST\w+|ENET\w+|EAI_AGAIN|ENOTFOUND|EMFILE|ENFILE|EIO|ESTALE)$/

export const codeOf = (err: unknown): string => {
  const { code, errno } = err as { code?: unknown; errno?: unknown }
  return String(code ?? errno)
}

/** PostgreSQL's data exceptions quote what they failed on, which may be a hash. */
export const sentenceOf = (err: unknown): string => {
  const sentence = err instanceof Error ? err.message : String(err)
  return codeOf(err).startsWith('22') ? sentence.replace(/"[^"]*"/g, '"…"') : sentence
}

const matches = (pattern: RegExp, err: unknown): boolean =>
  pattern.test(codeOf(err)) || pattern.test(sentenceOf(err))

/** Whether the login itself cannot be looked up, so that nobody has it. */
export const isUnfindable = (err: unknown, { unfindable }: Pick<Driver, 'unfindable'>): boolean =>
  matches(unfindable, err)

/** Whether the same query may succeed a moment later. */
export const isTransient = (
  err: unknown,
  { passing, lasting }: Pick<Driver, 'passing' | 'lasting'>,
): boolean => {
  if (err instanceof AppError) return err.code === 'legacy_unavailable'
  if (NETWORK.test(codeOf(err)) || codeOf(err) === UNREADABLE) return true
  // A server that is down has no socket: ENOENT.
  if ((err as { syscall?: unknown }).syscall === 'connect') return true
  return matches(passing, err) && lasting?.test(sentenceOf(err)) !== true
}

/** What the log says of a store that cannot be reached: the code, and the server's own sentence if it sent one. */
export const unreachable = (cause: unknown): AppError => {
  if (cause instanceof AppError) return cause
  const code = codeOf(cause)
  const detail = NETWORK.test(code) ? code : `${code}: ${sentenceOf(cause)}`
  return new AppError('legacy_unavailable', { detail, cause })
}

/** OpenSSL's sentences for a certificate whose issuer is not known; mysql2 gives all of them one code. */
const UNKNOWN_ISSUER =
  /self.signed certificate|unable to (?:verify the first|get (?:local )?issuer) certificate/

/** The store has no such table or column. */
const FOREIGN = /^(?:42P01|42703|ER_NO_SUCH_TABLE|ER_BAD_FIELD_ERROR)$|^no such (?:table|column)/

const blame = (cause: unknown, isDefault: boolean): string => {
  const sentence = sentenceOf(cause)
  if (UNKNOWN_ISSUER.test(sentence))
    return `LEGACY_DB_URL: ${sentence}. Set LEGACY_DB_CA_FILE to the path of the CA's certificate (PEM)`
  if (codeOf(cause) === 'ENOENT') return `LEGACY_DB_URL: ${sentence}`
  if (isDefault && matches(FOREIGN, cause))
    return `LEGACY_LOOKUP_SQL is not set, and the default statement is for another schema: ${sentence}`
  // What we refuse ourselves is about the statement; what a database refuses may be about either.
  return `${cause instanceof TypeError ? '' : 'LEGACY_DB_URL, '}LEGACY_LOOKUP_SQL: ${sentence}`
}

/** @param isDefault whether the statement is ours */
export const unusable = (cause: unknown, isDefault: boolean): AppError =>
  cause instanceof AppError
    ? cause
    : new AppError('legacy_unusable', { detail: blame(cause, isDefault), cause })
