/** The command `okta-migrate register`: creates, shows, tests and changes the password import inline hook of the org. */
import { Command, Option } from 'commander'
import { randomUUID } from 'node:crypto'
import { describeVariables } from '../../config/variables.ts'
import { AppError } from '../../errors/errors.ts'
import type { OktaClient } from '../../okta/client/client.ts'
import {
  change,
  creation,
  findHooks,
  sendHook,
  switching,
  tryHook,
  type HookRequest,
  type InlineHook,
} from '../../okta/api/inline-hooks.ts'
import { EVENT_HOOK_SCOPES } from '../../okta/api/event-hooks.ts'
import { OktaAnswerLost, OktaRejection } from '../../okta/errors/rejection.ts'
import { jsonOption, quietOption, verboseOption } from '../common-options.ts'
import { yesOption } from '../terminal/confirm.ts'
import { NETWORK_HELP } from '../../http/proxied-fetch.ts'
import { createPrint, type CommandContext, type Perform } from '../context.ts'
import { readSettings } from '../read-settings.ts'
import { connectWithProgress } from '../okta-options.ts'
import { askSecret } from '../terminal/prompt.ts'
import { journalOption, stateOption } from '../cutoff/options.ts'
import {
  eventsUrlOption,
  nameOption,
  tokenUrlOption,
  urlOption,
  type RegisterOptions,
} from './options.ts'
import { registerEvents, type EventHookAction } from './event-hook.ts'
import { beforeEvent, hookEvent } from './events.ts'
import { changeInJournal, confirmChange, tryFirst, type SafetyDeps } from './safety.ts'
import { registerSettings, REGISTER_NAMES, type RegisterAction } from './settings.ts'
import {
  CREATED,
  describeAffected,
  describeBefore,
  describeHook,
  describeMoving,
  describeOther,
  describeRequest,
  describeTrial,
  describeTrialFailure,
  NO_HOOK,
  ROTATED,
} from './messages.ts'

const SCOPES = ['okta.inlineHooks.manage']

const NAME = 'Password import'

interface Job extends SafetyDeps {
  readonly client: OktaClient
  /** What the org has already. */
  readonly hook: InlineHook | undefined
}

type HookAction = Exclude<RegisterAction, EventHookAction>

type ActionOf<K extends HookAction['kind']> = Extract<HookAction, { kind: K }>

const noHook = (): AppError =>
  new AppError('okta_not_found', { detail: 'this org has no password import inline hook' })

const show = ({ hook, print }: Job): number => {
  print(hook ? describeHook(hook) : NO_HOOK, hookEvent(hook))
  return hook ? 0 : 1
}

/** Creates the hook, unless the org has one: the same hook is fine, another one is not. */
const create = async (job: Job, { url, auth }: ActionOf<'create'>): Promise<number> => {
  const { options, client, hook, print } = job
  if (hook) {
    if (hook.channel.config.uri === url) return show(job)
    print(describeHook(hook) + describeOther(url), hookEvent(hook, 'found', url))
    return 1
  }
  await tryFirst(job, { uri: url, auth })
  const { hook: created } = await sendHook(
    client,
    creation(options.name ?? NAME, { uri: url, auth }),
  )
  print(describeHook(created) + CREATED, hookEvent(created, 'created'))
  return 0
}

/** The hook server of another URL may not be the one that knows the passwords. */
const moveHook = async (
  job: Job & { readonly hook: InlineHook },
  { url, request }: { readonly url: string; readonly request: HookRequest },
): Promise<InlineHook> => {
  const isInUse = job.hook.status === 'ACTIVE'
  const people = isInUse ? await confirmChange(job, describeMoving) : undefined
  return changeInJournal(job, { hook: { url }, people, request })
}

