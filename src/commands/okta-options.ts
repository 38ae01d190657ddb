/** Opens the client of a command that calls Okta, and has the options for how much it calls. */
import { InvalidArgumentError, Option } from 'commander'
import { systemClock } from '../clock.ts'
import { fetchFrom } from '../http/proxied-fetch.ts'
import { staticToken, type OktaCredentials } from '../okta/auth/credentials.ts'
import { createServiceApp } from '../okta/auth/service-app.ts'
import { describeTracedCall, traceCalls } from '../okta/client/call-trace.ts'
import { createOktaClient, type OktaClient } from '../okta/client/client.ts'
import { createTransport, type Transport } from '../okta/client/transport.ts'
import type { CommandContext } from './context.ts'
import { readSettings } from './read-settings.ts'
import { OKTA_SETTINGS, type OktaSettings } from './okta-settings.ts'
import { createDisplay, type DisplayOptions } from './terminal/progress-display.ts'
import { withWaitProgress } from './terminal/wait-progress.ts'

interface OktaOptions {
  /** What a service app asks for; Okta grants it only what its admin granted. */
  readonly scopes: readonly string[]
  /** The percentage of each X-Rate-Limit-Limit that we use in a window. */
  readonly share: number
  readonly concurrency: number
  /** Receives a line for each call. */
  readonly onCall?: ((line: string) => void) | undefined
}

const createCredentials = (
  { auth, orgUrl }: OktaSettings,
  transport: Transport,
  scopes: readonly string[],
): OktaCredentials => {
  if (auth.kind === 'token') return staticToken(auth.scheme, auth.token)
  const app = { ...auth.app, scopes }
  const [epochMs, random] = [Date.now, Math.random]
  return createServiceApp({ app, orgUrl, transport, clock: systemClock, epochMs, random })
}

/** Makes the client of an org from settings that were read. */
export const connectOkta = (
  { env, version }: CommandContext,
  settings: OktaSettings,
  { scopes, share, concurrency: maxConcurrency, onCall }: OktaOptions,
): OktaClient => {
  const { orgUrl } = settings
  const plain = createTransport({ clock: systemClock, version, fetch: fetchFrom(env) })
  const transport = onCall
    ? traceCalls(plain, systemClock, (call) => onCall(describeTracedCall(call)))
    : plain
  const credentials = createCredentials(settings, transport, scopes)
  const pacing = { share: share / 100, maxConcurrency, random: Math.random, clock: systemClock }
  return createOktaClient({ orgUrl, credentials, transport, ...pacing })
}

/**
 * Makes the client that the environment describes; notices go to stderr.
 * @throws AppError `config_invalid`
 */
export const openOkta = (context: CommandContext, options: OktaOptions): OktaClient =>
  connectOkta(context, readSettings(context, OKTA_SETTINGS), options)

interface ProgressOptions extends DisplayOptions {
  readonly scopes: readonly string[]
  readonly share?: number
  readonly verbose?: true | undefined
  /** The progress of the command in words. */
  readonly progress?: () => string
}

/** The same, from settings that were read. It shows what it waits for, and if it is verbose, each call. */
export const connectWithProgress = (
  context: CommandContext,
  settings: OktaSettings,
  { scopes, share = DEFAULT_SHARE, verbose, progress, ...shown }: ProgressOptions,
): OktaClient => {
  const display = createDisplay(context, shown)
  const pacing = { share, concurrency: DEFAULT_CONCURRENCY, onCall: verbose && display.log }
  return withWaitProgress(connectOkta(context, settings, { scopes, ...pacing }), {
    display,
    progress,
  })
}

/** Reads an option that is a whole number. */
export const wholeOption =
  (min: number, max: number) =>
  (value: string): number => {
    const number = /^\d+$/.test(value) ? Number(value) : NaN
    if (number >= min && number <= max) return number
    throw new InvalidArgumentError(`Use a whole number from ${min} to ${max}.`)
  }

/**
 * Recorded headers of real orgs show the limit of the token, which Okta sets at half of the org's limit: nearly all of
 * it can be used, and others still have half of the org's.
 */
const DEFAULT_SHARE = 90

const SHARE_HELP =
  "maximum percentage of Okta's X-Rate-Limit-Limit to use in each minute. That is usually the limit of your token, half of the org's; use less if the limit of the token was raised. A tenth of it is always left unused"

export const shareOption = (): Option =>
  new Option('--share <percent>', SHARE_HELP).argParser(wholeOption(1, 100)).default(DEFAULT_SHARE)

export const DEFAULT_CONCURRENCY = 10
