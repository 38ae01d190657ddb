/** Owns the wiring of the hook server: configuration in, parts joined, served until told to stop. */
import { Command } from 'commander'
import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import { systemClock } from '../../clock.ts'
import { describeConfig, describeVariables, loadConfig } from '../../config/load.ts'
import { createHookApp, type HookAppOptions } from '../../hook/app.ts'
import { createGlance } from '../../hook/authenticate.ts'
import { createGuessLimiter, type GuessLimitOptions } from '../../hook/guess-limit.ts'
import { createHealthApp } from '../../ops/probes.ts'
import { listen, type Listener, type ListenOptions } from '../../ops/listen.ts'
import { createLog, logConsole, type Log } from '../../ops/log.ts'
import { HARD_STOP_MS, untilStopped, type StopSignal } from '../../ops/shutdown.ts'
import { WorkerPool } from '../../workers/pool.ts'
import { namersFrom } from '../fingerprints.ts'
import { announceDemo, createDemo, demoEvent } from './demo-mode.ts'
import { NETWORK_HELP } from '../../http/proxied-fetch.ts'
import { jsonOption, verboseOption, type CommonOptions } from '../common-options.ts'
import { readText, type Host, type Perform } from '../host.ts'
import { costInTime, DEFAULT_COST, tellAbove } from './cost-limit.ts'
import { logChecks, openLegacy } from './open-legacy.ts'
import { isDemo, isPublic, SERVE, type ServeConfig } from './settings.ts'
import { startLedger } from './start-ledger.ts'
import { startOAuth } from './start-oauth.ts'
import { createOps } from './ops-port.ts'
import { createTell } from '../terminal/output.ts'

/** At bcrypt's customary cost a thread does about 100 checks within the deadline: this bounds memory. */
const QUEUED_PER_WORKER = 256

const MS_PER_MINUTE = 60_000

interface Essentials {
  /** Not set where only OAuth is in use. */
  readonly secret: string | undefined
  readonly legacyDbUrl: string
}

/** What the configuration must have where it is not the demo's. */
const essentialsOf = (config: ServeConfig): Essentials => {
  const { HOOK_SECRET: secret, LEGACY_DB_URL: legacyDbUrl } = config
  if (legacyDbUrl === undefined) throw new TypeError('unchecked config')
  return { secret, legacyDbUrl }
}

const settingsFrom = (config: ServeConfig, secret: string | undefined): HookAppOptions => ({
  authHeader: config.HOOK_AUTH_HEADER,
  secrets:
    secret === undefined ? undefined : { current: secret, previous: config.HOOK_SECRET_PREVIOUS },
  orgUrl: config.OKTA_ORG_URL,
  deadlineMs: config.HOOK_DEADLINE_MS,
  bounds: { bcryptCost: config.BCRYPT_MAX_COST ?? DEFAULT_COST },
  decoySecret: config.FINGERPRINT_KEY ?? secret ?? randomBytes(32).toString('base64'),
})

const guessesFrom = (config: ServeConfig): GuessLimitOptions => ({
  limit: config.GUESS_LIMIT,
  windowMs: config.GUESS_WINDOW_MINUTES * MS_PER_MINUTE,
})

const tellEngine = ({ fallback, ...engine }: WorkerPool['engine'], log: Logger): void =>
  fallback === undefined
    ? log.info(engine, 'the engine for password checks')
    : log.warn({ ...engine, fallback }, 'the slower engine for password checks is in use')

interface Running {
  readonly listener: Listener
  readonly drain: (signal: StopSignal) => Promise<void>
}

const clock = systemClock

const startPool = async (
  config: ServeConfig,
  bounds: HookAppOptions['bounds'],
  log: Logger,
): Promise<WorkerPool> => {
  const pool = await WorkerPool.start({
    size: config.HASH_WORKERS,
    queueLimit: config.HASH_WORKERS * QUEUED_PER_WORKER,
    bounds,
    clock,
    onLoss: (what) => log.error(what, 'a worker thread was lost'),
  })
  tellEngine(pool.engine, log)
  return pool
}

/** Idle connections of one address, of which each holds memory; Okta makes 75 calls at once and has some more. */
const CONNECTIONS_AT_ONCE = 300

/** Behind a proxy all callers have its address, and on this machine they are no strangers. */
const limitsFrom = (config: ServeConfig): ListenOptions['limits'] => {
  const perSecond = config.MAX_CONNECTIONS_PER_SECOND
  return isPublic(config) && perSecond > 0 ? { perSecond, atOnce: CONNECTIONS_AT_ONCE } : undefined
}

