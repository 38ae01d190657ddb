/** The command `okta-migrate serve`: builds the hook server from its settings and runs it until it is told to stop. */
import { Command } from 'commander'
import type { Logger } from 'pino'
import { systemClock, type Clock } from '../../clock.ts'
import { loadSettings, type Environment } from '../../config/load.ts'
import { describeValues, describeVariables } from '../../config/variables.ts'
import { createLog, logConsole, type Log } from '../../ops/log.ts'
import { HARD_STOP_MS, untilStopped, type StopSignal } from '../../ops/shutdown.ts'
import type { MissingCore } from '../../passwords/engine.ts'
import { WorkerPool } from '../../workers/pool.ts'
import type { CoreInfo } from '../../workers/protocol.ts'
import { NETWORK_HELP } from '../../http/proxied-fetch.ts'
import { jsonOption, verboseOption, type CommonOptions } from '../common-options.ts'
import { createPrint, readText, type CommandContext, type Perform, type Print } from '../context.ts'
import { costInTime } from './cost-limit.ts'
import { openStores } from './open-stores.ts'
import { SERVE, SERVER, type ServerSettings } from './settings.ts'

/** At the usual bcrypt cost a thread does about 100 checks within the deadline: this limit is for memory. */
const QUEUED_PER_WORKER = 256

const logCore =
  (log: Logger) =>
  (core: CoreInfo | MissingCore): void => {
    if ('why' in core) log.error(core, 'cannot check some hashes: calls for them fail')
    else if (core.fallback !== undefined)
      log.warn(core, 'password engine ready, but the slower one is in use')
  }

const startPool = (
  { legacy, hashWorkers, hashMemoryMib: maxMib }: ServerSettings,
  log: Logger,
  clock: Clock,
): Promise<WorkerPool> => {
  // A legacy login leaves them no hash to compute.
  const size = legacy.kind === 'login' ? 1 : hashWorkers
  return WorkerPool.start({
    size,
    queueLimit: size * QUEUED_PER_WORKER,
    maxMib,
    clock,
    onLoss: (what) => log.error(what, 'a worker thread was lost'),
    onCore: logCore(log),
    isHeld: true,
  })
}

/** A demo is a server whose environment names the demo's own store and secret, and keeps no ledger unless asked. */
const startDemo = async (env: Environment, ledgerUrl = 'off') => {
  const { announceDemo, createDemo, demoEvent } = await import('./demo-mode.ts')
  const demo = createDemo()
  const ledger = { LEDGER_DB_URL: ledgerUrl, LEDGER_DB_URL_FILE: undefined }
  const made = { HOOK_SECRET: demo.secret, LEGACY_DB_URL: demo.legacyDbUrl }
  const { settings } = loadSettings(SERVER, { ...env, ...ledger, ...made }, readText)
  const announce = (url: string, print: Print): void =>
    print(announceDemo(url, demo.secret), demoEvent(url, demo.secret))
  return { settings, demo: { remove: demo.remove, announce } }
}

/** A legacy login leaves no hash to compute. */
const measure = async (settings: ServerSettings, pool: WorkerPool, log: Log, clock: Clock) =>
  settings.legacy.kind === 'login' ? Infinity : costInTime(settings, pool, clock, log)

/**
 * The threads take longest, so they start first: Node.js gives nothing else a turn while it loads the server. A start that
 * is refused measures no further: closing the pool ends the trials.
 */
const start = async (
  settings: ServerSettings,
  log: Log,
  { env, version }: CommandContext,
  clock: Clock,
) => {
  const starting = startPool(settings, log, clock)
  const measuring = starting.then((pool) => measure(settings, pool, log, clock))
  const opening = openStores(settings, log, env, clock)
  const loading = import('./server.ts').then(({ loadServer }) =>
    loadServer(settings, log, version, clock),
  )
  try {
    const parts = [opening, starting, measuring, loading] as const
    const [stores, pool, cost, openPorts] = await Promise.all(parts)
    if (pool.engine.fallback === undefined) log.info(pool.engine, 'password engine ready')
    const server = await openPorts({ ...stores, pool, cost })
    pool.complete()
    return server
  } catch (err) {
    // A process that exits while a thread of it starts may crash, and then has no exit code.
    await Promise.allSettled([opening, starting.then((pool) => pool.close())])
    throw err
  }
}

/**
 * Serves until a signal stops it.
 * @returns the exit code
 * @throws AppError when it cannot start
 */
const serve = async (
  options: CommonOptions,
  context: CommandContext,
  clock: Clock,
): Promise<number> => {
  const { env, stdout, stderr, onSignal } = context
  const { settings: given, values, notices } = loadSettings(SERVE, env, readText)
  const level = options.verbose ? 'debug' : values.LOG_LEVEL
  const isTerminal = stdout.isTTY === true && !options.json
  const log = await createLog({ level, isTerminal, stdout, stderr, clock })
  logConsole(log)
  for (const notice of notices) log.warn(notice)
  const { settings, demo } =
    given.kind === 'demo'
      ? await startDemo(env, values.LEDGER_DB_URL)
      : { settings: given, demo: undefined }
  try {
    const starting = start(settings, log, context, clock)
    // Handles signals from the first moment: the first process of a container ignores signals that it does not handle.
    const drain = async (signal: StopSignal): Promise<void> => (await starting).drain(signal)
    const hardStopMs = settings.drainDelayMs + HARD_STOP_MS
    const end = untilStopped({ onSignal, drain, hardStopMs, clock, log: (m) => log.info(m) })
    const { url } = (await starting).listener
    const config = describeValues({ ...values, LOG_LEVEL: level })
    log.info({ url, config }, 'the hook server is ready')
    demo?.announce(url, createPrint(context, options))
    return await end
  } finally {
    demo?.remove()
  }
}

export const serveCommand = (perform: Perform, clock: Clock = systemClock): Command =>
  new Command('serve')
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
    .action((options: CommonOptions) => perform((context) => serve(options, context, clock)))
