/** The hook server but for its password threads: opens the store and the ledger, and then the ports. */
import type { Logger } from 'pino'
import type { Clock } from '../../clock.ts'
import type { Environment } from '../../config/load.ts'
import { createHookApp, type HookAppOptions } from '../../hook/app.ts'
import { createCredentialsPrecheck } from '../../hook/authenticate.ts'
import { createGuessLimiter } from '../../hook/guess-limit.ts'
import { sampledHashes } from '../../legacy/store.ts'
import { listen, type Listener, type ListenOptions } from '../../ops/listen.ts'
import type { Log } from '../../ops/log.ts'
import type { MayStream } from '../../ops/pipelining.ts'
import { createHealthApp } from '../../ops/probes.ts'
import type { StopSignal } from '../../ops/shutdown.ts'
import type { WorkerPool } from '../../workers/pool.ts'
import type { CommandContext } from '../context.ts'
import { createNamers } from '../fingerprints.ts'
import { warnAbove } from './cost-limit.ts'
import { logChecks, logDoubt, openLegacy } from './open-legacy.ts'
import type { ServerSettings } from './settings.ts'
import { startEvents } from './start-events.ts'
import { startLedger } from './start-ledger.ts'
import { startOAuth } from './start-oauth.ts'
import { refuseUncheckedStore } from './store-hashes.ts'

const hookOptionsFrom = (settings: ServerSettings): HookAppOptions => {
  const { auth, orgUrl, deadlineMs, hashes, dummyHashSecret } = settings
  return { ...auth, orgUrl, deadlineMs, hashes, dummyHashSecret }
}

/** Idle connections of one address; each uses memory. Okta makes 75 calls at once and has a few more connections. */
const CONNECTIONS_AT_ONCE = 300

const listenWith = (
  { host, port, tls, connectionsPerSecond: perSecond }: ServerSettings,
  deps: Pick<ListenOptions, 'fetch' | 'mayStream' | 'clock'>,
  log: Logger,
): Promise<Listener> =>
  listen({
    ...deps,
    host,
    port,
    tls,
    limits: perSecond === undefined ? undefined : { perSecond, atOnce: CONNECTIONS_AT_ONCE },
    onRenewal: (err) =>
      err
        ? log.error({ reason: err.code, detail: err.detail }, 'the renewed certificate is not used')
        : log.info('the renewed certificate is in use'),
  })

/** A server without an ops port starts quicker, and is smaller, without what serves one. */
const loadOps = async (settings: ServerSettings, log: Log, clock: Clock) => {
  const { ops } = settings
  return ops && (await import('./ops-port.ts')).createOps(ops, settings, log, clock)
}

interface MeasuredPool {
  readonly pool: WorkerPool
  /** The highest bcrypt cost whose check ends in time. */
  readonly cost: number
}

/** @throws AppError when the store cannot be used */
const openStore = async (settings: ServerSettings, log: Log, env: Environment, clock: Clock) => {
  const watch = [logChecks(log, settings), logDoubt(log)] as const
  const legacy = await openLegacy(settings, env, clock, ...watch)
  const sampled = sampledHashes(legacy)
  if (!settings.allowUncheckedHashes) refuseUncheckedStore(sampled, settings.hashes)
  return { legacy, sampled, oauth: await startOAuth(settings, env, clock, log) }
}

/**
 * Opens what a start can be refused for.
 * @returns a function that opens the ports, to be called when the password threads are ready
 * @throws AppError when the store or the ledger cannot be used
 */
export const openServer = async (
  settings: ServerSettings,
  log: Log,
  { version, env }: CommandContext,
  clock: Clock,
) => {
  const { hashes, guesses } = settings
  const options = hookOptionsFrom(settings)
  const opening = openStore(settings, log, env, clock)
  const guessLimiter = createGuessLimiter(clock, guesses)
  const parts = [
    opening,
    startLedger(settings, { ...guesses, guessLimiter }, log, clock, opening),
    loadOps(settings, log, clock),
  ] as const
  // A process that ends while a thread of it starts may crash.
  await Promise.allSettled(parts)
  const [{ legacy, sampled, oauth }, ledger, ops] = await Promise.all(parts)

  return async ({ pool, cost }: MeasuredPool) => {
    warnAbove(sampled, hashes, cost, log)
    let draining = false
    const isDraining = (): boolean => draining
    const { checkBearer, keys } = oauth ?? {}
    const app = createHookApp({
      settings: options,
      legacy,
      checker: pool,
      guessLimiter,
      checkBearer,
      clock,
      log,
      onAnswered: ops?.onAnswered,
      ...createNamers(settings.naming),
      ledger,
    })
    const neededKeys = options.secrets ? undefined : keys
    const health = { legacy, pool, isDraining, keys: neededKeys, ledger }
    app.route('/', createHealthApp(health))
    const events = startEvents(settings, { isKept: ledger !== undefined, log, clock, ops })
    if (events) app.route('/', events.app)
    // Only the head of a stranger's call is parsed.
    const isHookCall = createCredentialsPrecheck({ ...options, checkBearer })
    const mayStream: MayStream = (req) => isHookCall(req) || events?.mayStream(req) === true
    const listener = await listenWith(settings, { fetch: app.fetch, mayStream, clock }, log)
    const { certificateEndsAtMs, refused } = listener
    // Stays open until the process ends, so that the shutdown can be watched.
    await ops?.open({ health, pool, keys, ledger, log, certificateEndsAtMs, refused, version })
    const drain = async (signal: StopSignal): Promise<void> => {
      draining = true
      // No load balancer depends on a server that is stopped at a terminal.
      await listener.close(signal === 'SIGINT' ? 0 : settings.drainDelayMs)
      await pool.close()
      await events?.close()
      await ledger?.close()
      await legacy.close()
    }
    return { listener, drain }
  }
}