const rotate = async (job: Job, { url, auth }: ActionOf<'rotate'>): Promise<number> => {
  const { client, hook, print } = job
  if (!hook) throw noHook()
  const { uri, headers } = hook.channel.config
  const channel = { uri: url ?? uri, auth, headers: headers ?? undefined }
  print(describeBefore(hook), beforeEvent(hook))
  await tryFirst(job, channel)
  const request = change(hook.id, channel)
  const changed =
    channel.uri === uri
      ? (await sendHook(client, request)).hook
      : await moveHook({ ...job, hook }, { url: channel.uri, request })
  print(describeHook(changed) + ROTATED, hookEvent(changed, 'rotated'))
  return 0
}

const toggle = async (job: Job, { to }: ActionOf<'switch'>): Promise<number> => {
  const { hook, print } = job
  if (!hook) throw noHook()
  print(describeBefore(hook), beforeEvent(hook))
  const isAsking = to === 'deactivate' && hook.status !== 'INACTIVE'
  const people = isAsking ? await confirmChange(job, describeAffected) : undefined
  const wanted = { status: to === 'deactivate' ? 'INACTIVE' : 'ACTIVE' }
  const request = switching(hook.id, to)
  const switched = await changeInJournal({ ...job, hook }, { hook: wanted, people, request })
  print(describeHook(switched), hookEvent(switched, `${to}d`))
  return 0
}

const readPassword = async ({ context }: Job, given: string | undefined): Promise<string> => {
  const password = given ?? (await askSecret('Legacy password: ', context))
  if (password !== '') return password
  throw new AppError('config_invalid', {
    detail: '  The password is missing: type it, or set HOOK_TEST_PASSWORD.',
  })
}

const test = async (job: Job, { login, password: given }: ActionOf<'test'>): Promise<number> => {
  const { client, hook, print } = job
  if (!hook) throw noHook()
  const password = await readPassword(job, given)
  const eventTime = new Date().toISOString()
  const trial = { username: login, password, eventId: randomUUID(), eventTime }
  try {
    const result = await tryHook(client, hook, trial)
    print(describeTrial(result), { event: 'test', ...result })
    return result.credential === 'VERIFIED' ? 0 : 1
  } catch (err) {
    const isAboutHook =
      (err instanceof OktaRejection && err.status === 400) ||
      (err instanceof OktaAnswerLost && err.status !== undefined)
    if (!isAboutHook) throw err
    const { detail } = err
    print(describeTrialFailure(detail), { event: 'test', credential: 'unanswered', detail })
    return 1
  }
}

const act = async (job: Job, action: HookAction): Promise<number> => {
  switch (action.kind) {
    case 'show':
      return show(job)
    case 'create':
      return create(job, action)
    case 'rotate':
      return rotate(job, action)
    case 'switch':
      return toggle(job, action)
    case 'test':
      return test(job, action)
  }
}

const register =
  (options: RegisterOptions) =>
  async (context: CommandContext): Promise<number> => {
    const settings = readSettings(context, registerSettings(options))
    const print = createPrint(context, options)
    if (settings.kind === 'print') {
      const { orgUrl, url: uri, auth } = settings
      const request = creation(options.name ?? NAME, { uri, auth })
      const { method, path, body } = request
      const event = { event: 'request', method, url: orgUrl + path, body }
      print(describeRequest(orgUrl, request), event)
      return 0
    }
    const { okta, action } = settings
    const scopes = action.kind === 'events' ? EVENT_HOOK_SCOPES : SCOPES
    const client = connectWithProgress(context, okta, { ...options, scopes })
    const deps = { context, options, okta, client, print }
    if (action.kind === 'events') return registerEvents(deps, action)
    const [hook] = await findHooks(client)
    return act({ ...deps, hook }, action)
  }

const ACTIONS = ['rotate', 'activate', 'deactivate', 'test', 'print']

/** The actions exclude each other. */
const actionOption = (name: string, description: string): Option =>
  new Option(`--${name}`, description).conflicts(ACTIONS.filter((other) => other !== name))

const EVENTS =
  'register the event hook of that address, which tells of people who moved: for counts, no proof'

