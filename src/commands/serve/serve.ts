/** The command `okta-migrate serve`: builds the hook server from its settings and runs it until it is told to stop. */
import { Command } from 'commander'
import type { Logger } from 'pino'
import { systemClock } from '../../clock.ts'
import { loadSettings, type Environment } from '../../config/load.ts'
import { describeValues, describeVariables } from '../../config/variables.ts'
import { createHookApp, type HookAppOptions } from '../../hook/app.ts'
import { createCredentialsPrecheck } from '../../hook/authenticate.ts'
import { createGuessLimiter } from '../../hook/guess-limit.ts'
import { createHealthApp } from '../../ops/probes.ts'
import { listen, type Listener, type ListenOptions } from '../../ops/listen.ts'
import { createLog, logConsole, type Log } from '../../ops/log.ts'
import { HARD_STOP_MS, untilStopped, type StopSignal } from '../../ops/shutdown.ts'
import { WorkerPool } from '../../workers/pool.ts'
import { createNamers } from '../fingerprints.ts'
import { announceDemo, createDemo, demoEvent } from './demo-mode.ts'
import { NETWORK_HELP } from '../../http/proxied-fetch.ts'
import { jsonOption, verboseOption, type CommonOptions } from '../common-options.ts'
import { createPrint, readText, type CommandContext, type Perform } from '../context.ts'
import { costInTime, warnAbove } from './cost-limit.ts'
import { logChecks, openLegacy } from './open-legacy.ts'
import { refuseUncheckedStore } from './store-hashes.ts'
import { SERVE, SERVER, type ServerSettings } from './settings.ts'
import { startLedger } from './start-ledger.ts'
import { startOAuth } from './start-oauth.ts'
import { createOps } from './ops-port.ts'

/** At the usual bcrypt cost a thread does about 100 checks within the deadline: this limit is for memory. */
const QUEUED_PER_WORKER = 256

const hookOptionsFrom = (settings: ServerSettings): HookAppOptions => {
  const { auth, orgUrl, deadlineMs, hashes, dummyHashSecret } = settings
  return { ...auth, orgUrl, deadlineMs, hashes, dummyHashSecret }
}

const logCore = ({ fallback, ...core }: WorkerPool['engine'], log: Logger): void =>
  fallback === undefined
    ? log.info(core, 'password engine ready')
    : log.warn({ ...core, fallback }, 'password engine ready, but the slower one is in use')

const clock = systemClock

const startPool = async (
  { hashWorkers: size, hashMemoryMib: maxMib }: ServerSettings,
  log: Logger,
): Promise<WorkerPool> => {
  const pool = await WorkerPool.start({
    size,
    queueLimit: size * QUEUED_PER_WORKER,
    maxMib,
    clock,
    onLoss: (what) => log.error(what, 'a worker thread was lost'),
  })
  // The others have no fallback: they are there, or missing.
  logCore(pool.engine, log)
  for (const core of pool.missing) log.error(core, 'cannot check some hashes: calls for them fail')
  return pool
}

/** Idle connections of one address; each uses memory. Okta makes 75 calls at once and has a few more connections. */
const CONNECTIONS_AT_ONCE = 300

const listenWith = (
  { host, port, tls, connectionsPerSecond: perSecond }: ServerSettings,
  deps: Pick<ListenOptions, 'fetch' | 'mayStream'>,
  log: Logger,
): Promise<Listener> =>
  listen({
    ...deps,
    host,
    port,
    tls,
    clock,
    limits: perSecond === undefined ? undefined : { perSecond, atOnce: CONNECTIONS_AT_ONCE },
    onRenewal: (err) =>
      err
        ? log.error({ reason: err.code, detail: err.detail }, 'the renewed certificate is not used')
        : log.info('the renewed certificate is in use'),
  })

