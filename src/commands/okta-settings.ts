/** The settings of a command that calls Okta: the org, and one way to authenticate. */
import { findForeignNames } from '../config/foreign-names.ts'
import type { Environment, Input, SettingsSpec } from '../config/load.ts'
import { OKTA_VARIABLES } from '../config/okta-variables.ts'
import { namesOf } from '../config/variables.ts'
import { isAdminUrl, toOrgUrl } from '../http/url.ts'
import { readSigningKey } from '../okta/auth/signing-key.ts'
import type { ServiceApp } from '../okta/auth/token-endpoint.ts'

type OktaInput = Input<keyof typeof OKTA_VARIABLES>

type OktaAuth =
  | { readonly kind: 'token'; readonly scheme: 'Bearer' | 'SSWS'; readonly token: string }
  | { readonly kind: 'service-app'; readonly app: Omit<ServiceApp, 'scopes'> }

export interface OktaSettings {
  readonly orgUrl: string
  readonly auth: OktaAuth
}

/** Each of these variables stands for one way to authenticate. */
const WAYS = ['OKTA_ACCESS_TOKEN', 'OKTA_API_TOKEN', 'OKTA_CLIENT_ID'] as const

const parseServiceApp = ({ values, isSet, report }: OktaInput): OktaAuth | undefined => {
  const { OKTA_CLIENT_ID: clientId, OKTA_PRIVATE_KEY: key, OKTA_KEY_ID: keyId } = values
  if (clientId === undefined && isSet('OKTA_PRIVATE_KEY')) report('OKTA_CLIENT_ID', 'is missing')
  if (key === undefined && isSet('OKTA_CLIENT_ID')) report('OKTA_PRIVATE_KEY', 'is missing')
  const signingKey = key === undefined ? undefined : readSigningKey(key)
  if (key !== undefined && !signingKey) {
    report('OKTA_PRIVATE_KEY', 'is not a private key that can be used')
  }
  if (clientId === undefined || !signingKey) return undefined
  return { kind: 'service-app', app: { clientId, signingKey, keyId } }
}

const parseAuth = (input: OktaInput): OktaAuth | undefined => {
  const { values, isSet, report } = input
  const ways = WAYS.filter(isSet).length
  if (ways === 0 && !isSet('OKTA_PRIVATE_KEY')) {
    report('OKTA_ACCESS_TOKEN', 'is missing, and so is every other way to authenticate')
  }
  if (ways > 1) report('OKTA_ACCESS_TOKEN', 'is not the only way to authenticate that is given')
  const app = parseServiceApp(input)
  const { OKTA_ACCESS_TOKEN: bearer, OKTA_API_TOKEN: ssws } = values
  if (bearer !== undefined) return { kind: 'token', scheme: 'Bearer', token: bearer }
  return ssws === undefined ? app : { kind: 'token', scheme: 'SSWS', token: ssws }
}

/** The address of the Admin Console is corrected, with a notice. */
const parseOrgUrl = ({ values, report, notice }: OktaInput): string | undefined => {
  const { OKTA_ORG_URL: given } = values
  if (given === undefined) {
    report('OKTA_ORG_URL', 'is missing')
    return undefined
  }
  const orgUrl = toOrgUrl(given)
  if (isAdminUrl(given)) {
    notice(`OKTA_ORG_URL is the address of the Admin Console; using the org ${orgUrl}.`)
  }
  return orgUrl
}

export const OKTA_SETTINGS: SettingsSpec<keyof typeof OKTA_VARIABLES, OktaSettings> = {
  names: namesOf(OKTA_VARIABLES),
  parse: (input) => {
    const [orgUrl, auth] = [parseOrgUrl(input), parseAuth(input)]
    return orgUrl === undefined || !auth ? undefined : { orgUrl, auth }
  },
}

const isGivenIn =
  (env: Environment) =>
  (name: string): boolean =>
    [name, `${name}_FILE`].some((each) => env[each])

/** Whether there is enough to call an org, for a command that can do without. */
export const isOktaGiven = (env: Environment): boolean => {
  const isGiven = isGivenIn(env)
  return isGiven('OKTA_ORG_URL') && WAYS.some(isGiven)
}

/** What to set where that is not so, and the names under which it may be set in vain. */
export const describeMissingOkta = (env: Environment) => {
  const isGiven = isGivenIn(env)
  const way = 'OKTA_API_TOKEN or another way to authenticate'
  const hints = findForeignNames(OKTA_SETTINGS.names, env)
  if (isGiven('OKTA_ORG_URL')) return { text: `OKTA_ORG_URL is set: set ${way} too.`, hints }
  const text = WAYS.some(isGiven)
    ? 'A way to authenticate is set: set OKTA_ORG_URL too.'
    : `Set OKTA_ORG_URL, and ${way}.`
  return { text, hints }
}
