/** Owns `okta-migrate register`: the password import inline hook in the org, from creation to rotation. */
import { Command, Option } from 'commander'
import { randomUUID } from 'node:crypto'
import { describeVariables, loadConfig } from '../../config/load.ts'
import { AppError } from '../../errors/errors.ts'
import type { OktaClient } from '../../okta/client/client.ts'
import {
  change,
  creation,
  findHook,
  sendHook,
  switchHook,
  tryHook,
  type HookAuth,
  type InlineHook,
} from '../../okta/api/inline-hooks.ts'
import { OktaAnswerLost, OktaRejection } from '../../okta/errors/rejection.ts'
import { toOrgUrl } from '../../config/variables.ts'
import { jsonOption, quietOption, verboseOption } from '../common-options.ts'
import { yesOption } from '../terminal/confirm.ts'
import { chooseDisplay } from '../terminal/display.ts'
import { NETWORK_HELP } from '../../http/proxied-fetch.ts'
import { readText, type Host, type Perform } from '../host.ts'
import { DEFAULT_CONCURRENCY, DEFAULT_SHARE, OKTA_SETTINGS, openOkta } from '../okta-options.ts'
import { askSecret } from '../terminal/prompt.ts'
import {
  authFrom,
  nameOption,
  REGISTER,
  tokenUrlOption,
  urlOption,
  type RegisterOptions,
} from './options.ts'
import { beforeEvent, hookEvent } from './events.ts'
import { confirmOff, tryFirst } from './safety.ts'
import { createTell, type Tell } from '../terminal/output.ts'
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
import { showWaits } from '../terminal/waits.ts'

const SCOPES = ['okta.inlineHooks.manage']

interface Job {
  readonly host: Host
  readonly options: RegisterOptions
  readonly client: OktaClient
  /** What the org has already. */
  readonly hook: InlineHook | undefined
  readonly tell: Tell
  /** How Okta shall authenticate, where the hook is to be written. */
  readonly auth: HookAuth | undefined
}

const noHook = (): AppError =>
  new AppError('okta_not_found', { detail: 'this org has no password import inline hook' })

/** Creates the hook, unless the org has one: the same again is well, another is not. */
const create = async (job: Job, url: string): Promise<number> => {
  const { options, client, hook, auth, tell } = job
  if (hook) {
    const isSame = hook.channel.config.uri === url
    if (isSame) tell(describeHook(hook), hookEvent(hook))
    else tell(describeHook(hook) + describeOther(url), hookEvent(hook, 'found', url))
    return isSame ? 0 : 1
  }
  if (!auth) throw new TypeError('unchecked options')
  await tryFirst(job, { uri: url, auth })
  const made = await sendHook(client, creation(options.name, { uri: url, auth }))
  tell(describeHook(made) + CREATED, hookEvent(made, 'created'))
  return 0
}

const rotate = async (job: Job): Promise<number> => {
  const { options, client, hook, auth, tell } = job
  if (!hook) throw noHook()
  if (!auth) throw new TypeError('unchecked options')
  const { uri, headers } = hook.channel.config
  const channel = { uri: options.url ?? uri, auth, headers: headers ?? undefined }
  tell(describeBefore(hook), beforeEvent(hook))
  await tryFirst(job, channel)
  const changed = await sendHook(client, change(hook.id, channel))
  tell(describeHook(changed) + ROTATED, hookEvent(changed, 'rotated'))
  return 0
}

const toggle = async (job: Job): Promise<number> => {
  const { options, client, hook, tell } = job
  if (!hook) throw noHook()
  const to = options.activate ? 'activate' : 'deactivate'
  tell(describeBefore(hook), beforeEvent(hook))
  const isEnd = to === 'deactivate' && hook.status !== 'INACTIVE'
  if (isEnd) await confirmOff(job, client.orgUrl)
  const switched = await switchHook(client, hook.id, to)
  tell(describeHook(switched), hookEvent(switched, `${to}d`))
  return 0
}

const testPassword = async (host: Host): Promise<string> => {
  const { config } = loadConfig(REGISTER, host.env, readText)
  const password = config.HOOK_TEST_PASSWORD ?? (await askSecret('Legacy password: ', host))
  if (password !== '') return password
  throw new AppError('config_invalid', {
    detail: '  A password is missing: type it, or set HOOK_TEST_PASSWORD.',
  })
}

const test = async ({ host, options, client, hook, tell }: Job): Promise<number> => {
  if (!hook) throw noHook()
  const password = await testPassword(host)
  const eventTime = new Date().toISOString()
  const trial = { username: options.testLogin ?? '', password, eventId: randomUUID(), eventTime }
  try {
    const result = await tryHook(client, hook, trial)
    tell(describeTrial(result), { event: 'test', ...result })
    return result.credential === 'VERIFIED' ? 0 : 1
  } catch (err) {
    const isAboutHook =
      (err instanceof OktaRejection && err.status === 400) ||
      (err instanceof OktaAnswerLost && err.status !== undefined)
    if (!isAboutHook) throw err
    const { detail } = err
    tell(describeTrialFailure(detail), { event: 'test', credential: 'unanswered', detail })
    return 1
  }
}

const show = async ({ hook, tell }: Job): Promise<number> => {
  tell(hook ? describeHook(hook) : NO_HOOK, hookEvent(hook))
  return hook ? 0 : 1
}

