/** Owns `okta-migrate register`: the password import inline hook in the org, from creation to rotation. */
import { Command, Option } from 'commander'
import { randomUUID } from 'node:crypto'
import { describeVariables, loadConfig } from '../config.ts'
import { AppError } from '../errors.ts'
import type { OktaClient } from '../okta/client.ts'
import {
  change,
  creation,
  findHook,
  sendHook,
  switchHook,
  tryHook,
  type HookAuth,
  type InlineHook,
} from '../okta/inline-hooks.ts'
import { OktaAnswerLost, OktaRejection } from '../okta/rejection.ts'
import { toOrgUrl } from '../variables.ts'
import { yesOption } from './confirm.ts'
import { chooseDisplay } from './display.ts'
import { NETWORK_HELP } from '../proxied-fetch.ts'
import { readText, type Host, type Perform } from './host.ts'
import { DEFAULT_CONCURRENCY, DEFAULT_SHARE, OKTA, openOkta } from './okta-config.ts'
import { askSecret } from './prompt.ts'
import {
  authFrom,
  nameOption,
  REGISTER,
  tokenUrlOption,
  urlOption,
  type RegisterOptions,
} from './register-config.ts'
import { confirmOff, tryFirst } from './register-safety.ts'
import {
  CREATED,
  describeBefore,
  describeHook,
  describeOther,
  describeRequest,
  describeTrial,
  NO_HOOK,
  ROTATED,
} from './register-words.ts'
import { showWaits } from './waits.ts'

const SCOPES = ['okta.inlineHooks.manage']

interface Job {
  readonly host: Host
  readonly options: RegisterOptions
  readonly client: OktaClient
  /** What the org has already. */
  readonly hook: InlineHook | undefined
  /** How Okta shall authenticate, where the hook is to be written. */
  readonly auth: HookAuth | undefined
}

const noHook = (): AppError =>
  new AppError('okta_not_found', { detail: 'this org has no password import inline hook' })

/** Creates the hook, unless the org has one: the same again is well, another is not. */
const create = async ({ host, options, client, hook, auth }: Job, url: string): Promise<number> => {
  if (hook) {
    const isSame = hook.channel.config.uri === url
    host.stdout.write(describeHook(hook) + (isSame ? '' : describeOther(url)))
    return isSame ? 0 : 1
  }
  if (!auth) throw new TypeError('unchecked options')
  await tryFirst(host, options.force === true, { uri: url, auth })
  const made = await sendHook(client, creation(options.name, { uri: url, auth }))
  host.stdout.write(describeHook(made) + CREATED)
  return 0
}

const rotate = async ({ host, options, client, hook, auth }: Job): Promise<number> => {
  if (!hook) throw noHook()
  if (!auth) throw new TypeError('unchecked options')
  const { uri, headers } = hook.channel.config
  const channel = { uri: options.url ?? uri, auth, headers: headers ?? undefined }
  host.stdout.write(describeBefore(hook))
  await tryFirst(host, options.force === true, channel)
  const changed = await sendHook(client, change(hook.id, channel))
  host.stdout.write(describeHook(changed) + ROTATED)
  return 0
}

const toggle = async ({ host, options, client, hook }: Job): Promise<number> => {
  if (!hook) throw noHook()
  const to = options.activate ? 'activate' : 'deactivate'
  host.stdout.write(describeBefore(hook))
  const isEnd = to === 'deactivate' && hook.status !== 'INACTIVE'
  if (isEnd) await confirmOff(host, options.yes, client.orgUrl)
  host.stdout.write(describeHook(await switchHook(client, hook.id, to)))
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

/** What Okta says when the hook did not answer, or not in order (Okta error codes E0000134 to 137). */
const describeTrialFailure = (err: OktaRejection | OktaAnswerLost): string =>
  `Okta called the hook, and got no answer that it can use: ${err.detail ?? ''}
Look at the URL, at the log of the hook server, and at its HOOK_SECRET; Okta waits 3 seconds.
`

const test = async ({ host, options, client, hook }: Job): Promise<number> => {
  if (!hook) throw noHook()
  const password = await testPassword(host)
  const eventTime = new Date().toISOString()
  const trial = { username: options.testLogin ?? '', password, eventId: randomUUID(), eventTime }
  try {
    const result = await tryHook(client, hook, trial)
    host.stdout.write(describeTrial(result))
    return result.credential === 'VERIFIED' ? 0 : 1
  } catch (err) {
    const isAboutHook =
      (err instanceof OktaRejection && err.status === 400) ||
      (err instanceof OktaAnswerLost && err.status !== undefined)
    if (!isAboutHook) throw err
    host.stdout.write(describeTrialFailure(err))
    return 1
  }
}

const show = async ({ host, hook }: Job): Promise<number> => {
  host.stdout.write(hook ? describeHook(hook) : NO_HOOK)
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
  host.stdout.write(describeRequest(orgUrl, creation(options.name, channel)))
  return 0
}

const register =
  (options: RegisterOptions) =>
  async (host: Host): Promise<number> => {
    if (options.print) return print(host, options)
    const pacing = { share: DEFAULT_SHARE, concurrency: DEFAULT_CONCURRENCY }
    const okta = openOkta(host, { scopes: SCOPES, ...pacing })
    const client = showWaits(okta, { display: chooseDisplay(host, {}) })
    const isWritten = options.url !== undefined || options.rotate
    const auth = isWritten ? authFrom(host, options) : undefined
    const job = { host, options, client, auth, hook: await findHook(client) }
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

${describeVariables([...OKTA.names, 'HOOK_SECRET', 'HOOK_AUTH_HEADER', 'HOOK_OAUTH_CLIENT_SECRET', 'HOOK_TEST_PASSWORD'])}

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
  okta-migrate register --rotate         after HOOK_SECRET has changed on the hook server
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
    .addHelpText('after', HELP)
    .action((options: RegisterOptions, command: Command) => {
      checkPairs(command)
      return perform(register(options))
    })
