/** Creates the check of bearer tokens, and the issuer's keys that it uses, from the configuration. */
import type { Logger } from 'pino'
import type { Clock } from '../../clock.ts'
import type { Environment } from '../../config/load.ts'
import type { AppError } from '../../errors/errors.ts'
import { createBearerCheck } from '../../hook/oauth/bearer.ts'
import { createIssuerKeys } from '../../hook/oauth/jwks-cache.ts'
import { fetchFrom } from '../../http/proxied-fetch.ts'
import type { ServerSettings } from './settings.ts'

/** Starts to fetch the issuer's keys, so that the first call need not wait for them. */
export const startOAuth = (
  { auth: { oauth }, deadlineMs }: ServerSettings,
  env: Environment,
  clock: Clock,
  log: Logger,
) => {
  if (!oauth) return undefined
  const onFailure = ({ detail }: AppError): void =>
    log.warn({ detail }, "the issuer's keys could not be fetched")
  const deps = { fetch: fetchFrom(env), clock, onFailure }
  const keys = createIssuerKeys(deps, { ...oauth, deadlineMs })
  keys.ready()
  return { keys, checkBearer: createBearerCheck({ keyFor: keys.keyFor, clock }, oauth) }
}

export type OAuth = NonNullable<ReturnType<typeof startOAuth>>