const actionOf = ({ rotate: isRotation, activate, deactivate, test: isTest }: RegisterOptions) => {
  if (isRotation) return rotate
  if (activate || deactivate) return toggle
  return isTest ? test : undefined
}

const print = async (host: Host, options: RegisterOptions): Promise<number> => {
  const { config } = loadConfig(REGISTER, host.env, readText)
  const orgUrl = config.OKTA_ORG_URL ? toOrgUrl(config.OKTA_ORG_URL) : 'https://acme.okta.com'
  const channel = { uri: options.url ?? '', auth: authFrom(host, options) }
  const request = creation(options.name, channel)
  const { method, path, body } = request
  const event = { event: 'request', method, url: orgUrl + path, body }
  createTell(host, options)(describeRequest(orgUrl, request), event)
  return 0
}

const register =
  (options: RegisterOptions) =>
  async (host: Host): Promise<number> => {
    if (options.print) return print(host, options)
    const pacing = { share: DEFAULT_SHARE, concurrency: DEFAULT_CONCURRENCY }
    const display = chooseDisplay(host, options)
    const onCall = options.verbose && display.note
    const okta = openOkta(host, { scopes: SCOPES, ...pacing, onCall })
    const client = showWaits(okta, { display })
    const isWritten = options.url !== undefined || options.rotate
    const auth = isWritten ? authFrom(host, options) : undefined
    const tell = createTell(host, options)
    const job = { host, options, client, auth, tell, hook: await findHook(client) }
    const action = actionOf(options)
    if (action) return action(job)
    return options.url === undefined ? show(job) : create(job, options.url)
  }

const ACTIONS = ['rotate', 'activate', 'deactivate', 'test', 'print']

/** What to do with the hook: one thing at a time. */
const actionOption = (name: string, description: string): Option =>
  new Option(`--${name}`, description).conflicts(ACTIONS.filter((other) => other !== name))

const checkPairs = (command: Command): void => {
  const options = command.opts<RegisterOptions>()
  const { test: isTest, testLogin, print: isPrint, url, activate, deactivate } = options
  const isWriting = !isTest && !isPrint && !activate && !deactivate
  if (options.force && !isWriting) command.error('error: --force goes with --url or --rotate')
  if (options.yes && !deactivate) command.error('error: --yes goes with --deactivate')
  if (url !== undefined && !isWriting && !isPrint) {
    command.error('error: --url goes with --rotate or --print, or by itself')
  }
  if (isTest && testLogin === undefined) command.error('error: --test needs --test-login')
  if (isPrint && url === undefined) command.error('error: --print needs --url')
}

const HELP = `
Without options, shows what is registered. An org has at most one password import inline hook.

Configured by environment variables; each may be given as NAME_FILE, a path to read it from:

${describeVariables([...OKTA_SETTINGS.names, 'HOOK_SECRET', 'HOOK_AUTH_HEADER', 'HOOK_OAUTH_CLIENT_SECRET', 'HOOK_TEST_PASSWORD'])}

The way to Okta, as other programs know it:

${NETWORK_HELP}

A service app needs the scope ${SCOPES.join(' ')}; for the count of --deactivate also okta.users.read.

Before a URL or a secret goes to Okta, this machine calls the hook server with them, and with a body that
is refused once the secret was accepted: no guess is counted. Where Okta alone reaches the hook server, use --force.

--deactivate counts the users whose provider is IMPORT, which takes some minutes for 100,000. The NUMBER of --yes is
that count (people who have moved since, up to a tenth, are allowed for), or "unknown" where it cannot be counted.

Examples:
  okta-migrate register --url https://hook.example.com
  okta-migrate register --test --test-login isaac.brock@example.com
  okta-migrate register --rotate         after a change of HOOK_SECRET
  okta-migrate register --deactivate --yes acme.okta.com:68836
`

export const registerCommand = (perform: Perform): Command =>
  new Command('register')
    .description('register the hook server with Okta, or show, test and change what is registered')
    .addOption(
      new Option('--url <url>', 'the public address of the hook server').argParser(urlOption),
    )
    .addOption(
      new Option('--name <name>', 'what the Admin Console calls the hook')
        .argParser(nameOption)
        .default('Password import'),
    )
    .addOption(actionOption('rotate', 'send Okta the secret (and --url) of now'))
    .addOption(actionOption('activate', 'have Okta call the hook'))
    .addOption(
      actionOption(
        'deactivate',
        'have Okta not call it; says how many cannot sign in then, and asks',
      ),
    )
    .addOption(actionOption('test', 'have Okta call the hook once, with --test-login'))
    .option('--force', 'create or rotate without the trial call to the hook server')
    .addOption(
      new Option('--yes <org:number>', 'confirm --deactivate in a script').argParser(yesOption),
    )
    .option('--test-login <login>', 'a legacy account to try; its password is asked for')
    .addOption(
      actionOption('print', 'show the request that would create the hook, without secrets'),
    )
    .addOption(
      new Option(
        '--oauth-token-url <url>',
        'authenticate by OAuth: where Okta gets its tokens',
      ).argParser(tokenUrlOption),
    )
    .option('--oauth-client-id <id>', 'the client that Okta uses there')
    .option('--oauth-scope <scope>', 'the scope that the hook server demands')
    .addOption(jsonOption())
    .addOption(verboseOption())
    .addOption(quietOption())
    .addHelpText('after', HELP)
    .action((options: RegisterOptions, command: Command) => {
      checkPairs(command)
      return perform(register(options))
    })
