/** The settings of `okta-migrate register`: what it is to do, with all that this takes from the environment. */
import type { Input } from '../../config/load.ts'
import { AppError } from '../../errors/errors.ts'
import { toOrgUrl } from '../../http/url.ts'
import type { HookAuth } from '../../okta/api/inline-hooks.ts'
import { OKTA_SETTINGS } from '../okta-settings.ts'
import type { EventHookAction } from './event-hook.ts'
import type { RegisterOptions } from './options.ts'

const HOOK_NAMES = ['HOOK_SECRET', 'HOOK_AUTH_HEADER', 'HOOK_OAUTH_CLIENT_SECRET'] as const

const EVENT_NAMES = ['EVENT_HOOK_SECRET', 'HOOK_AUTH_HEADER'] as const

export const REGISTER_NAMES = [
  ...new Set([
    ...OKTA_SETTINGS.names,
    ...HOOK_NAMES,
    ...EVENT_NAMES,
    'HOOK_TEST_PASSWORD' as const,
  ]),
]

type Name = (typeof REGISTER_NAMES)[number]
type RegisterInput = Input<Name>

/** What the action needs: a hook can be switched off although its secret cannot be read. */
const namesFor = ({ print, test, rotate, url, events }: RegisterOptions): readonly Name[] => {
  if (events !== undefined) return [...OKTA_SETTINGS.names, ...EVENT_NAMES]
  if (print) return ['OKTA_ORG_URL', ...HOOK_NAMES]
  if (test) return [...OKTA_SETTINGS.names, 'HOOK_TEST_PASSWORD']
  const isWriting = rotate ?? url !== undefined
  return isWriting ? [...OKTA_SETTINGS.names, ...HOOK_NAMES] : OKTA_SETTINGS.names
}

/** What is done at Okta. */
export type RegisterAction =
  | { readonly kind: 'show' }
  | { readonly kind: 'create'; readonly url: string; readonly auth: HookAuth }
  | { readonly kind: 'rotate'; readonly url: string | undefined; readonly auth: HookAuth }
  | { readonly kind: 'switch'; readonly to: 'activate' | 'deactivate' }
  | { readonly kind: 'test'; readonly login: string; readonly password: string | undefined }
  | EventHookAction

const MISSING = 'is missing, and Okta must send what the hook server expects'

/** In what is only printed, a placeholder. */
const secretOf = (
  { values, report }: RegisterInput,
  name: 'HOOK_SECRET' | 'HOOK_OAUTH_CLIENT_SECRET' | 'EVENT_HOOK_SECRET',
  { print }: RegisterOptions,
): string | undefined => {
  if (print) return `$${name}`
  if (values[name] === undefined) report(name, MISSING)
  return values[name]
}

/** How Okta is to authenticate. */
const parseAuth = (input: RegisterInput, options: RegisterOptions): HookAuth | undefined => {
  const { oauthTokenUrl: tokenUrl, oauthClientId: clientId, oauthScope: scope } = options
  if (tokenUrl === undefined && clientId === undefined && scope === undefined) {
    const value = secretOf(input, 'HOOK_SECRET', options)
    if (value === undefined) return undefined
    return { type: 'header', key: input.values.HOOK_AUTH_HEADER, value }
  }
  if (tokenUrl === undefined || clientId === undefined || scope === undefined) {
    const detail = '  OAuth needs all of --oauth-token-url, --oauth-client-id and --oauth-scope.'
    throw new AppError('config_invalid', { detail })
  }
  const clientSecret = secretOf(input, 'HOOK_OAUTH_CLIENT_SECRET', options)
  if (clientSecret === undefined) return undefined
  return { type: 'oauth', tokenUrl, clientId, clientSecret, scope }
}

const parseEvents = (
  input: RegisterInput,
  uri: string,
  options: RegisterOptions,
): EventHookAction | undefined => {
  const secret = secretOf(input, 'EVENT_HOOK_SECRET', options)
  if (secret === undefined) return undefined
  const key = input.values.HOOK_AUTH_HEADER
  return { kind: 'events', uri, key, secret, isRotated: options.rotate === true }
}

const parseAction = (
  input: RegisterInput,
  options: RegisterOptions,
): RegisterAction | undefined => {
  const { url, rotate, activate, deactivate, test, testLogin: login = '' } = options
  if (options.events !== undefined) return parseEvents(input, options.events, options)
  if (activate || deactivate) return { kind: 'switch', to: activate ? 'activate' : 'deactivate' }
  if (test) return { kind: 'test', login, password: input.values.HOOK_TEST_PASSWORD }
  if (!rotate && url === undefined) return { kind: 'show' }
  const auth = parseAuth(input, options)
  if (!auth) return undefined
  return rotate || url === undefined ? { kind: 'rotate', url, auth } : { kind: 'create', url, auth }
}

/** For --print, the request that is shown; otherwise, what is done at Okta. */
export const registerSettings = (options: RegisterOptions) => ({
  names: namesFor(options),
  parse: (input: RegisterInput) => {
    if (options.print) {
      const auth = parseAuth(input, options)
      const orgUrl = toOrgUrl(input.values.OKTA_ORG_URL ?? 'https://acme.okta.com')
      return auth && { kind: 'print' as const, orgUrl, url: options.url ?? '', auth }
    }
    const [okta, action] = [OKTA_SETTINGS.parse(input), parseAction(input, options)]
    return okta && action && { kind: 'call' as const, okta, action }
  },
})
