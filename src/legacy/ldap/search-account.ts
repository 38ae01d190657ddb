/** The connections on which the directory is searched: bound as the account of LEGACY_LOGIN_BIND_DN, and kept. */
import type { Clock } from '../../clock.ts'
import { AppError } from '../../errors/errors.ts'
import { createConnectionPool, type PooledConnection } from '../connection-pool.ts'
import type { DirectoryAccount } from '../login.ts'
import { bindAs } from './bind.ts'
import { DirectoryConnection } from './connection.ts'
import { describeResult, directoryFailure, directoryUnusable } from './failures.ts'
import type { DirectoryAddress } from './url.ts'

/** A search takes milliseconds, so that few connections serve many calls. */
const MAX_CONNECTIONS = 8

/** Below the time after which directories and firewalls drop idle connections. */
const MAX_IDLE_MS = 60_000

/** A password that was changed in the directory is wrong for each call. So many tries would lock the account. */
const REFUSED_MS = 30_000

interface BoundConnection extends PooledConnection {
  readonly connection: DirectoryConnection
  wasUsed: boolean
}

/** Codes of a name or password that is wrong: invalidDNSyntax, inappropriateAuthentication, invalidCredentials. */
const REFUSED: readonly number[] = [34, 48, 49]

const bindAccount = async (connection: DirectoryConnection, account: DirectoryAccount) => {
  const result = await bindAs(connection, account.dn, account.password)
  if (REFUSED.includes(result.code))
    throw directoryUnusable(
      `LEGACY_LOGIN_BIND_DN, LEGACY_LOGIN_BIND_PASSWORD: the directory refuses them: ${describeResult(result)}`,
    )
  if (result.code !== 0)
    throw directoryFailure(`answered LEGACY_LOGIN_BIND_DN with ${describeResult(result)}`)
}

export interface SearchAccountOptions {
  readonly address: DirectoryAddress
  readonly ca: string | undefined
  readonly account: DirectoryAccount
  readonly maxAtOnce: number
  readonly clock: Clock
}

/** Ends the connection, and so the work, when the signal is aborted. */
export const untilAborted = async <T>(
  connection: DirectoryConnection,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> => {
  signal.throwIfAborted()
  const cut = (): void => connection.destroy()
  signal.addEventListener('abort', cut, { once: true })
  try {
    return await work()
  } finally {
    signal.removeEventListener('abort', cut)
  }
}

export const createSearchAccount = (options: SearchAccountOptions) => {
  const { address, ca, account, maxAtOnce, clock } = options

  let refused: { readonly error: unknown; readonly at: number } | undefined

  const bind = async (connection: DirectoryConnection): Promise<void> => {
    if (refused && clock.now() - refused.at < REFUSED_MS) {
      connection.destroy()
      throw refused.error
    }
    try {
      await bindAccount(connection, account)
      refused = undefined
    } catch (error) {
      const isRefused = error instanceof AppError && error.code === 'legacy_unusable'
      if (isRefused) refused = { error, at: clock.now() }
      throw error
    }
  }

  const open = (): BoundConnection => {
    const connection = new DirectoryConnection(address, ca)
    const destroy = (): void => connection.destroy()
    return {
      connection,
      wasUsed: false,
      ready: bind(connection),
      isOpen: () => connection.isOpen,
      end: destroy,
      destroy,
    }
  }
  const size = Math.min(MAX_CONNECTIONS, maxAtOnce)
  const pool = createConnectionPool({ size, open, maxIdleMs: MAX_IDLE_MS, clock })

  /**
   * Lends a bound connection. One that was kept may have been cut meanwhile: then the work is done again, once, on
   * a new one.
   * @throws AppError `legacy_unavailable`, or what the work throws
   */
  const use = async <T>(
    deadline: number,
    signal: AbortSignal,
    work: (connection: DirectoryConnection) => Promise<T>,
  ): Promise<T> => {
    let wasUsed = false
    const lent = (): Promise<T> =>
      pool.use(deadline, (bound) => {
        wasUsed = bound.wasUsed
        bound.wasUsed = true
        return untilAborted(bound.connection, signal, () => work(bound.connection))
      })
    return lent().catch((err: unknown) => {
      if (!wasUsed || signal.aborted || clock.now() >= deadline) throw err
      return lent()
    })
  }
  return { use, close: () => pool.close() }
}
