/** Starts the ledger that the server is configured to keep, if any. */
import type { Logger } from 'pino'
import type { Clock } from '../../clock.ts'
import { AppError } from '../../errors/errors.ts'
import { COUNTED_FOR_PERSON, TOO_MANY_GUESSES } from '../../hook/decision.ts'
import { loginSubject, personSubject, type GuessLimiter } from '../../hook/guess-limit.ts'
import { Ledger, type GuessSharing, type LedgerOptions } from '../../ledger/ledger.ts'
import { describeLedgerTarget } from '../../ledger/target.ts'
import type { ServerSettings } from './settings.ts'

export interface GuessLimiting {
  readonly guessLimiter: GuessLimiter
  /** Milliseconds after which a wrong guess does not count any more. */
  readonly windowMs: number
}

const shareWith = ({ guessLimiter, windowMs }: GuessLimiting): GuessSharing => ({
  rules: { uncounted: [TOO_MANY_GUESSES.reason], windowMs },
  onGuesses: (guesses) => {
    for (const each of guesses) {
      const { account, person } = each
      if ('generation' in each) {
        guessLimiter.renew(loginSubject(account), each.generation)
        if (person !== undefined) guessLimiter.renew(personSubject(person), each.generation)
        continue
      }
      const { reason, ageMs } = each
      guessLimiter.countRemote(loginSubject(account), ageMs)
      const isCounted = person !== undefined && COUNTED_FOR_PERSON.includes(reason)
      if (isCounted) guessLimiter.countRemote(personSubject(person), ageMs)
    }
  },
})

/** Where no ledger is configured, a read-only container must not keep users from signing in. */
const startIfWritable = async (
  options: LedgerOptions,
  log: Logger,
  accepted: Promise<unknown> | undefined,
): Promise<Ledger | undefined> => {
  try {
    return await Ledger.start(options, accepted)
  } catch (err) {
    if (!(err instanceof AppError) || err.code !== 'ledger_unusable') throw err
    log.warn(
      { detail: err.detail },
      'LEDGER DISABLED: it cannot be created in the working directory. Set LEDGER_DB_URL to its location, or to off',
    )
    return undefined
  }
}

/**
 * @param accepted the rest of the start, before which the ledger is not opened
 * @returns undefined where no ledger is kept: it is switched off, this is the demo, or none is configured
 * and it cannot be created in the working directory
 * @throws AppError `ledger_unusable` or `ledger_newer`, or the error of `accepted`
 */
export const startLedger = async (
  { ledger: settings, naming }: ServerSettings,
  guessLimiting: GuessLimiting,
  log: Logger,
  clock: Clock,
  accepted?: Promise<unknown>,
): Promise<Ledger | undefined> => {
  if (!settings) {
    await accepted
    log.info('ledger disabled')
    return undefined
  }
  const { url, ca, spillDir, isRequired } = settings
  const target = { url, ca }
  const options = { target, spillDir, sharing: shareWith(guessLimiting), clock, log }
  const ledger = isRequired
    ? await Ledger.start(options, accepted)
    : await startIfWritable(options, log, accepted)
  if (naming.isDerived) {
    log.warn(
      'FINGERPRINT_KEY is not set: when HOOK_SECRET changes, the ledger will take known accounts for new ones',
    )
  }
  const { name, warnings } = describeLedgerTarget(target)
  for (const warning of warnings) log.warn(warning)
  if (ledger) log.info({ ledger: name, spillDir }, 'ledger enabled')
  return ledger
}
