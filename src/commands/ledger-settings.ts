/** The settings of a command that reads the ledger of the servers: its database, and how it names logins. */
import type { Input } from '../config/load.ts'
import type { LedgerTarget } from '../ledger/target.ts'
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

type Namers = ReturnType<typeof createNamers>

export interface LedgerAccess {
  readonly target: LedgerTarget
  readonly namers: Namers
  /** Of every key that is known, the one above first: it may have been another one before. */
  readonly allNamers: readonly Namers[]
}

/** Any that may have made the names in the ledger, the one that is in use now first. */
export const keysOf = (values: {
  readonly FINGERPRINT_KEY: string | undefined
  readonly HOOK_SECRET: string | undefined
  readonly HOOK_SECRET_PREVIOUS?: string | undefined
}): string[] => {
  const { FINGERPRINT_KEY: given, HOOK_SECRET: secret, HOOK_SECRET_PREVIOUS: previous } = values
  const derived = [secret, previous].map((each) => each && keyFromSecret(each))
  return [given, ...derived].flatMap((key) => (key === undefined || key === '' ? [] : [key]))
}

/** @returns what is missing, if anything */
export const parseLedgerAccess = ({
  values,
}: {
  readonly values: LedgerInput['values'] & { readonly HOOK_SECRET_PREVIOUS?: string | undefined }
}): LedgerAccess | readonly string[] => {
  const { LEDGER_DB_URL: url, FINGERPRINT_KEY: given, LOG_LOGINS: logins } = values
  const [namers, ...others] = keysOf(values).map((key) =>
    createNamers({ key, isDerived: key !== given, logins }),
  )
  if (url === undefined || url === 'off' || !namers) {
    return [
      ...(url === undefined || url === 'off' ? ['LEDGER_DB_URL'] : []),
      ...(namers ? [] : ['FINGERPRINT_KEY']),
    ]
  }
  return { target: { url, ca: values.LEDGER_DB_CA }, namers, allNamers: [namers, ...others] }
}
