/** The settings by which the hook server knows Okta, and names logins: secrets, OAuth and fingerprints. */
import type { Input } from '../../config/load.ts'
import { MIN_SECRET_LENGTH, type AUTH_VARIABLES } from '../../config/server-variables.ts'
import { isLoopback } from '../../http/url.ts'
import { keyFromSecret, type NamingSettings } from '../fingerprints.ts'

type OtherName = 'NODE_ENV' | 'HOST' | 'OKTA_ORG_URL' | 'LOG_LOGINS' | 'FINGERPRINT_KEY'
type AuthInput = Input<keyof typeof AUTH_VARIABLES | OtherName>

const OAUTH = [
  'HOOK_OAUTH_ISSUER',
  'HOOK_OAUTH_AUDIENCE',
  'HOOK_OAUTH_CLIENT_ID',
  'HOOK_OAUTH_SCOPE',
] as const

export const hasOAuth = ({ isSet }: AuthInput): boolean =>
  [...OAUTH, 'HOOK_OAUTH_JWKS_URL' as const].some(isSet)

/** Only these words, in any case, mean that it is not production; so does no word, if only this machine can call. */
const OUTSIDE_PRODUCTION = ['development', 'test']

export const inProduction = ({ NODE_ENV: env, HOST: host }: AuthInput['values']): boolean =>
  env === undefined ? !isLoopback(host) : !OUTSIDE_PRODUCTION.includes(env.trim().toLowerCase())

const OKTA_DOMAIN = /\.(okta|oktapreview|okta-emea|okta-gov)\.com$|\.okta\.mil$/

/**
 * Okta's "Validate access tokens": tokens of an org authorization server are for Okta's own APIs, and others should
 * not validate them. Its issuer is the org itself; a custom one has a path of its own.
 */
const isOrgIssuer = (issuer: string, orgUrl: string | undefined): boolean => {
  const { origin, hostname, pathname } = new URL(issuer)
  const isOktas = OKTA_DOMAIN.test(hostname) || origin === (orgUrl && new URL(orgUrl).origin)
  return isOktas && !/^\/oauth2\/[^/]+$/.test(pathname)
}

const parseOAuth = ({ values, report }: AuthInput) => {
  for (const name of OAUTH) if (values[name] === undefined) report(name, 'is missing')
  const { HOOK_OAUTH_ISSUER: issuer, HOOK_OAUTH_AUDIENCE: audience } = values
  const { HOOK_OAUTH_CLIENT_ID: clientId, HOOK_OAUTH_SCOPE: scope } = values
  if (issuer !== undefined && isOrgIssuer(issuer, values.OKTA_ORG_URL)) {
    report(
      'HOOK_OAUTH_ISSUER',
      'is not a custom authorization server (…/oauth2/ID): only Okta can validate the tokens of an org authorization server',
    )
  }
  if (!issuer || !audience || !clientId || !scope) return undefined
  return { issuer, audience, clientId, scope, jwksUrl: values.HOOK_OAUTH_JWKS_URL }
}

/** Who may tell of events need not be able to try passwords. */
const parseEventSecret = ({ values, report }: AuthInput): string | undefined => {
  const { EVENT_HOOK_SECRET: secret, HOOK_SECRET: current, HOOK_SECRET_PREVIOUS: previous } = values
  if (secret !== undefined && [current, previous].includes(secret)) {
    report('EVENT_HOOK_SECRET', 'is HOOK_SECRET or HOOK_SECRET_PREVIOUS too')
  }
  return secret
}

/** How Okta authenticates: with a secret, with OAuth, or with either. */
export const parseAuth = (input: AuthInput) => {
  const { values, isSet, report } = input
  const { HOOK_SECRET: current, HOOK_SECRET_PREVIOUS: previous } = values
  const usesOAuth = hasOAuth(input)
  if (current === undefined && !usesOAuth) report('HOOK_SECRET', 'is missing')
  if (!isSet('HOOK_SECRET') && previous !== undefined && usesOAuth) {
    report('HOOK_SECRET_PREVIOUS', 'is set without HOOK_SECRET', 'Remove it, or set HOOK_SECRET.')
  }
  if (inProduction(values)) {
    for (const name of ['HOOK_SECRET', 'HOOK_SECRET_PREVIOUS'] as const) {
      if ((values[name]?.length ?? Infinity) < MIN_SECRET_LENGTH) report(name, 'is too short')
    }
  }
  return {
    authHeader: values.HOOK_AUTH_HEADER,
    secrets: current === undefined ? undefined : { current, previous },
    oauth: usesOAuth ? parseOAuth(input) : undefined,
    /** Undefined where no event hook is wanted. */
    eventSecret: parseEventSecret(input),
  }
}

export const parseNaming = (input: AuthInput): NamingSettings | undefined => {
  const { values, isSet, report } = input
  const { FINGERPRINT_KEY: given, HOOK_SECRET: secret, LOG_LOGINS: logins } = values
  if (hasOAuth(input) && !isSet('FINGERPRINT_KEY') && !isSet('HOOK_SECRET')) {
    report('FINGERPRINT_KEY', 'is missing, and there is no HOOK_SECRET to derive it from')
  }
  const key = given ?? (secret && keyFromSecret(secret))
  return key === undefined ? undefined : { key, isDerived: given === undefined, logins }
}