const listenFor = (
  config: ServeConfig,
  { fetch, mayStream }: Pick<ListenOptions, 'fetch' | 'mayStream'>,
  log: Logger,
) => {
  const { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile, HOST: host, PORT: port } = config
  return listen({
    fetch,
    mayStream,
    host,
    port,
    tls: certFile && keyFile ? { certFile, keyFile } : undefined,
    clock,
    limits: limitsFrom(config),
    onRenewal: (err) =>
      err
        ? log.error({ reason: err.code, detail: err.detail }, 'the renewed certificate is not used')
        : log.info('the renewed certificate is in use'),
  })
}

const start = async (
  config: ServeConfig,
  { secret, legacyDbUrl }: Essentials,
  log: Log,
  { version, env }: Pick<Host, 'version' | 'env'>,
): Promise<Running> => {
  const legacy = await openLegacy(config, legacyDbUrl, clock, logChecks(log))
  const oauth = startOAuth(config, env, clock, log)
  const settings = settingsFrom(config, secret)
  const pool = await startPool(config, settings.bounds, log)
  tellAbove(legacy.hashes, await costInTime(config, pool, clock, log), log)
  const guesses = guessesFrom(config)
  const guard = createGuessLimiter(guesses, clock)
  const ledger = await startLedger(config, { ...guesses, guard }, log, clock)
  let draining = false
  const isDraining = (): boolean => draining
  const { checkBearer, keys } = oauth ?? {}
  const ops = createOps(config, log, clock)
  const app = createHookApp({
    settings,
    legacy,
    checker: pool,
    guard,
    checkBearer,
    clock,
    log,
    onAnswered: ops?.onAnswered,
    ...namersFrom(config, secret),
    ledger,
  })
  const neededKeys = settings.secrets ? undefined : keys
  const health = { legacy, pool, isDraining, keys: neededKeys, ledger }
  app.route('/', createHealthApp(health))
  // Of a stranger's call the head alone is parsed.
  const mayStream = createGlance({ ...settings, checkBearer })
  const listener = await listenFor(config, { fetch: app.fetch, mayStream }, log)
  const { certificateEndsAtMs, refused } = listener
  // Open to the end of the process, so that the end can be watched.
  await ops?.open({ health, pool, keys, ledger, log, certificateEndsAtMs, refused, version })
  const drain = async (signal: StopSignal): Promise<void> => {
    draining = true
    // No balancer waits for what somebody stops at a terminal.
    await listener.close(signal === 'SIGINT' ? 0 : config.DRAIN_DELAY_MS)
    await pool.close()
    await ledger?.close()
    await legacy.close()
  }
  return { listener, drain }
}

/**
 * Serves until a signal ends it.
 * @returns the exit code
 * @throws AppError when it cannot start
 */
const serve = async (options: CommonOptions, host: Host): Promise<number> => {
  const { env, stdout, stderr, onSignal } = host
  const { config: given, nearMisses } = loadConfig(SERVE, env, readText)
  const config: ServeConfig = options.verbose ? { ...given, LOG_LEVEL: 'debug' } : given
  const isTerminal = stdout.isTTY === true && !options.json
  const log = createLog({ level: config.LOG_LEVEL, isTerminal, stdout, stderr, clock })
  logConsole(log)
  for (const nearMiss of nearMisses) log.warn(nearMiss)
  const demo = isDemo(config) ? createDemo() : undefined
  try {
    const starting = start(config, demo ?? essentialsOf(config), log, host)
    // Heard from the first moment on: the first process of a container ignores signals it does not handle.
    const drain = async (signal: StopSignal): Promise<void> => (await starting).drain(signal)
    const hardStopMs = config.DRAIN_DELAY_MS + HARD_STOP_MS
    const end = untilStopped({ onSignal, drain, hardStopMs, clock, say: (m) => log.info(m) })
    const { url } = (await starting).listener
    log.info({ url, config: describeConfig(SERVE, config) }, 'the hook server is ready')
    if (demo) {
      createTell(host, options)(announceDemo(url, demo.secret), demoEvent(url, demo.secret))
    }
    return await end
  } finally {
    demo?.remove()
  }
}

export const serveCommand = (perform: Perform): Command =>
  new Command('serve')
    .description("answer Okta's password import inline hook")
    .addHelpText(
      'after',
      `
Configured by environment variables; each may be given as NAME_FILE, a path to read it from:

${describeVariables(SERVE.names)}

Where the keys of HOOK_OAUTH_ISSUER are fetched through a proxy:

${NETWORK_HELP}

Examples:
  okta-migrate serve                     the demo, where nothing is configured
  HOOK_SECRET_FILE=/run/secrets/hook LEGACY_DB_URL=sqlite:/data/legacy.sqlite \\
    okta-migrate serve
`,
    )
    .addOption(jsonOption('log as JSON lines on a terminal, too'))
    .addOption(verboseOption('log at the level debug, whatever LOG_LEVEL says'))
    .action((options: CommonOptions) => perform((host) => serve(options, host)))
