/** Lets a person try again before the wrong passwords are forgotten: asks, and writes it to the ledger. */
import { AppError } from '../../errors/errors.ts'
import type { LedgerHistory } from '../../ledger/database/history.ts'
import { UNLOCKS_A_DAY } from '../../ledger/database/unlocks.ts'
import { MAX_ACCOUNT_LENGTH } from '../../ledger/entry.ts'
import { printable } from '../../text/printable.ts'
import type { CommandContext } from '../context.ts'
import { askYes, canAsk } from '../terminal/prompt.ts'
import type { LedgerFacts } from './ledger.ts'

/** Who unlocks, and where. */
export interface Actor {
  readonly user: string
  readonly machine: string
}

export interface UnlockOptions {
  readonly unlock?: true
  readonly reason?: string
  readonly erase?: true
  readonly yes?: true
}

/** @throws AppError `usage_invalid` */
export const checkUnlock = ({ unlock, erase, reason, yes }: UnlockOptions): void => {
  const refuse = (detail: string): never => {
    throw new AppError('usage_invalid', { detail })
  }
  if (!unlock) {
    if (reason !== undefined) refuse('--reason belongs to --unlock.')
    if (yes && !erase) refuse('--yes belongs to --unlock and to --erase.')
    return
  }
  const text = reason?.trim() ?? ''
  if (text === '') refuse('--unlock needs --reason, such as --reason "called back, ticket 4711".')
  if (text.length > MAX_ACCOUNT_LENGTH) {
    refuse(`--reason can have ${MAX_ACCOUNT_LENGTH} characters at most.`)
  }
}

/** @throws AppError `unconfirmed`, or `interrupted` where the question was cancelled */
export const confirmUnlock = async (
  login: string,
  { yes }: UnlockOptions,
  host: CommandContext,
): Promise<void> => {
  if (yes) return
  const question = `Forget the wrong passwords of ${printable(login)} at every server? [y/N] `
  if (canAsk(host) && (await askYes(question, host))) return
  throw new AppError('unconfirmed', { detail: 'Confirm it with --yes.' })
}

/**
 * @param at milliseconds since 1970
 * @returns what was done, in words
 * @throws AppError `unlocks_used`
 */
export const performUnlock = async (
  { person, accounts }: LedgerFacts,
  history: LedgerHistory,
  { reason = '' }: UnlockOptions,
  { user: actor, machine: replica }: Actor,
  at: number,
): Promise<string> => {
  const request = { person, accounts, at: new Date(at).toISOString(), actor, replica }
  const number = await history.unlock({ ...request, note: reason.trim() })
  if (number === undefined) {
    throw new AppError('unlocks_used', { detail: `${UNLOCKS_A_DAY} a day (UTC) are possible.` })
  }
  return `Unlocked by ${actor}, ${number} of ${UNLOCKS_A_DAY} today (UTC). Servers know it within about two seconds.`
}
