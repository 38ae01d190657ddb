/** Opens the ledger for a command that reads it, with a limit for every answer and our own errors. */
import { within, type Clock } from '../clock.ts'
import { AppError } from '../errors/errors.ts'
import type { LedgerTarget } from '../ledger/database/connection.ts'
import { openHistory, type LedgerHistory } from '../ledger/database/history.ts'
import { classifyFailure } from '../ledger/failures.ts'
import { describeFailure } from '../sql/failures.ts'

/** A rare reason among millions of decisions takes half a minute where the database has little memory. */
const ANSWER_MS = 120_000

/** What a server says of our own statements may be shown: they hold fingerprints, and nothing secret. */
export const asLedgerError = (err: unknown): AppError => {
  if (err instanceof AppError) return err
  const code = classifyFailure(err) === 'refused' ? 'ledger_unusable' : 'ledger_unavailable'
  return new AppError(code, { detail: `LEDGER_DB_URL: ${describeFailure(err)}`, cause: err })
}

/**
 * Gives the ledger to `work`, and closes it.
 * @param readonly whether nothing will be written
 * @throws AppError `ledger_…`
 */
export const withHistory = async <T>(
  target: LedgerTarget,
  readonly: boolean,
  clock: Clock,
  work: (history: LedgerHistory) => Promise<T>,
): Promise<T> => {
  const history = openHistory(target, readonly)
  const late = (): AppError => new AppError('ledger_unavailable', { detail: 'no answer in time' })
  const inTime = <R>(answer: Promise<R>): Promise<R> =>
    within(clock, clock.now() + ANSWER_MS, answer, late).catch((err: unknown) => {
      throw asLedgerError(err)
    })
  const bounded: LedgerHistory = {
    ...history,
    isCurrent: () => inTime(history.isCurrent()),
    newest: (query, subject) => inTime(history.newest(query, subject)),
    guesses: (...about) => inTime(history.guesses(...about)),
    oldest: (subject, limit) => inTime(history.oldest(subject, limit)),
    after: (id, limit) => inTime(history.after(id, limit)),
    lastId: () => inTime(history.lastId()),
    unlock: (request) => inTime(history.unlock(request)),
  }
  try {
    if (!(await bounded.isCurrent())) throw new AppError('ledger_older')
    return await work(bounded)
  } finally {
    history.cut()
  }
}
