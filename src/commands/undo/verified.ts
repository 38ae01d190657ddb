/** Asks the hook server's ledger whether it has a VERIFIED for a user, under any of their logins. */
import { existsSync } from 'node:fs'
import { databaseKindOf, sqlitePath } from '../../sql/kinds.ts'
import { loadSettings, type SettingsSpec } from '../../config/load.ts'
import { AppError } from '../../errors/errors.ts'
import { openLedgerDatabase, type LedgerDatabase } from '../../ledger/database/database.ts'
import { describeLedgerTarget, type LedgerTarget } from '../../ledger/target.ts'
import { normaliseLogin } from '../../login.ts'
import { fingerprint } from '../../ops/log.ts'
import type { KnownUser } from '../../okta/api/known-users.ts'
import { readText, type CommandContext } from '../context.ts'
import { keysOf, LEDGER_NAMES_OF_ALL_KEYS } from '../ledger-settings.ts'
import { asLedgerError } from '../open-ledger.ts'

interface LedgerSource {
  /** Undefined if there is no ledger to ask. */
  readonly target: LedgerTarget | undefined
  readonly keys: readonly string[]
}

/** A login that is named with another key would not be found, and a login that is not found proves nothing. */
export const UNDO_LEDGER: SettingsSpec<(typeof LEDGER_NAMES_OF_ALL_KEYS)[number], LedgerSource> = {
  names: LEDGER_NAMES_OF_ALL_KEYS,
  parse: ({ values: v, isSet, report }) => {
    const { LEDGER_DB_URL: url, LEDGER_DB_CA: ca } = v
    const target = url === undefined || url === 'off' ? undefined : { url, ca }
    if (target && v.LOG_LOGINS !== 'plain' && !isSet('FINGERPRINT_KEY') && !isSet('HOOK_SECRET')) {
      report(
        'FINGERPRINT_KEY',
        'is missing, and so is HOOK_SECRET: with the value of the hook server, the logins in its ledger can be found',
      )
    }
    return { target, keys: keysOf(v) }
  },
}

export interface VerifiedLookup {
  /** The name of the ledger; undefined where none is configured. */
  readonly ledger: string | undefined
  /** @throws AppError `ledger_unavailable` */
  readonly wasVerified: (user: KnownUser) => Promise<boolean>
  readonly close: () => Promise<void>
}

/** The user's logins as they may have been typed at a sign-in. */
const loginsOf = ({ login, email = '' }: KnownUser): string[] => {
  const names = [login, email].flatMap((name) => [name, name.split('@')[0] ?? ''])
  return [...new Set(names.map(normaliseLogin))].filter((name) => name !== '')
}

/** A login as the ledger may have it: its key may have been another one before, and it may have been plain. */
const namesOf = (login: string, keys: readonly string[]): string[] => [
  login,
  ...keys.map((key) => fingerprint(key)(login)),
]

const openLedger = (target: LedgerTarget): LedgerDatabase => {
  // Opening would create the file, and an empty one has no accounts.
  if (databaseKindOf(target.url) === 'sqlite' && !existsSync(sqlitePath(target.url))) {
    throw new AppError('ledger_absent', { detail: `${target.url} does not exist.` })
  }
  return openLedgerDatabase(target)
}

const checkSchema = async (ledger: LedgerDatabase): Promise<void> => {
  if (await ledger.isMigrated()) return
  const detail =
    'An earlier version of the hook server has written it. Start the hook server of this version once to migrate it.'
  throw new AppError('ledger_unusable', { detail })
}

/** @throws AppError `config_invalid`, `ledger_absent`, `ledger_unusable` or `ledger_unavailable` */
export const openVerifiedLookup = async ({ env }: CommandContext): Promise<VerifiedLookup> => {
  const { target, keys } = loadSettings(UNDO_LEDGER, env, readText).settings
  if (!target) {
    const none = (): Promise<boolean> => Promise.resolve(false)
    return { ledger: undefined, wasVerified: none, close: () => Promise.resolve() }
  }
  const ledger = openLedger(target)
  try {
    await checkSchema(ledger)
  } catch (err) {
    await ledger.close()
    throw asLedgerError(err)
  }
  const wasVerified = async (user: KnownUser): Promise<boolean> => {
    for (const name of loginsOf(user).flatMap((login) => namesOf(login, keys))) {
      const account = await ledger.account(name).catch((err: unknown) => {
        throw asLedgerError(err)
      })
      if (account && account.verifications > 0) return true
    }
    return false
  }
  return { ledger: describeLedgerTarget(target).name, wasVerified, close: () => ledger.close() }
}
