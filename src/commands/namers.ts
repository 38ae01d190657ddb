/** The names that logins and people have in the log and the ledger: keyed fingerprints, the same in every program. */
import { createHmac } from 'node:crypto'
import type { Loaded } from '../config.ts'
import { fingerprint } from '../ops/log.ts'

type Config = Loaded<'FINGERPRINT_KEY' | 'LOG_LOGINS'>['config']

const keyFrom = ({ FINGERPRINT_KEY }: Config, secret: string | undefined): string => {
  if (FINGERPRINT_KEY !== undefined) return FINGERPRINT_KEY
  if (secret === undefined) throw new TypeError('unchecked config')
  return createHmac('sha256', secret).update('fingerprint key').digest('base64')
}

/** @param secret HOOK_SECRET, from which the key is derived where there is none */
export const namersFrom = (config: Config, secret: string | undefined) => {
  const isPlain = config.LOG_LOGINS === 'plain'
  return {
    nameLogin: isPlain ? (login: string): string => login : fingerprint(keyFrom(config, secret)),
    namePerson: (person: string): string => fingerprint(keyFrom(config, secret), 'person')(person),
  }
}
