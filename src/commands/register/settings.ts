/** The settings of `okta-migrate register`: what it is to do, with all that this takes from the environment. */
import type { Input, SettingsSpec } from '../../config/load.ts'
import { AppError } from '../../errors/errors.ts'
import { toOrgUrl } from '../../http/url.ts'
import type { HookAuth } from '../../okta/api/inline-hooks.ts'
import { OKTA_SETTINGS, type OktaSettings } from '../okta-settings.ts'
import type { RegisterOptions } from './options.ts'

const OWN_NAMES = [
  'HOOK_SECRET',
  'HOOK_AUTH_HEADER',
  'HOOK_OAUTH_CLIENT_SECRET',
  'HOOK_TEST_PASSWORD',
] as const

export const REGISTER_NAMES = [...OKTA_SETTINGS.names, ...OWN_NAMES] as const

type Name = (typeof REGISTER_NAMES)[number]

/** What is done at Okta. */
export type RegisterAction =
  | { readonly kind: 'show' }
  | { readonly kind: 'create'; readonly url: string; readonly auth: HookAuth }
  | { readonly kind: 'rotate'; readonly url: string | undefined; readonly auth: HookAuth }
  | { readonly kind: 'switch'; readonly to: 'activate' | 'deactivate' }
  | { readonly kind: 'test'; readonly login: string; readonly password: string | undefined }

export type RegisterSettings =
  | {
      readonly kind: 'print'
      readonly orgUrl: string
      readonly url: string
      readonly auth: HookAuth
    }
  | { readonly kind: 'call'; readonly okta: OktaSettings; readonly action: RegisterAction }

/** Replaces each secret in what is only printed. */
const PLACEHOLDERS = {
  HOOK_SECRET: '$HOOK_SECRET',
  HOOK_OAUTH_CLIENT_SECRET: '$HOOK_OAUTH_CLIENT_SECRET',
} as const

const secretOf = (
  { values, report }: Input<Name>,
  name: keyof typeof PLACEHOLDERS,
  { print }: RegisterOptions,
): string | undefined => {
  if (print) return PLACEHOLDERS[name]
  const value = values[name]
  if (value === undefined)
    report(name, 'is missing, and Okta must send what the hook server expects')
  return value
}

/** How Okta is to authenticate; with --print, its secret is a placeholder. */
const parseAuth = (input: Input<Name>, options: RegisterOptions): HookAuth | undefined => {
  const { oauthTokenUrl: tokenUrl, oauthClientId: clientId, oauthScope: scope } = options
  if (tokenUrl === undefined && clientId === undefined && scope === undefined) {
    const value = secretOf(input, 'HOOK_SECRET', options)
    return value === undefined
      ? undefined
      : { type: 'header', key: input.values.HOOK_AUTH_HEADER, value }
  }
  if (tokenUrl === undefined || clientId === undefined || scope === undefined) {
    const detail = '  OAuth needs all of --oauth-token-url, --oauth-client-id and --oauth-scope.'
    throw new AppError('config_invalid', { detail })
  }
  const clientSecret = secretOf(input, 'HOOK_OAUTH_CLIENT_SECRET', options)
  return clientSecret === undefined
    ? undefined
    : { type: 'oauth', tokenUrl, clientId, clientSecret, scope }
}

const parseAction = (input: Input<Name>, options: RegisterOptions): RegisterAction | undefined => {
  const { url, rotate, activate, deactivate, test, testLogin: login = '' } = options
  if (activate || deactivate) return { kind: 'switch', to: activate ? 'activate' : 'deactivate' }
  if (test) return { kind: 'test', login, password: input.values.HOOK_TEST_PASSWORD }
  if (!rotate && url === undefined) return { kind: 'show' }
  const auth = parseAuth(input, options)
  if (!auth) return undefined
  return rotate || url === undefined ? { kind: 'rotate', url, auth } : { kind: 'create', url, auth }
}

export const registerSettings = (
  options: RegisterOptions,
): SettingsSpec<Name, RegisterSettings> => ({
  names: REGISTER_NAMES,
  parse: (input) => {
    if (options.print) {
      const auth = parseAuth(input, options)
      const orgUrl = toOrgUrl(input.values.OKTA_ORG_URL ?? 'https://acme.okta.com')
      return auth && { kind: 'print', orgUrl, url: options.url ?? '', auth }
    }
    const [okta, action] = [OKTA_SETTINGS.parse(input), parseAction(input, options)]
    return okta && action && { kind: 'call', okta, action }
  },
})
