/** The command `okta-migrate demo`: a few sign-ins, then the months of a company, all offline. */
import { Command } from 'commander'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { jsonOption, verboseOption, type CommonOptions } from '../common-options.ts'
import { createPrint, type CommandContext, type Perform } from '../context.ts'
import { makeDemoDirectory } from '../serve/demo-mode.ts'
import { askLine } from '../terminal/prompt.ts'
import { playMonths } from './months.ts'
import { ownCommand } from './own-command.ts'
import { describeNext, playSamples } from './samples.ts'
import { CLI, tell, type DemoEnv, type Stage } from './stage.ts'

/** The variables that the commands of the demo take over. */
const TERMINAL_NAMES = ['CI', 'FORCE_COLOR', 'NO_COLOR', 'TERM', 'TZ']

const terminalEnvOf = ({ env }: CommandContext): DemoEnv =>
  Object.fromEntries(
    TERMINAL_NAMES.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const])),
  )

interface DemoOptions extends CommonOptions {
  readonly campaign?: true
}

/** Nobody waits where nobody looks: without a terminal, and with --json. */
const untilSeen =
  (context: CommandContext, { json }: DemoOptions) =>
  async (page: string): Promise<void> => {
    if (context.stdout.isTTY !== true || json || context.noInput) return
    const question = `\nThe page shows all of this: ${page}\nPress Enter to end the demo. `
    await askLine(question, context)
  }

const play = async (stage: Stage, context: CommandContext): Promise<number> => {
  await playSamples(stage)
  await playMonths(stage, context)
  tell(stage, describeNext(ownCommand(CLI, context.env)))
  return 0
}

const INTERRUPTED = 130

const STOPPED = "\nStopped. The demo's directory and its Okta orgs are deleted.\n"

/** What runs in this process ends with it. */
const playUntilStopped = (stage: Stage, context: CommandContext): Promise<number> => {
  const { stopped } = stage
  const interrupted = new Promise<number>((resolve) => {
    stopped.addEventListener('abort', () => resolve(INTERRUPTED))
  })
  const played = play(stage, context).catch((err: unknown) => {
    if (stopped.aborted) return INTERRUPTED
    throw err
  })
  return Promise.race([played, interrupted])
}

const demo =
  (options: DemoOptions) =>
  async (context: CommandContext): Promise<number> => {
    const stop = new AbortController()
    context.onSignal(() => stop.abort())
    // The reader of the output has gone.
    context.stdout.on('error', () => stop.abort())
    const dir = makeDemoDirectory(tmpdir())
    const print = createPrint(context, options)
    const stage = {
      ...{ dir, options, print, terminalEnv: terminalEnvOf(context), stopped: stop.signal },
      isCampaign: options.campaign === true,
      untilSeen: untilSeen(context, options),
    }
    try {
      return await playUntilStopped(stage, context)
    } finally {
      rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
      if (stop.signal.aborted) tell(stage, STOPPED)
    }
  }

export const demoCommand = (perform: Perform): Command =>
  new Command('demo')
    .addHelpText('after', '\nExamples:\n  okta-migrate demo\n  okta-migrate demo --campaign\n')
    .option('--campaign', 'go on to the end of the hook, with the page to look at')
    .addOption(jsonOption())
    .addOption(verboseOption())
    .action((options: DemoOptions) => perform(demo(options)))
