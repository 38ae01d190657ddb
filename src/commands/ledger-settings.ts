/** The settings of a command that reads the ledger of the servers: its database, and how it names logins. */
import type { Input } from '../config/load.ts'
import type { LedgerTarget } from '../ledger/database/connection.ts'
import { createNamers, keyFromSecret } from './fingerprints.ts'

export const LEDGER_NAMES = [
  'LEDGER_DB_URL',
  'LEDGER_DB_CA',
  'FINGERPRINT_KEY',
  'HOOK_SECRET',
  'LOG_LOGINS',
] as const

/** For a command that must find what was named with an earlier key, too. */
export const LEDGER_NAMES_OF_ALL_KEYS = [
  'LEDGER_DB_URL',
  'LEDGER_DB_CA',
  'FINGERPRINT_KEY',
  'HOOK_SECRET',
  'HOOK_SECRET_PREVIOUS',
  'LOG_LOGINS',
] as const

/** Where the server keeps its ledger if LEDGER_DB_URL is not set. */
export const DEFAULT_LEDGER = 'sqlite:okta-migrate-ledger.sqlite'

type LedgerInput = Input<(typeof LEDGER_NAMES)[number]>

export interface LedgerAccess {
  readonly target: LedgerTarget
  readonly namers: ReturnType<typeof createNamers>
}

/** @returns what is missing, if anything */
export const parseLedgerAccess = ({
  values,
}: Pick<LedgerInput, 'values'>): LedgerAccess | readonly string[] => {
  const { LEDGER_DB_URL: url, FINGERPRINT_KEY: given, HOOK_SECRET: secret } = values
  const key = given ?? (secret && keyFromSecret(secret))
  if (url === undefined || url === 'off' || key === undefined) {
    return [
      ...(url === undefined || url === 'off' ? ['LEDGER_DB_URL'] : []),
      ...(key === undefined ? ['FINGERPRINT_KEY'] : []),
    ]
  }
  const naming = { key, isDerived: given === undefined, logins: values.LOG_LOGINS }
  return { target: { url, ca: values.LEDGER_DB_CA }, namers: createNamers(naming) }
}
