/** The settings of the commands that count people: the legacy store, its hashes, and the ledger with its names. */
import type { Input, SettingsSpec } from '../../config/load.ts'
import type { LedgerTarget } from '../../ledger/target.ts'
import { allAccountsSql, NO_ACCOUNTS } from '../audit/settings.ts'
import { keysOf, LEDGER_NAMES_OF_ALL_KEYS } from '../ledger-settings.ts'
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

export type NeedsStore = boolean | 'no file will do'

const NO_STORE: typeof NO_ACCOUNTS = [
  'is missing: only the database says how its ids and hashes are written, and no file does',
  'Set it to the database that the server uses.',
]

const parseStore = (input: CampaignInput, isNeeded: NeedsStore) => {
  const { values, report } = input
  const { LEGACY_DB_URL: url } = values
  if (url === undefined) {
    if (isNeeded) report('LEGACY_DB_URL', ...(isNeeded === true ? NO_ACCOUNTS : NO_STORE))
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
  return { target: url === undefined || isOff ? undefined : { url, ca }, isOff, keys: keysOf(v) }
}

const parse = (input: CampaignInput, isFile: boolean, isNeeded: NeedsStore) => ({
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
  isNeeded: NeedsStore = false,
): SettingsSpec<(typeof NAMES)[number], CampaignSettings> => ({
  names: NAMES,
  parse: (input) => parse(input, isFile, isNeeded),
})
