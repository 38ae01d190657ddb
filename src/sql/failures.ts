/** How a failed query of the legacy store is read: what passes by itself, and what stays until somebody changes something. */
import type { DatabaseKind } from './address.ts'
import { AppError } from '../errors/errors.ts'
import { UNREADABLE } from './unreadable.ts'

export interface Patterns {
  /** Codes or sentences of failures that end by themselves, without a change of the configuration. */
  readonly passing: RegExp
  /** Sentences of failures that stay, though their code is among the passing ones. */
  readonly lasting?: RegExp
}

export const PATTERNS: Readonly<Record<DatabaseKind, Patterns>> = {
  sqlite: { passing: /^(?:SQLITE_(?:BUSY|LOCKED|IOERR|INTERRUPT|PROTOCOL)|ERR_WORKER)/ },
  postgres: {
    // "PostgreSQL Error Codes" (appendix A): connection exceptions, conflicts with other transactions,
    // insufficient resources, locks, operator intervention (restarts, the time limit). What cuts a session
    // off has no code, nor has the driver's own limit for a connection, nor a message that it did not expect.
    passing:
      /^(?:08|40|53|55P03|57)|^Connection terminated|^timeout expired|^[Rr]eceived (?:invalid|unexpected)/,
    // PgBouncer has one code for all that it says itself, 08P01 ("src/objects.c", disconnect_client).
    lasting:
      /^(?:unsupported startup parameter|transaction blocks not allowed|no such |bouncer config error)|does not exist$/,
  },
  mysql: {
    // "Server Error Message Reference"; 1969 is MariaDB's time limit, for which the driver has no name.
    passing:
      /^(?:PROTOCOL_\w+|HANDSHAKE_UNKNOWN_ERROR|ER_(?:CON_COUNT_ERROR|TOO_MANY_USER_CONNECTIONS|SERVER_SHUTDOWN|QUERY_TIMEOUT|QUERY_INTERRUPTED|CONNECTION_KILLED|LOCK_WAIT_TIMEOUT|LOCK_DEADLOCK)|1969)$/,
  },
}

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

export const matchesPattern = (pattern: RegExp, err: unknown): boolean =>
  pattern.test(codeOf(err)) || pattern.test(sentenceOf(err))

/** Whether the same query may succeed a moment later. */
export const isTransient = (err: unknown, { passing, lasting }: Patterns): boolean => {
  if (err instanceof AppError) return err.code === 'legacy_unavailable'
  if (NETWORK.test(codeOf(err)) || codeOf(err) === UNREADABLE) return true
  // A server that is down has no socket: ENOENT.
  if ((err as { syscall?: unknown }).syscall === 'connect') return true
  return matchesPattern(passing, err) && lasting?.test(sentenceOf(err)) !== true
}

/** What is said of a store that cannot be reached: the code, and the server's own sentence if it sent one. */
export const unreachable = (cause: unknown): AppError => {
  if (cause instanceof AppError) return cause
  const code = codeOf(cause)
  const detail = NETWORK.test(code) ? code : `${code}: ${sentenceOf(cause)}`
  return new AppError('legacy_unavailable', { detail, cause })
}
