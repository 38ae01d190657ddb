/** Creates the check of bearer tokens, and the issuer's keys that it uses, from the configuration. */
import type { Logger } from 'pino'
import type { Clock } from '../../clock.ts'
import type { Environment } from '../../config/load.ts'
import type { AppError } from '../../errors/errors.ts'
import { fetchFrom } from '../../http/proxied-fetch.ts'
import type { ServerSettings } from './settings.ts'

/** Starts to fetch the issuer's keys, so that the first call need not wait for them. What OAuth needs is loaded for it alone. */
export const startOAuth = async (
  { auth: { oauth }, deadlineMs }: ServerSettings,
  env: Environment,
  clock: Clock,
  log: Logger,
) => {
  if (!oauth) return undefined
  const { createBearerCheck } = await import('../../hook/oauth/bearer.ts')
  const { createIssuerKeys } = await import('../../hook/oauth/jwks-cache.ts')
  const onFailure = ({ detail }: AppError): void =>
    log.warn({ detail }, "the issuer's keys could not be fetched")
  const deps = { fetch: fetchFrom(env), clock, onFailure }
  const keys = createIssuerKeys(deps, { ...oauth, deadlineMs })
  keys.ready()
  return { keys, checkBearer: createBearerCheck({ keyFor: keys.keyFor, clock }, oauth) }
}

export type OAuth = NonNullable<Awaited<ReturnType<typeof startOAuth>>>
