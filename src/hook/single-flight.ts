/** Shares one decision among repeats of a call, and replays it for some seconds afterwards. */
import { hash, randomBytes } from 'node:crypto'
import type { Clock } from '../clock.ts'

/** Okta retries within its 3 seconds or right after them ("Time out and retry", inline hooks). */
const REMEMBERED_MS = 10_000

/** Beyond this many the oldest is forgotten, and its repeat is decided anew. About 300 bytes each. */
const MAX_EXECUTIONS = 10_000

export interface Repeatable {
  readonly eventId: string | undefined
  readonly username: string
  readonly password: string
}

/** The client that waits for an answer. */
export interface Caller {
  isGone(): boolean
  /** Calls `run` when the client hangs up before it is answered; never if it is gone already. */
  onGone(run: () => void): void
}

export interface Cancellation {
  /** Aborted when every caller is gone. A signal is costly, so it is made on first use. */
  readonly signal: AbortSignal
  /** Whether no caller waits now. One that repeats the call may come after the others have gone. */
  isCancelled(): boolean
}

export type ResultOrigin = 'first' | 'shared' | 'replayed'

interface Execution<T> {
  readonly result: Promise<T>
  readonly controller: AbortController
  callers: number
  /** On the clock's scale; undefined until there is a result. */
  resolvedAt: number | undefined
}

const cancellationOf = (controller: AbortController, callers: () => number): Cancellation => ({
  get signal() {
    return controller.signal
  },
  isCancelled: () => callers() === 0,
})

/** Adds a caller, and removes it when it hangs up. */
const join = <T>(execution: Execution<T>, caller: Caller): Promise<T> => {
  const leave = (): void => {
    if (--execution.callers === 0) execution.controller.abort()
  }
  execution.callers++
  if (caller.isGone()) leave()
  else caller.onGone(leave)
  return execution.result
}

/**
 * @returns a function that decides a call, or shares the decision for the same event, username and
 * password. A failure is shared by those who wait and then forgotten, so that a retry starts afresh.
 */
export const createSingleFlight = <T>(clock: Clock) => {
  // Keys must tell apart calls that must not share an answer, and must not reveal a password.
  const secret = randomBytes(32).toString('base64')
  const keyOf = ({ eventId, username, password }: Repeatable): string =>
    hash('sha256', secret + JSON.stringify([eventId, username, password]), 'base64')
  const executions = new Map<string, Execution<T>>()

  const isExpired = ({ resolvedAt }: Execution<T>): boolean =>
    resolvedAt !== undefined && clock.now() - resolvedAt > REMEMBERED_MS

  const forgetOldest = (): void => {
    for (const [key, execution] of executions) {
      if (executions.size < MAX_EXECUTIONS && !isExpired(execution)) return
      executions.delete(key)
    }
  }

  const start = (key: string, decide: (cancellation: Cancellation) => Promise<T>): Execution<T> => {
    forgetOldest()
    const controller = new AbortController()
    const onResolved = (result: T): T => {
      execution.resolvedAt = clock.now()
      return result
    }
    // Remove it before rejecting, so that a retry starts afresh.
    const onRejected = (err: unknown): never => {
      if (executions.get(key) === execution) executions.delete(key)
      throw err
    }
    const cancellation = cancellationOf(controller, () => execution.callers)
    const result = decide(cancellation).then(onResolved, onRejected)
    const execution: Execution<T> = { result, controller, callers: 0, resolvedAt: undefined }
    executions.delete(key)
    executions.set(key, execution)
    return execution
  }

  const run = async (
    call: Repeatable,
    caller: Caller,
    decide: (cancellation: Cancellation) => Promise<T>,
  ): Promise<{ readonly result: T; readonly origin: ResultOrigin }> => {
    const key = keyOf(call)
    // A call without an event id repeats nothing.
    const found = call.eventId === undefined ? undefined : executions.get(key)
    if (!found || isExpired(found)) {
      return { result: await join(start(key, decide), caller), origin: 'first' }
    }
    const origin = found.resolvedAt === undefined ? 'shared' : 'replayed'
    try {
      return { result: await join(found, caller), origin }
    } catch (err) {
      // The earlier callers hung up, which cancelled the execution; this one still waits.
      if (found.controller.signal.aborted && !caller.isGone()) return run(call, caller, decide)
      throw err
    }
  }
  return run
}