const start = async (settings: ServerSettings, log: Log, { version, env }: CommandContext) => {
  const { hashes } = settings
  const legacy = await openLegacy(settings, clock, logChecks(log, hashes))
  if (!settings.allowUncheckedHashes) refuseUncheckedStore(legacy.hashes, hashes)
  const oauth = startOAuth(settings, env, clock, log)
  const options = hookOptionsFrom(settings)
  const pool = await startPool(settings, log)
  warnAbove(legacy.hashes, hashes, await costInTime(settings, pool, clock, log), log)
  const { guesses } = settings
  const guessLimiter = createGuessLimiter(clock, guesses)
  const ledger = await startLedger(settings, { ...guesses, guessLimiter }, log, clock)
  let draining = false
  const isDraining = (): boolean => draining
  const { checkBearer, keys } = oauth ?? {}
  const ops = createOps(settings, log, clock)
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
  // Only the head of a stranger's call is parsed.
  const mayStream = createCredentialsPrecheck({ ...options, checkBearer })
  const listener = await listenWith(settings, { fetch: app.fetch, mayStream }, log)
  const { certificateEndsAtMs, refused } = listener
  // Stays open until the process ends, so that the shutdown can be watched.
  await ops?.open({ health, pool, keys, ledger, log, certificateEndsAtMs, refused, version })
  const drain = async (signal: StopSignal): Promise<void> => {
    draining = true
    // No load balancer depends on a server that is stopped at a terminal.
    await listener.close(signal === 'SIGINT' ? 0 : settings.drainDelayMs)
    await pool.close()
    await ledger?.close()
    await legacy.close()
  }
  return { listener, drain }
}

/** A demo is a server whose environment names the demo's own store and secret, and keeps no ledger unless asked. */
const startDemo = (env: Environment, ledgerUrl = 'off') => {
  const demo = createDemo()
  const ledger = { LEDGER_DB_URL: ledgerUrl, LEDGER_DB_URL_FILE: undefined }
  const made = { HOOK_SECRET: demo.secret, LEGACY_DB_URL: demo.legacyDbUrl }
  const { settings } = loadSettings(SERVER, { ...env, ...ledger, ...made }, readText)
  return { settings, demo }
}

/**
 * Serves until a signal stops it.
 * @returns the exit code
 * @throws AppError when it cannot start
 */
const serve = async (options: CommonOptions, context: CommandContext): Promise<number> => {
  const { env, stdout, stderr, onSignal } = context
  const { settings: given, values, notices } = loadSettings(SERVE, env, readText)
  const level = options.verbose ? 'debug' : values.LOG_LEVEL
  const isTerminal = stdout.isTTY === true && !options.json
  const log = createLog({ level, isTerminal, stdout, stderr, clock })
  logConsole(log)
  for (const notice of notices) log.warn(notice)
  const { settings, demo } =
    given.kind === 'demo'
      ? startDemo(env, values.LEDGER_DB_URL)
      : { settings: given, demo: undefined }
  try {
    const starting = start(settings, log, context)
    // Handles signals from the first moment: the first process of a container ignores signals that it does not handle.
    const drain = async (signal: StopSignal): Promise<void> => (await starting).drain(signal)
    const hardStopMs = settings.drainDelayMs + HARD_STOP_MS
    const end = untilStopped({ onSignal, drain, hardStopMs, clock, log: (m) => log.info(m) })
    const { url } = (await starting).listener
    const config = describeValues({ ...values, LOG_LEVEL: level })
    log.info({ url, config }, 'the hook server is ready')
    const print = createPrint(context, options)
    if (demo) print(announceDemo(url, demo.secret), demoEvent(url, demo.secret))
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
${describeVariables(SERVE.names)}

If the keys of HOOK_OAUTH_ISSUER are fetched through a proxy:

${NETWORK_HELP}

Examples:
  okta-migrate serve                     the demo, if nothing is configured
  HOOK_SECRET_FILE=/run/secrets/hook LEGACY_DB_URL=sqlite:/data/legacy.sqlite \\
    okta-migrate serve
`,
    )
    .addOption(jsonOption('log as JSON lines even on a terminal'))
    .addOption(verboseOption('log at the level debug, regardless of LOG_LEVEL'))
    .action((options: CommonOptions) => perform((context) => serve(options, context)))
