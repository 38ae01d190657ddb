/** The settings of `who`: each source is used if it is configured, and what is missing is named otherwise. */
import type { Input, SettingsSpec } from '../../config/load.ts'
import { HASH_NAMES, parseHashes } from '../hash-settings.ts'
import { LEDGER_NAMES_OF_ALL_KEYS, parseLedgerAccess } from '../ledger-settings.ts'

const NAMES = [
  ...LEDGER_NAMES_OF_ALL_KEYS,
  'LEGACY_DB_URL',
  'LEGACY_LOGIN_URL',
  'LEGACY_DB_CA',
  'LEGACY_LOOKUP_SQL',
  'LEGACY_LOOKUP_IGNORE',
  'LEGACY_LOOKUP_UNCHECKED',
  'LEGACY_AUDIT_SQL',
  'HOOK_DEADLINE_MS',
  'GUESS_LIMIT',
  'GUESS_WINDOW_MINUTES',
  ...HASH_NAMES,
] as const

type WhoInput = Input<(typeof NAMES)[number]>

const MS_PER_MINUTE = 60_000

const parseLegacy = (input: WhoInput) => {
  const { values } = input
  const { LEGACY_DB_URL: url } = values
  if (url === undefined) return undefined
  return {
    url,
    ca: values.LEGACY_DB_CA,
    poolSize: 1,
    sql: values.LEGACY_LOOKUP_SQL,
    auditSql: values.LEGACY_AUDIT_SQL,
    ignored: values.LEGACY_LOOKUP_IGNORE,
    unchecked: values.LEGACY_LOOKUP_UNCHECKED,
    deadlineMs: values.HOOK_DEADLINE_MS,
    hashes: parseHashes(input).hashes,
  }
}

const parse = (input: WhoInput, hasOkta: boolean) => {
  const { values, report } = input
  const ledger = parseLedgerAccess(input)
  const legacy = parseLegacy(input)
  if (!legacy && !hasOkta && !('target' in ledger)) {
    const [name = 'LEDGER_DB_URL'] = ledger
    const where = name === 'LEDGER_DB_URL' ? name : 'FINGERPRINT_KEY'
    report(where, 'is missing, and neither the legacy store nor Okta is configured')
    return undefined
  }
  return {
    /** What is missing, in place of a source that is not configured. */
    legacy: legacy ?? ['LEGACY_DB_URL'],
    /** Whether the hook asks a system that shows no accounts. */
    isLegacyLogin: values.LEGACY_LOGIN_URL !== undefined,
    ledger,
    guesses: { limit: values.GUESS_LIMIT, windowMs: values.GUESS_WINDOW_MINUTES * MS_PER_MINUTE },
  }
}

export type WhoSettings = NonNullable<ReturnType<typeof parse>>
export type WhoLegacy = Extract<WhoSettings['legacy'], { readonly url: string }>

export const whoSettings = (
  hasOkta: boolean,
): SettingsSpec<(typeof NAMES)[number], WhoSettings> => ({
  names: NAMES,
  parse: (input) => parse(input, hasOkta),
})