const eventsOption = (): Option =>
  new Option('--events <url>', EVENTS)
    .argParser(eventsUrlOption)
    .conflicts(['url', ...ACTIONS.filter((action) => action !== 'rotate')])

const checkPairs = (command: Command): void => {
  const options = command.opts<RegisterOptions>()
  const { test: isTest, testLogin, print: isPrint, url, rotate, activate, deactivate } = options
  const isWriting = !isTest && !isPrint && !activate && !deactivate
  if (options.force && !isWriting) command.error('error: --force goes with --url or --rotate')
  if (options.yes && !deactivate && !(rotate && url !== undefined)) {
    command.error('error: --yes goes with --deactivate, and with --rotate --url')
  }
  if (url !== undefined && !isWriting && !isPrint) {
    command.error('error: --url goes with --rotate or --print, or stands alone')
  }
  if (isTest && testLogin === undefined) command.error('error: --test needs --test-login')
  if (isPrint && url === undefined) command.error('error: --print needs --url')
}

const HELP = `
Without options, this shows the registered hook. An org has at most one password import inline hook.

${describeVariables(REGISTER_NAMES)}

The network, with the variables that other programs use too:

${NETWORK_HELP}

A service app needs the scope ${SCOPES.join(' ')}; for --events ${EVENT_HOOK_SCOPES.join(' ')}; for the count of --deactivate also okta.users.read.

Before a URL or a secret is sent to Okta, this machine tries them with a call to the hook server. The body of that call
is invalid, so that no guess is counted. If only Okta can reach the hook server, use --force.

--deactivate, and --rotate with another --url, count the users whose provider is IMPORT, which takes some minutes for
100,000. The NUMBER of --yes is that of the newest okta-migrate status, if it is of the last 24 hours and not lower than
the count; otherwise that count (up to a tenth of them can have moved since), or "unknown" if they cannot be counted.
Where there is a journal of okta-migrate cutoff, the change is recorded in it.

Examples:
  okta-migrate register --url https://hook.example.com
  okta-migrate register --test --test-login isaac.brock@example.com
  okta-migrate register --rotate         after HOOK_SECRET has changed
  okta-migrate register --deactivate --yes acme.okta.com:68836
  okta-migrate register --events https://hook.example.com
`

const DEACTIVATE =
  'stop Okta from calling the hook: users not yet migrated cannot sign in; shows how many, and asks'
const NAME_HELP = 'the name of the hook in the Admin Console (default: "Password import")'
const YES = 'confirm --deactivate, or --rotate with another --url, in a script'
const PRINT = 'show the request that would create the hook, without secrets'
const TOKEN_URL = 'use OAuth: the URL where Okta gets its tokens'

export const registerCommand = (perform: Perform): Command =>
  new Command('register')
    .option('--url <url>', 'the public address of the hook server', urlOption)
    .option('--name <name>', NAME_HELP, nameOption)
    .addOption(eventsOption())
    .addOption(actionOption('rotate', 'send Okta the current HOOK_SECRET (and --url)'))
    .addOption(actionOption('activate', 'let Okta call the hook'))
    .addOption(actionOption('deactivate', DEACTIVATE))
    .addOption(actionOption('test', 'let Okta call the hook once, with --test-login'))
    .option('--force', 'create or rotate without the trial call to the hook server')
    .option('--yes <org:number>', YES, yesOption)
    .addOption(journalOption())
    .addOption(stateOption())
    .option('--test-login <login>', 'a legacy account to try; you are asked for its password')
    .addOption(actionOption('print', PRINT))
    .option('--oauth-token-url <url>', TOKEN_URL, tokenUrlOption)
    .option('--oauth-client-id <id>', 'the ID of the client that Okta uses there')
    .option('--oauth-scope <scope>', 'the scope that the hook server requires')
    .addOption(jsonOption())
    .addOption(verboseOption())
    .addOption(quietOption())
    .addHelpText('after', HELP)
    .action((options: RegisterOptions, command: Command) => {
      checkPairs(command)
      return perform(register(options))
    })
