/** Opens the ledger for a command, with a limit for every answer and our own errors. */
import { within, type Clock } from '../clock.ts'
import { AppError } from '../errors/errors.ts'
import type { DatabaseConnection } from '../ledger/database/connection.ts'
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

/** What is opened of a ledger: everything but `cut` answers later. */
interface OpenedLedger extends Pick<DatabaseConnection, 'cut'> {
  isCurrent(): Promise<boolean>
}

/** The same, whose answers have a limit and fail with our own errors. */
const bounded = <L extends OpenedLedger>(ledger: L, clock: Clock): L => {
  const late = (): AppError => new AppError('ledger_unavailable', { detail: 'no answer in time' })
  const inTime = <R>(answer: Promise<R>): Promise<R> =>
    within(clock, clock.now() + ANSWER_MS, answer, late).catch((err: unknown) => {
      throw asLedgerError(err)
    })
  const ask =
    (question: (...about: unknown[]) => Promise<unknown>) =>
    (...about: unknown[]): Promise<unknown> =>
      inTime(question(...about))
  const { cut, ...questions } = ledger
  const asked = Object.entries(questions).map(([name, question]) => [name, ask(question as never)])
  return { cut, ...Object.fromEntries(asked) } as L
}

/**
 * Opens the ledger of the servers.
 * @throws AppError `ledger_…`
 */
export const openCurrent = async <L extends OpenedLedger>(opened: L, clock: Clock): Promise<L> => {
  const ledger = bounded(opened, clock)
  try {
    if (await ledger.isCurrent()) return ledger
    throw new AppError('ledger_older')
  } catch (err) {
    ledger.cut()
    throw err
  }
}

/**
 * Gives what is opened of the ledger to `work`, and closes it.
 * @throws AppError `ledger_…`
 */
export const withLedger = async <L extends OpenedLedger, T>(
  opened: L,
  clock: Clock,
  work: (ledger: L) => Promise<T>,
): Promise<T> => {
  const ledger = await openCurrent(opened, clock)
  try {
    return await work(ledger)
  } finally {
    ledger.cut()
  }
}
