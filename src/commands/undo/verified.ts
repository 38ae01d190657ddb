/** The question to the hook server's ledger: whether it has a VERIFIED of a user, by any of their logins. */
import { existsSync } from 'node:fs'
import { databaseKindOf, sqlitePath } from '../../sql/address.ts'
import { loadConfig, type Need } from '../../config/load.ts'
import { AppError } from '../../errors/errors.ts'
import { openLedgerDatabase, type LedgerDatabase } from '../../ledger/database/database.ts'
import { describeLedgerTarget, type LedgerTarget } from '../../ledger/database/connection.ts'
import { failureSentenceOf, classifyFailure } from '../../ledger/failures.ts'
import { normaliseLogin } from '../../login.ts'
import { fingerprint } from '../../ops/log.ts'
import type { KnownUser } from '../../okta/api/known-users.ts'
import { readText, type Host } from '../host.ts'
import { keyFromSecret } from '../fingerprints.ts'

const NAMES = [
  'LEDGER_DB_URL',
  'LEDGER_DB_CA',
  'FINGERPRINT_KEY',
  'HOOK_SECRET',
  'HOOK_SECRET_PREVIOUS',
  'LOG_LOGINS',
] as const

type Config = ReturnType<typeof loadConfig<(typeof NAMES)[number]>>['config']

const isGiven = ({ LEDGER_DB_URL: url }: Config): boolean => url !== undefined && url !== 'off'

/** Names made with another key would find nobody, and nobody is no proof. */
const hasNoKey = (v: Config): boolean =>
  v.LOG_LOGINS !== 'plain' && v.FINGERPRINT_KEY === undefined && v.HOOK_SECRET === undefined

const LEDGER: Need<(typeof NAMES)[number]> = {
  names: NAMES,
  rules: [
    [
      'FINGERPRINT_KEY',
      (v) => isGiven(v) && hasNoKey(v),
      'is missing, and so is HOOK_SECRET: with the hook server’s own value the logins in its ledger are found',
    ],
  ],
}

export interface Verified {
  /** Where the ledger is; undefined where none was given. */
  readonly place: string | undefined
  /** @throws AppError `ledger_unavailable` */
  readonly wasVerified: (user: KnownUser) => Promise<boolean>
  readonly close: () => Promise<void>
}

/** As they may have been typed at a sign-in. */
const loginsOf = ({ login, email = '' }: KnownUser): string[] => {
  const names = [login, email].flatMap((name) => [name, name.split('@')[0] ?? ''])
  return [...new Set(names.map(normaliseLogin))].filter((name) => name !== '')
}

/** A login as the ledger may have it: its key may have been another one before, and it may have been plain. */
const namesOf = (login: string, config: Config): string[] => {
  const secrets = [config.HOOK_SECRET, config.HOOK_SECRET_PREVIOUS]
  const derived = secrets.map((secret) => secret && keyFromSecret(secret))
  const keys = [config.FINGERPRINT_KEY, ...derived].filter((key) => key !== undefined)
  return [login, ...keys.map((key) => fingerprint(key)(login))]
}

const asLedgerError = (cause: unknown): AppError => {
  if (cause instanceof AppError) return cause
  const code = classifyFailure(cause) === 'refused' ? 'ledger_unusable' : 'ledger_unavailable'
  return new AppError(code, { detail: `LEDGER_DB_URL: ${failureSentenceOf(cause)}`, cause })
}

const open = (place: LedgerTarget): LedgerDatabase => {
  // To open a file would make it, and one that is empty knows nobody.
  if (databaseKindOf(place.url) === 'sqlite' && !existsSync(sqlitePath(place.url))) {
    throw new AppError('ledger_unusable', { detail: `${place.url} is not there.` })
  }
  return openLedgerDatabase(place)
}

const checkSchema = async (ledger: LedgerDatabase): Promise<void> => {
  if (await ledger.isMigrated()) return
  const detail = 'It is of an earlier version of the hook server. Start that of this version once.'
  throw new AppError('ledger_unusable', { detail })
}

/** @throws AppError `config_invalid`, `ledger_unusable` or `ledger_unavailable` */
export const openVerified = async ({ env }: Host): Promise<Verified> => {
  const { config } = loadConfig(LEDGER, env, readText)
  const { LEDGER_DB_URL: url, LEDGER_DB_CA: ca } = config
  if (url === undefined || url === 'off') {
    const none = (): Promise<boolean> => Promise.resolve(false)
    return { place: undefined, wasVerified: none, close: () => Promise.resolve() }
  }
  const ledger = open({ url, ca })
  try {
    await checkSchema(ledger)
  } catch (err) {
    await ledger.close()
    throw asLedgerError(err)
  }
  const wasVerified = async (user: KnownUser): Promise<boolean> => {
    for (const name of loginsOf(user).flatMap((login) => namesOf(login, config))) {
      const account = await ledger.account(name).catch((err: unknown) => {
        throw asLedgerError(err)
      })
      if (account && account.verifications > 0) return true
    }
    return false
  }
  return { place: describeLedgerTarget({ url, ca }).name, wasVerified, close: () => ledger.close() }
}
