/** The command `okta-migrate register`: creates, shows, tests and changes the password import inline hook of the org. */
import { Command, Option } from 'commander'
import { randomUUID } from 'node:crypto'
import { describeVariables } from '../../config/variables.ts'
import { AppError } from '../../errors/errors.ts'
import type { OktaClient } from '../../okta/client/client.ts'
import {
  change,
  creation,
  findHook,
  sendHook,
  switchHook,
  tryHook,
  type InlineHook,
} from '../../okta/api/inline-hooks.ts'
import { OktaAnswerLost, OktaRejection } from '../../okta/errors/rejection.ts'
import { jsonOption, quietOption, verboseOption } from '../common-options.ts'
import { yesOption } from '../terminal/confirm.ts'
import { NETWORK_HELP } from '../../http/proxied-fetch.ts'
import { createPrint, readSettings, type CommandContext, type Perform } from '../context.ts'
import { connectWithProgress } from '../okta-options.ts'
import { askSecret } from '../terminal/prompt.ts'
import { nameOption, tokenUrlOption, urlOption, type RegisterOptions } from './options.ts'
import { beforeEvent, hookEvent } from './events.ts'
import { confirmDeactivation, tryFirst, type SafetyDeps } from './safety.ts'
import { registerSettings, REGISTER_NAMES, type RegisterAction } from './settings.ts'
import {
  CREATED,
  describeBefore,
  describeHook,
  describeOther,
  describeRequest,
  describeTrial,
  describeTrialFailure,
  NO_HOOK,
  ROTATED,
} from './messages.ts'

const SCOPES = ['okta.inlineHooks.manage']

interface Job extends SafetyDeps {
  readonly client: OktaClient
  /** What the org has already. */
  readonly hook: InlineHook | undefined
}

type ActionOf<K extends RegisterAction['kind']> = Extract<RegisterAction, { kind: K }>

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
  const created = await sendHook(client, creation(options.name, { uri: url, auth }))
  print(describeHook(created) + CREATED, hookEvent(created, 'created'))
  return 0
}

const rotate = async (job: Job, { url, auth }: ActionOf<'rotate'>): Promise<number> => {
  const { client, hook, print } = job
  if (!hook) throw noHook()
  const { uri, headers } = hook.channel.config
  const channel = { uri: url ?? uri, auth, headers: headers ?? undefined }
  print(describeBefore(hook), beforeEvent(hook))
  await tryFirst(job, channel)
  const changed = await sendHook(client, change(hook.id, channel))
  print(describeHook(changed) + ROTATED, hookEvent(changed, 'rotated'))
  return 0
}

const toggle = async (job: Job, { to }: ActionOf<'switch'>): Promise<number> => {
  const { client, hook, print } = job
  if (!hook) throw noHook()
  print(describeBefore(hook), beforeEvent(hook))
  if (to === 'deactivate' && hook.status !== 'INACTIVE') await confirmDeactivation(job)
  const switched = await switchHook(client, hook.id, to)
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

const act = async (job: Job, action: RegisterAction): Promise<number> => {
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
      const request = creation(options.name, { uri, auth })
      const { method, path, body } = request
      const event = { event: 'request', method, url: orgUrl + path, body }
      print(describeRequest(orgUrl, request), event)
      return 0
    }
    const { okta, action } = settings
    const client = connectWithProgress(context, okta, { ...options, scopes: SCOPES })
    return act({ context, options, okta, client, print, hook: await findHook(client) }, action)
  }

const ACTIONS = ['rotate', 'activate', 'deactivate', 'test', 'print']

/** The actions exclude each other. */
const actionOption = (name: string, description: string): Option =>
  new Option(`--${name}`, description).conflicts(ACTIONS.filter((other) => other !== name))

const checkPairs = (command: Command): void => {
  const options = command.opts<RegisterOptions>()
  const { test: isTest, testLogin, print: isPrint, url, activate, deactivate } = options
  const isWriting = !isTest && !isPrint && !activate && !deactivate
  if (options.force && !isWriting) command.error('error: --force goes with --url or --rotate')
  if (options.yes && !deactivate) command.error('error: --yes goes with --deactivate')
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

A service app needs the scope ${SCOPES.join(' ')}; for the count of --deactivate also okta.users.read.

Before a URL or a secret is sent to Okta, this machine tries them with a call to the hook server. The body of that call
is invalid, so that no guess is counted. If only Okta can reach the hook server, use --force.

--deactivate counts the users whose provider is IMPORT, which takes some minutes for 100,000. The NUMBER of --yes is
that count (up to a tenth of them can have moved since), or "unknown" if they cannot be counted.

Examples:
  okta-migrate register --url https://hook.example.com
  okta-migrate register --test --test-login isaac.brock@example.com
  okta-migrate register --rotate         after HOOK_SECRET has changed
  okta-migrate register --deactivate --yes acme.okta.com:68836
`

const DEACTIVATE =
  'stop Okta from calling the hook: users not yet migrated cannot sign in; shows how many, and asks'
const NAME = 'the name of the hook in the Admin Console'
const PRINT = 'show the request that would create the hook, without secrets'
const TOKEN_URL = 'use OAuth: the URL where Okta gets its tokens'

export const registerCommand = (perform: Perform): Command =>
  new Command('register')
    .description('register the hook server with Okta, or show, test and change what is registered')
    .option('--url <url>', 'the public address of the hook server', urlOption)
    .option('--name <name>', NAME, nameOption, 'Password import')
    .addOption(actionOption('rotate', 'send Okta the current HOOK_SECRET (and --url)'))
    .addOption(actionOption('activate', 'let Okta call the hook'))
    .addOption(actionOption('deactivate', DEACTIVATE))
    .addOption(actionOption('test', 'let Okta call the hook once, with --test-login'))
    .option('--force', 'create or rotate without the trial call to the hook server')
    .option('--yes <org:number>', 'confirm --deactivate in a script', yesOption)
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
