/** What the local checks share: the settings of the server, its store and a thread for passwords, each opened once. */
import { systemClock, type Clock } from '../../clock.ts'
import { loadSettings } from '../../config/load.ts'
import { AppError, asAppError } from '../../errors/errors.ts'
import type { LegacyStore } from '../../legacy/store.ts'
import { WorkerPool } from '../../workers/pool.ts'
import { readText, type CommandContext } from '../context.ts'
import { openLegacy } from '../serve/open-legacy.ts'
import { SERVE, type ServerSettings } from '../serve/settings.ts'

/** Makes a thing at the first use. */
export const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}

const NOTHING =
  'Nothing is configured: `serve` would start the demo, with sample accounts.\n    Name a file of variables with --env-file; okta-migrate init writes one.'

const load = ({ env }: CommandContext) => {
  const { settings, notices } = loadSettings(SERVE, env, readText)
  if (settings.kind === 'demo') {
    // Perhaps it is configured under other names.
    const detail = [NOTHING, ...notices].map((sentence) => `  ${sentence}`).join('\n')
    throw new AppError('config_invalid', { detail })
  }
  return { settings, notices }
}

interface CheckedLegacy {
  readonly store: LegacyStore
  /** Why it cannot be reached. */
  readonly why: AppError | undefined
}

/** Waits for the store only as long as a start of the server does. */
const openStore = async (
  settings: ServerSettings,
  { env }: CommandContext,
  clock: Clock,
): Promise<CheckedLegacy> => {
  let why: AppError | undefined
  const store = await openLegacy(settings, env, clock, (_, failure) => (why = failure))
  // A start does not ask, and probes do.
  if (store.state === 'ok') await store.ping().catch((err: unknown) => (why = asAppError(err)))
  return { store, why }
}

/** One trial runs at a time. */
const startPool = ({ hashMemoryMib: maxMib }: ServerSettings, clock: Clock) =>
  WorkerPool.start({ size: 1, queueLimit: 1, maxMib, clock, onLoss: () => undefined })

export const createLocalDeps = (context: CommandContext) => {
  const clock = systemClock
  const loaded = once(() => load(context))
  const settings = (): ServerSettings => loaded().settings
  const opened: (() => Promise<unknown>)[] = []
  return {
    context,
    clock,
    loaded,
    settings,
    store: once(() => {
      const opening = openStore(settings(), context, clock)
      opened.push(async () => (await opening).store.close())
      return opening
    }),
    pool: once(() => {
      const starting = startPool(settings(), clock)
      opened.push(async () => (await starting).close())
      return starting
    }),
    close: async (): Promise<void> => {
      // What could not be opened has been reported.
      await Promise.allSettled(opened.map((close) => close()))
    },
  }
}

export type LocalDeps = ReturnType<typeof createLocalDeps>
