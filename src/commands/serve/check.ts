/** The command `okta-migrate check`: tries everything that could keep the hook server from starting. */
import { Command } from 'commander'
import { systemClock } from '../../clock.ts'
import { loadSettings } from '../../config/load.ts'
import { AppError } from '../../errors/errors.ts'
import type { Finding } from '../../legacy/store.ts'
import { jsonOption, type CommonOptions } from '../common-options.ts'
import { readText, type CommandContext, type Perform } from '../context.ts'
import { SERVE, type ServerSettings } from './settings.ts'
import { openLegacy } from './open-legacy.ts'
import { describeStoreHashes, refuseUncheckedStore } from './store-hashes.ts'

interface Line {
  readonly topic: Finding['topic'] | 'configuration' | 'hashes' | 'store'
  readonly level: Finding['level'] | 'failed'
  readonly text: string
}

const asRow = ({ topic, level, text }: Line): string =>
  [level.padEnd('warning'.length), topic.padEnd('configuration'.length), text].join('  ')

/**
 * Waits for the store only as long as a start of the server does.
 * @throws AppError `legacy_unusable` where a start would refuse it, after the lines on what was found
 */
const checkStore = async (
  settings: ServerSettings,
  add: (...lines: readonly Line[]) => void,
): Promise<void> => {
  let why: AppError | undefined
  const store = await openLegacy(settings, systemClock, (_, failure) => (why = failure))
  const { findings, state, hashes } = store
  await store.close()
  if (state !== 'ok') {
    const text = `It cannot be reached right now (${why?.detail ?? ''}), so it was not checked.`
    add({ topic: 'store', level: 'failed', text })
    return
  }
  const tally = describeStoreHashes(hashes, settings.hashes)
  add(...findings, ...(tally ? [{ topic: 'hashes', ...tally } as const] : []))
  if (!settings.allowUncheckedHashes) refuseUncheckedStore(hashes, settings.hashes)
  add({ topic: 'store', level: 'ok', text: 'It can be used.' })
}

/** @returns 0 if a server would start and decide, 2 if it would not start, 3 if the store cannot be reached */
const check =
  ({ json }: CommonOptions) =>
  async ({ env, stdout }: CommandContext): Promise<number> => {
    const { settings, notices } = loadSettings(SERVE, env, readText)
    if (settings.kind === 'demo') {
      throw new AppError('config_invalid', {
        detail: '  Nothing is configured: `serve` would start the demo, with sample accounts.',
      })
    }
    const lines: Line[] = [
      { topic: 'configuration', level: 'ok', text: 'The variables can be used.' },
      ...notices.map((text): Line => ({ topic: 'configuration', level: 'warning', text })),
    ]
    try {
      await checkStore(settings, (...found) => void lines.push(...found))
      return lines.some(({ level }) => level === 'failed') ? 3 : 0
    } catch (err) {
      if (!(err instanceof AppError) || err.code !== 'legacy_unusable') throw err
      lines.push({ topic: 'store', level: 'failed', text: (err.detail ?? err.message).trim() })
      return 2
    } finally {
      stdout.write(`${json ? JSON.stringify(lines) : lines.map(asRow).join('\n')}\n`)
    }
  }

export const checkCommand = (perform: Perform): Command =>
  new Command('check')
    .description(
      'check the configuration, the legacy store and the lookup of the server, without serving',
    )
    .addOption(jsonOption('print the results as one JSON list (docs/EVENTS.md)'))
    .addHelpText(
      'after',
      `
Reads the variables of \`serve\` (see its --help). Exits with 0 if a server would start and decide, with 2 if it
would not start, with 3 if the legacy store cannot be reached. Run it before a new version or another statement goes
live.

Examples:
  okta-migrate check
  LEGACY_DB_URL=sqlite:/data/legacy.sqlite HOOK_SECRET_FILE=/run/secrets/hook \\
    okta-migrate check --json
`,
    )
    .action((options: CommonOptions) => perform(check(options)))
