/** The names that logins and people have in the log and the ledger: keyed fingerprints, the same in every program. */
import { createHmac } from 'node:crypto'
import type { Loaded } from '../config/load.ts'
import { fingerprint } from '../ops/log.ts'

type Config = Loaded<'FINGERPRINT_KEY' | 'LOG_LOGINS'>['config']

/** Where there is no FINGERPRINT_KEY. */
export const keyFromSecret = (secret: string): string =>
  createHmac('sha256', secret).update('fingerprint key').digest('base64')

/** @param secret HOOK_SECRET */
export const namersFrom = (
  { FINGERPRINT_KEY, LOG_LOGINS }: Config,
  secret: string | undefined,
): Record<'nameLogin' | 'namePerson', (name: string) => string> => {
  const key = FINGERPRINT_KEY ?? (secret === undefined ? undefined : keyFromSecret(secret))
  if (key === undefined) throw new TypeError('unchecked config')
  return {
    nameLogin: LOG_LOGINS === 'plain' ? (login) => login : fingerprint(key),
    namePerson: fingerprint(key, 'person'),
  }
}
