/** What init reads of the environment: the database, the org, and what is known of the hashes. */
import type { SettingsSpec } from '../../config/load.ts'
import { HASH_NAMES, parseHashes } from '../hash-settings.ts'

const NAMES = [
  'LEGACY_DB_URL',
  'LEGACY_DB_CA',
  'OKTA_ORG_URL',
  'HOOK_DEADLINE_MS',
  ...HASH_NAMES,
] as const

export interface InitSettings {
  readonly url: string
  readonly ca: string | undefined
  readonly orgUrl: string | undefined
  readonly deadlineMs: number
  readonly hashes: ReturnType<typeof parseHashes>['hashes']
}

export const INIT: SettingsSpec<(typeof NAMES)[number], InitSettings> = {
  names: NAMES,
  parse: (input) => {
    const { LEGACY_DB_URL: url, LEGACY_DB_CA: ca, OKTA_ORG_URL: orgUrl } = input.values
    if (url === undefined) input.report('LEGACY_DB_URL', 'is missing, and so is --legacy-url')
    const { HOOK_DEADLINE_MS: deadlineMs } = input.values
    const { hashes } = parseHashes(input)
    return url === undefined ? undefined : { url, ca, orgUrl, deadlineMs, hashes }
  },
}
