/** Owns what `okta-migrate register` takes: the hook's URL, and the secret or OAuth client that goes with it. */
import { InvalidArgumentError } from 'commander'
import { loadConfig, type Need } from '../../config/load.ts'
import { AppError } from '../../errors/errors.ts'
import { HOOK_PATH } from '../../hook/app.ts'
import type { HookAuth } from '../../okta/api/inline-hooks.ts'
import { isLoopback, isSafeUrl } from '../../config/variables.ts'
import type { CommonOptions } from '../common-options.ts'
import type { Given } from '../terminal/confirm.ts'
import { readText, type Host } from '../host.ts'

const NAMES = [
  'OKTA_ORG_URL',
  'HOOK_SECRET',
  'HOOK_AUTH_HEADER',
  'HOOK_OAUTH_CLIENT_SECRET',
  'HOOK_TEST_PASSWORD',
] as const

export const REGISTER: Need<(typeof NAMES)[number]> = { names: NAMES, rules: [] }

export interface RegisterOptions extends CommonOptions {
  readonly url?: string
  readonly name: string
  readonly rotate?: true
  readonly activate?: true
  readonly deactivate?: true
  readonly test?: true
  readonly testLogin?: string
  readonly print?: true
  readonly force?: true
  readonly yes?: Given
  readonly oauthTokenUrl?: string
  readonly oauthClientId?: string
  readonly oauthScope?: string
}

/** Okta's limit for the URL of a hook. */
const MAX_URI_LENGTH = 1024

const MAX_NAME_LENGTH = 255

/** Reads --url: https only, as Okta itself demands; the hook's path is added where there is none. */
export const urlOption = (value: string): string => {
  const url = URL.canParse(value) ? new URL(value) : undefined
  const isSafe =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))
  if (!url || !isSafe || url.username || url.password || url.hash) {
    throw new InvalidArgumentError('Use the public https:// address of the hook server.')
  }
  if (url.pathname === '/') url.pathname = HOOK_PATH
  if (url.href.length > MAX_URI_LENGTH) throw new InvalidArgumentError('It is too long for Okta.')
  return url.href
}

/** Reads --oauth-token-url, where the client secret is sent. */
export const tokenUrlOption = (value: string): string => {
  if (isSafeUrl(value)) return value
  throw new InvalidArgumentError('Use an https:// URL without user or password.')
}

export const nameOption = (value: string): string => {
  if (value.length >= 1 && value.length <= MAX_NAME_LENGTH) return value
  throw new InvalidArgumentError(`Use 1 to ${MAX_NAME_LENGTH} characters.`)
}

const incomplete = (what: string): AppError =>
  new AppError('config_invalid', { detail: `  ${what}` })

/** Stands for each secret in what is only shown. */
const PLACEHOLDERS = {
  HOOK_SECRET: '$HOOK_SECRET',
  HOOK_OAUTH_CLIENT_SECRET: '$HOOK_OAUTH_CLIENT_SECRET',
} as const

/**
 * @returns how Okta shall authenticate; with --print, its secret is a placeholder
 * @throws AppError `config_invalid`
 */
export const authFrom = ({ env }: Host, options: RegisterOptions): HookAuth => {
  const { config } = loadConfig(REGISTER, env, readText)
  const secretOf = (name: keyof typeof PLACEHOLDERS): string => {
    const value = options.print ? PLACEHOLDERS[name] : config[name]
    if (value !== undefined) return value
    throw incomplete(`${name} is missing: Okta must send what the hook server expects.`)
  }
  const { oauthTokenUrl: tokenUrl, oauthClientId: clientId, oauthScope: scope } = options
  if (tokenUrl === undefined && clientId === undefined && scope === undefined) {
    return { type: 'header', key: config.HOOK_AUTH_HEADER, value: secretOf('HOOK_SECRET') }
  }
  if (tokenUrl === undefined || clientId === undefined || scope === undefined) {
    throw incomplete('OAuth takes all of --oauth-token-url, --oauth-client-id and --oauth-scope.')
  }
  const clientSecret = secretOf('HOOK_OAUTH_CLIENT_SECRET')
  return { type: 'oauth', tokenUrl, clientId, clientSecret, scope }
}
