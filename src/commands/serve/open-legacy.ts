/** Opens the legacy store of the hook server, whatever its kind, and logs the results of its checks. */
import type { Logger } from 'pino'
import type { Clock } from '../../clock.ts'
import type { Environment } from '../../config/load.ts'
import type { AppError } from '../../errors/errors.ts'
import { httpClientFrom } from '../../http/proxied-fetch.ts'
import { NoVerdict } from '../../legacy/http/style.ts'
import { openLegacyStore } from '../../legacy/open.ts'
import { sampledHashes, type LegacyStore } from '../../legacy/store.ts'
import type { LoginSettings } from './login-settings.ts'
import { logStoreHashes } from './store-hashes.ts'
import type { ServerSettings } from './settings.ts'

/** How much of the deadline a lookup may take: the check of the password needs the rest. */
const LOOKUP_SHARE = 0.5

/** A legacy login is all that a call waits for; what is left lets its own error come before that of the deadline. */
const LOGIN_SHARE = 0.95

/** Milliseconds. */
export const lookupLimitOf = (deadlineMs: number): number => Math.floor(deadlineMs * LOOKUP_SHARE)

/** Milliseconds that the store may take for one call. */
export const legacyLimitOf = ({ legacy, deadlineMs }: ServerSettings): number =>
  legacy.kind === 'login' ? Math.floor(deadlineMs * LOGIN_SHARE) : lookupLimitOf(deadlineMs)

const UNFIT_ANSWER =
  'Correct the path in LEGACY_LOGIN_URL, or set LEGACY_LOGIN_HEADER to the secret that the system asks for; docs/LEGACY-LOGIN.md has the answers that count. Where it has failed (5xx), see its own log.'

/** What is wrong where the store cannot be used now, and what to do: for the log of a server, and for the doctor. */
export const describeAway = (
  { legacy }: Pick<ServerSettings, 'legacy'>,
  failure: AppError | undefined,
): { readonly what: string; readonly fix: string } => {
  if (failure instanceof NoVerdict)
    return { what: 'gives no answer that counts', fix: UNFIT_ANSWER }
  const fix =
    legacy.kind === 'login'
      ? 'Start the system that LEGACY_LOGIN_URL names, or correct the URL.'
      : 'Start the database, or correct LEGACY_DB_URL.'
  return { what: 'cannot be reached', fix }
}

type OnCheck = (store: LegacyStore, failure: AppError | undefined) => void

export const logChecks =
  (log: Logger, settings: ServerSettings): OnCheck =>
  (store, failure) => {
    if (failure) {
      const isRefused = store.state === 'refused'
      const { what, fix } = isRefused
        ? { what: 'was refused', fix: failure.row.remedy }
        : describeAway(settings, failure)
      const answered = 'calls are answered with 503 until it passes its check'
      log.error({ detail: failure.detail, fix }, `the legacy store ${what}: ${answered}`)
      return
    }
    for (const { level, text } of store.findings) if (level === 'warning') log.warn(text)
    log.info('the legacy store passed its check')
    logStoreHashes(sampledHashes(store), settings.hashes, log)
  }

const httpOptionsOf = (
  { http, ca, maxAtOnce }: LoginSettings,
  connectMs: number,
  env: Environment,
) => http && { ...http, http: httpClientFrom(env, { ca, connections: maxAtOnce, connectMs }) }

/** A wrong filter or client can look like wrong passwords of everybody; and so can an attack. */
export const logDoubt =
  (log: Logger) =>
  (answers: number): void => {
    const what = `the legacy login has found ${answers} passwords in a row wrong, or their logins unknown`
    log.warn(`${what}: try one that you know to be right (docs/LEGACY-LOGIN.md)`)
  }

/** @throws AppError `legacy_unusable` when the URL, the store or the statement cannot serve */
export const openLegacy = async (
  settings: ServerSettings,
  env: Environment,
  clock: Clock,
  onCheck: OnCheck,
  onDoubt?: (answers: number) => void,
): Promise<LegacyStore> => {
  const { legacy } = settings
  const limitMs = legacyLimitOf(settings)
  if (legacy.kind === 'database') {
    return openLegacyStore(legacy.url, { ...legacy, lookupMs: limitMs, clock, onCheck })
  }
  const { url, ca, maxAtOnce, directory } = legacy
  const http = httpOptionsOf(legacy, limitMs, env)
  const common = { clock, ca, loginMs: limitMs, maxAtOnce, onCheck, ...(onDoubt && { onDoubt }) }
  const { openLegacyLogin } = await import('../../legacy/open-login.ts')
  return openLegacyLogin(url, { ...common, http, directory })
}
