/** Owns what a command that calls Okta needs of the environment, and the client that it makes of it. */
import { InvalidArgumentError, Option } from 'commander'
import { systemClock } from '../clock.ts'
import { loadConfig, type Loaded, type Need, type Rule } from '../config/load.ts'
import { describeTracedCall, watchCalls } from '../okta/client/call-trace.ts'
import { createOktaClient, type OktaClient } from '../okta/client/client.ts'
import { staticToken, type OktaCredentials } from '../okta/auth/credentials.ts'
import { readSigningKey } from '../okta/auth/signing-key.ts'
import { createServiceApp } from '../okta/auth/service-app.ts'
import { createTransport, type Transport } from '../okta/client/transport.ts'
import { fetchFrom } from '../http/proxied-fetch.ts'
import { isAdminUrl, toOrgUrl } from '../config/variables.ts'
import { readText, type Host } from './host.ts'

const NAMES = [
  'OKTA_ORG_URL',
  'OKTA_ACCESS_TOKEN',
  'OKTA_API_TOKEN',
  'OKTA_CLIENT_ID',
  'OKTA_PRIVATE_KEY',
  'OKTA_KEY_ID',
] as const

type OktaConfig = Loaded<(typeof NAMES)[number]>['config']

/** The variables by which one way of authentication is chosen. */
const CHOICES = ['OKTA_ACCESS_TOKEN', 'OKTA_API_TOKEN', 'OKTA_CLIENT_ID'] as const

const chosen = (v: OktaConfig): number => CHOICES.filter((name) => v[name] !== undefined).length

const RULES: readonly Rule<OktaConfig>[] = [
  ['OKTA_ORG_URL', (v) => v.OKTA_ORG_URL === undefined, 'is missing'],
  [
    'OKTA_ACCESS_TOKEN',
    (v) => chosen(v) === 0 && v.OKTA_PRIVATE_KEY === undefined,
    'is missing, and so is every other way to authenticate',
  ],
  ['OKTA_ACCESS_TOKEN', (v) => chosen(v) > 1, 'is not the only way to authenticate that is given'],
  [
    'OKTA_CLIENT_ID',
    (v) => v.OKTA_CLIENT_ID === undefined && v.OKTA_PRIVATE_KEY !== undefined,
    'is missing',
  ],
  [
    'OKTA_PRIVATE_KEY',
    (v) => v.OKTA_CLIENT_ID !== undefined && v.OKTA_PRIVATE_KEY === undefined,
    'is missing',
  ],
  [
    'OKTA_PRIVATE_KEY',
    (v) => v.OKTA_PRIVATE_KEY !== undefined && !readSigningKey(v.OKTA_PRIVATE_KEY),
    'is not a private key that can be used',
  ],
]

export const OKTA_SETTINGS: Need<(typeof NAMES)[number]> = { names: NAMES, rules: RULES }

/** Whether there is enough to ask an org, for a command that can do without. */
export const isOktaGiven = (env: Host['env']): boolean => {
  const isGiven = (name: string): boolean => [name, `${name}_FILE`].some((each) => env[each])
  return isGiven('OKTA_ORG_URL') && CHOICES.some(isGiven)
}

export interface OktaOptions {
  /** What a service app asks for; Okta grants it only what its admin granted. */
  readonly scopes: readonly string[]
  /** Per cent of each X-Rate-Limit-Limit that we may use in a window. */
  readonly share: number
  readonly concurrency: number
  /** Takes a line for each call. */
  readonly onCall?: ((line: string) => void) | undefined
}

const credentialsFrom = (
  config: OktaConfig,
  orgUrl: string,
  transport: Transport,
  scopes: readonly string[],
): OktaCredentials => {
  const { OKTA_ACCESS_TOKEN: bearer, OKTA_API_TOKEN: ssws, OKTA_CLIENT_ID: clientId } = config
  if (bearer !== undefined) return staticToken('Bearer', bearer)
  if (ssws !== undefined) return staticToken('SSWS', ssws)
  const signingKey = readSigningKey(config.OKTA_PRIVATE_KEY ?? '')
  if (clientId === undefined || !signingKey) throw new TypeError('unchecked config')
  const app = { clientId, signingKey, keyId: config.OKTA_KEY_ID, scopes }
  const [epochMs, random] = [Date.now, Math.random]
  return createServiceApp({ app, orgUrl, transport, clock: systemClock, epochMs, random })
}

/**
 * Makes the client that the environment describes; notes go to stderr.
 * @throws AppError `config_invalid`
 */
export const openOkta = ({ env, stderr, version }: Host, options: OktaOptions): OktaClient => {
  const { config, nearMisses } = loadConfig(OKTA_SETTINGS, env, readText)
  const given = config.OKTA_ORG_URL
  if (given === undefined) throw new TypeError('unchecked config')
  const orgUrl = toOrgUrl(given)
  const isCorrected = isAdminUrl(given)
  const correction = `OKTA_ORG_URL names the Admin Console; the org is taken to be ${orgUrl}.`
  for (const note of isCorrected ? [correction, ...nearMisses] : nearMisses) {
    stderr.write(`okta-migrate: ${note}\n`)
  }
  const { onCall } = options
  const plain = createTransport({ clock: systemClock, version, fetch: fetchFrom(env) })
  const transport = onCall
    ? watchCalls(plain, systemClock, (call) => onCall(describeTracedCall(call)))
    : plain
  const credentials = credentialsFrom(config, orgUrl, transport, options.scopes)
  const { share, concurrency: maxConcurrency } = options
  const pacing = { share: share / 100, maxConcurrency, random: Math.random, clock: systemClock }
  return createOktaClient({ orgUrl, credentials, transport, ...pacing })
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
 * Recorded headers of real orgs show the cap of the token, which Okta sets at half of the org's limit:
 * nearly all of it may be used, and half of the org's is still left to others.
 */
export const DEFAULT_SHARE = 90

/** Of --share, the same in every command. */
export const SHARE_WORDS =
  "percent of Okta's X-Rate-Limit-Limit to use in each minute at most, which is very likely the cap of your token, half of the org's limit; use less where that cap was raised. A tenth of it is always left"

export const shareOption = (): Option =>
  new Option('--share <percent>', SHARE_WORDS).argParser(wholeOption(1, 100)).default(DEFAULT_SHARE)

export const DEFAULT_CONCURRENCY = 10
