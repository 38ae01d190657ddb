/** Names logins and people in the log and the ledger: keyed fingerprints, the same in every command. */
import { createHmac } from 'node:crypto'
import { fingerprint } from '../ops/log.ts'

export interface NamingSettings {
  readonly key: string
  /** Whether the key comes from HOOK_SECRET, and changes with it. */
  readonly isDerived: boolean
  readonly logins: 'fingerprint' | 'plain'
}

/** The key if FINGERPRINT_KEY is not set. */
export const keyFromSecret = (secret: string): string =>
  createHmac('sha256', secret).update('fingerprint key').digest('base64')

export const createNamers = ({
  key,
  logins,
}: NamingSettings): Record<'nameLogin' | 'namePerson', (name: string) => string> => ({
  nameLogin: logins === 'plain' ? (login) => login : fingerprint(key),
  namePerson: fingerprint(key, 'person'),
})
