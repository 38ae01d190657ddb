/** Opens what a start of the server can be refused for: the legacy store, the keys of OAuth, and the ledger. */
import type { Clock } from '../../clock.ts'
import type { Environment } from '../../config/load.ts'
import { createGuessLimiter } from '../../hook/guess-limit.ts'
import { sampledHashes } from '../../legacy/store.ts'
import type { Log } from '../../ops/log.ts'
import { logChecks, logDoubt, openLegacy } from './open-legacy.ts'
import type { ServerSettings } from './settings.ts'
import { startLedger } from './start-ledger.ts'
import { startOAuth } from './start-oauth.ts'
import { refuseUncheckedStore } from './store-hashes.ts'

/** @throws AppError when the store cannot be used */
const openStore = async (settings: ServerSettings, log: Log, env: Environment, clock: Clock) => {
  const watch = [logChecks(log, settings), logDoubt(log)] as const
  const legacy = await openLegacy(settings, env, clock, ...watch)
  const sampled = sampledHashes(legacy)
  if (!settings.allowUncheckedHashes) refuseUncheckedStore(sampled, settings.hashes)
  return { legacy, sampled, oauth: await startOAuth(settings, env, clock, log) }
}

/** @throws AppError when the store or the ledger cannot be used */
export const openStores = async (
  settings: ServerSettings,
  log: Log,
  env: Environment,
  clock: Clock,
) => {
  const { guesses } = settings
  const guessLimiter = createGuessLimiter(clock, guesses)
  const opening = openStore(settings, log, env, clock)
  const parts = [
    opening,
    startLedger(settings, { ...guesses, guessLimiter }, log, clock, opening),
  ] as const
  // A process that ends while a thread of it starts may crash.
  await Promise.allSettled(parts)
  const [store, ledger] = await Promise.all(parts)
  return { ...store, ledger, guessLimiter }
}

export type OpenStores = Awaited<ReturnType<typeof openStores>>
