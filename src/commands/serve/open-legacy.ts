/** Opens the legacy store of the hook server, and logs the results of its checks. */
import type { Logger } from 'pino'
import type { Clock } from '../../clock.ts'
import { openLegacyStore } from '../../legacy/open.ts'
import type { HashStore, StoreOptions } from '../../legacy/store.ts'
import type { HashSettings } from '../../passwords/registry.ts'
import { logStoreHashes } from './store-hashes.ts'
import type { ServerSettings } from './settings.ts'

/** How much of the deadline a lookup may take: the check of the password needs the rest. */
const LOOKUP_SHARE = 0.5

/** Milliseconds. */
export const lookupLimitOf = (deadlineMs: number): number => Math.floor(deadlineMs * LOOKUP_SHARE)

type OnCheck = NonNullable<StoreOptions['onCheck']>

export const logChecks =
  (log: Logger, settings: HashSettings): OnCheck =>
  ({ findings, state, hashes }, failure) => {
    if (failure) {
      const what = state === 'refused' ? 'was refused' : 'cannot be reached'
      const answered = 'calls are answered with 503 until it passes its check'
      log.error({ detail: failure.detail }, `the legacy store ${what}: ${answered}`)
      return
    }
    for (const { level, text } of findings) if (level === 'warning') log.warn(text)
    log.info('the legacy store passed its check')
    logStoreHashes(hashes, settings, log)
  }

/** @throws AppError `legacy_unusable` when the URL, the store or the statement cannot serve */
export const openLegacy = (
  { legacy, deadlineMs }: ServerSettings,
  clock: Clock,
  onCheck: OnCheck,
): Promise<HashStore> =>
  openLegacyStore(legacy.url, { ...legacy, lookupMs: lookupLimitOf(deadlineMs), clock, onCheck })
