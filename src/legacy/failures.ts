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
  return matches(passing, err) && lasting?.test(sentenceOf(err)) !== true
}

/** What the log says of a store that cannot be reached: the code, and the server's own sentence if it sent one. */
export const describeFailure = (err: unknown): string =>
  NETWORK.test(codeOf(err)) ? codeOf(err) : `${codeOf(err)}: ${sentenceOf(err)}`
