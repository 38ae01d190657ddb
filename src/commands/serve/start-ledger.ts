/** Owns which ledger the server keeps, and where. */
import type { Logger } from 'pino'
import type { Clock } from '../../clock.ts'
import { AppError } from '../../errors/errors.ts'
import { GUESSES_AT_A_PERSON, TOO_MANY_GUESSES } from '../../hook/decision.ts'
import { loginSubject, personSubject, type GuessLimiter } from '../../hook/guess-limit.ts'
import { Ledger, type GuessSharing, type LedgerOptions } from '../../ledger/ledger.ts'
import { describeLedgerTarget } from '../../ledger/database/connection.ts'
import type { ServerSettings } from './settings.ts'

export interface Guarded {
  readonly guard: GuessLimiter
  /** Milliseconds after which a wrong guess does not count any more. */
  readonly windowMs: number
}

const shareWith = ({ guard, windowMs }: Guarded): GuessSharing => ({
  rules: { uncounted: [TOO_MANY_GUESSES.reason], windowMs },
  onGuesses: (guesses) => {
    for (const { account, person, reason, ageMs } of guesses) {
      guard.countElsewhere(loginSubject(account), ageMs)
      const isCounted = person !== undefined && GUESSES_AT_A_PERSON.includes(reason)
      if (isCounted) guard.countElsewhere(personSubject(person), ageMs)
    }
  },
})

/** Where nobody asked for a ledger, a read-only container must not keep users from signing in. */
const startIfWritable = async (
  options: LedgerOptions,
  log: Logger,
): Promise<Ledger | undefined> => {
  try {
    return await Ledger.start(options)
  } catch (err) {
    if (!(err instanceof AppError) || err.code !== 'ledger_unusable') throw err
    log.warn(
      { detail: err.detail },
      'NO LEDGER IS KEPT, since the working directory cannot hold it: set LEDGER_DB_URL to its place, or to off',
    )
    return undefined
  }
}

/**
 * @returns undefined where no ledger is kept: it is switched off, this is the demo, or nothing is said
 * and the working directory cannot hold it
 * @throws AppError `ledger_unusable` or `ledger_newer`
 */
export const startLedger = async (
  { ledger: settings, naming }: ServerSettings,
  guarded: Guarded,
  log: Logger,
  clock: Clock,
): Promise<Ledger | undefined> => {
  if (!settings) {
    log.info('no ledger is kept')
    return undefined
  }
  if (naming.isDerived) {
    log.warn(
      'FINGERPRINT_KEY is not set: with another HOOK_SECRET the ledger will take known accounts for new ones',
    )
  }
  const { url, ca, spillDir, isRequired } = settings
  const place = { url, ca }
  const { name, warnings } = describeLedgerTarget(place)
  for (const warning of warnings) log.warn(warning)
  const options = { place, spillDir, sharing: shareWith(guarded), clock, log }
  const ledger = isRequired ? await Ledger.start(options) : await startIfWritable(options, log)
  if (ledger) log.info({ ledger: name, spillDir }, 'the ledger is kept')
  return ledger
}
