/** Reads the failures of databases: their code, their sentence, and whether the same query may succeed later. */
import { AppError } from '../errors/errors.ts'
import { traitsOf, type DatabaseKind } from './kinds.ts'

/** The network, the name service (a container that is not up has no name yet), and the operating system. */
const NETWORK =
  /^(?:ECONN\w+|EPIPE|ETIMEDOUT|EHOST\w+|ENET\w+|EAI_AGAIN|ENOTFOUND|EMFILE|ENFILE|EIO|ESTALE)$/

/** The code for a server that sent bytes which the driver cannot read. */
const UNREADABLE = 'UNREADABLE'

/** The cause may quote what was sent, so it is not part of the message. */
export const unreadableError = (cause: unknown): Error =>
  Object.assign(new Error('the server sent bytes that its driver cannot read', { cause }), {
    code: UNREADABLE,
  })

/** @returns an empty text where there is none */
export const codeOf = (err: unknown): string => {
  const { code, errno } = (err ?? {}) as { code?: string; errno?: number }
  return String(code ?? errno ?? '')
}

/** Whether connecting failed, for whatever reason: the socket of a server that is down does not exist (ENOENT). */
export const isConnecting = (err: unknown): boolean =>
  err instanceof Error && 'syscall' in err && err.syscall === 'connect'

/** PostgreSQL's data exceptions quote what they failed on, which may be a hash with quotes inside; each language has its own. */
export const sentenceOf = (err: unknown): string => {
  const sentence = err instanceof Error ? err.message : String(err)
  return codeOf(err).startsWith('22') ? sentence.replace(/["'«„“][^]*["»“”]/, '"…"') : sentence
}

/** The code, if there is one, and the sentence. */
export const describeFailure = (err: unknown): string =>
  [codeOf(err), sentenceOf(err)].filter((part) => part !== '').join(': ')

export const matchesPattern = (pattern: RegExp, err: unknown): boolean =>
  pattern.test(codeOf(err)) || pattern.test(sentenceOf(err))

/** Whether the server could not be reached, or the connection was lost. */
export const isConnectionFailure = (err: unknown): boolean => {
  if (err instanceof AppError) return err.code === 'legacy_unavailable'
  const code = codeOf(err)
  return NETWORK.test(code) || code === UNREADABLE || isConnecting(err)
}

/** Whether the same query may succeed a moment later. */
export const isTransient = (err: unknown, kind: DatabaseKind): boolean => {
  if (isConnectionFailure(err)) return true
  const { transient, permanent } = traitsOf(kind)
  return matchesPattern(transient, err) && permanent?.test(sentenceOf(err)) !== true
}

/** The error for a store that cannot be reached, with the code, and the server's own sentence if it sent one. */
export const unreachable = (cause: unknown): AppError => {
  if (cause instanceof AppError) return cause
  const code = codeOf(cause)
  const detail = NETWORK.test(code) ? code : describeFailure(cause)
  return new AppError('legacy_unavailable', { detail, cause })
}
