/** The hook server between its ports and what it decides by: the stores and the password threads, which are open. */
import type { Logger } from 'pino'
import type { Clock } from '../../clock.ts'
import { createHookApp, type HookAppOptions } from '../../hook/app.ts'
import { createCredentialsPrecheck } from '../../hook/authenticate.ts'
import { listen, type Listener, type ListenOptions } from '../../ops/listen.ts'
import type { Log } from '../../ops/log.ts'
import type { MayStream } from '../../ops/pipelining.ts'
import { createHealthApp } from '../../ops/probes.ts'
import type { StopSignal } from '../../ops/shutdown.ts'
import type { WorkerPool } from '../../workers/pool.ts'
import { createNamers } from '../fingerprints.ts'
import { warnAbove } from './cost-limit.ts'
import type { OpenStores } from './open-stores.ts'
import type { ServerSettings } from './settings.ts'
import { startEvents } from './start-events.ts'

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

interface OpenParts extends OpenStores {
  readonly pool: WorkerPool
  /** The highest bcrypt cost whose check ends in time. */
  readonly cost: number
}

/**
 * Loads what the ports need.
 * @returns a function that opens the ports, to be called when the rest is ready
 */
export const loadServer = async (
  settings: ServerSettings,
  log: Log,
  version: string,
  clock: Clock,
) => {
  const options = hookOptionsFrom(settings)
  const ops = await loadOps(settings, log, clock)

  return async ({ legacy, sampled, oauth, ledger, guessLimiter, pool, cost }: OpenParts) => {
    warnAbove(sampled, settings.hashes, cost, log)
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
