/** The settings of the commands that count people: the legacy store, its hashes, and the ledger with its names. */
import type { Input, SettingsSpec } from '../../config/load.ts'
import type { LedgerTarget } from '../../ledger/database/connection.ts'
import { allAccountsSql } from '../audit/settings.ts'
import { keyFromSecret } from '../fingerprints.ts'
import { LEDGER_NAMES_OF_ALL_KEYS } from '../ledger-settings.ts'
import { HASH_NAMES, parseHashes } from '../hash-settings.ts'

const NAMES = [
  'LEGACY_DB_URL',
  'LEGACY_DB_CA',
  'LEGACY_AUDIT_SQL',
  'LEGACY_LOOKUP_SQL',
  ...LEDGER_NAMES_OF_ALL_KEYS,
  ...HASH_NAMES,
] as const

type CampaignInput = Input<(typeof NAMES)[number]>

const parseStore = (input: CampaignInput, isNeeded: boolean) => {
  const { values, report } = input
  const { LEGACY_DB_URL: url } = values
  if (url === undefined) {
    if (isNeeded) report('LEGACY_DB_URL', 'is missing, and so is --legacy FILE')
    return undefined
  }
  return { url, ca: values.LEGACY_DB_CA, allSql: allAccountsSql(input) }
}

export interface CampaignLedger {
  /** Undefined where the ledger is off, or is the default file of the server, which may not be there. */
  readonly target: LedgerTarget | undefined
  readonly isOff: boolean
  /** Any that may have made its names. */
  readonly keys: readonly string[]
}

const parseLedger = ({ values: v }: CampaignInput): CampaignLedger => {
  const { LEDGER_DB_URL: url, LEDGER_DB_CA: ca } = v
  const isOff = url === 'off'
  const derived = [v.HOOK_SECRET, v.HOOK_SECRET_PREVIOUS].map(
    (secret) => secret && keyFromSecret(secret),
  )
  const keys = [v.FINGERPRINT_KEY, ...derived].filter((key) => key !== undefined)
  return { target: url === undefined || isOff ? undefined : { url, ca }, isOff, keys }
}

const parse = (input: CampaignInput, isFile: boolean, isNeeded: boolean) => ({
  /** Undefined where the accounts come from a file, or from nowhere. */
  store: isFile ? undefined : parseStore(input, isNeeded),
  ledger: parseLedger(input),
  hashes: parseHashes(input).hashes,
})

export type CampaignSettings = ReturnType<typeof parse>
export type CampaignStore = NonNullable<CampaignSettings['store']>

/**
 * @param isFile whether the accounts come from a file
 * @param isNeeded whether the command can do nothing without accounts
 */
export const campaignSettings = (
  isFile: boolean,
  isNeeded = false,
): SettingsSpec<(typeof NAMES)[number], CampaignSettings> => ({
  names: NAMES,
  parse: (input) => parse(input, isFile, isNeeded),
})
