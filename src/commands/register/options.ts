/** The options of `okta-migrate register`, and the rules for their values. */
import { InvalidArgumentError } from 'commander'
import { HOOK_PATH } from '../../hook/app.ts'
import { EVENTS_PATH } from '../../hook/events/app.ts'
import { isLoopback, isSafeUrl } from '../../http/url.ts'
import type { CommonOptions } from '../common-options.ts'
import type { Given } from '../terminal/confirm.ts'

export interface RegisterOptions extends CommonOptions {
  readonly url?: string
  readonly events?: string
  readonly name?: string
  readonly rotate?: true
  readonly activate?: true
  readonly deactivate?: true
  readonly test?: true
  readonly testLogin?: string
  readonly print?: true
  readonly force?: true
  readonly yes?: Given
  readonly journal: string
  readonly state: string
  readonly oauthTokenUrl?: string
  readonly oauthClientId?: string
  readonly oauthScope?: string
}

/** Okta's limit for the URL of a hook. */
const MAX_URI_LENGTH = 1024

const MAX_NAME_LENGTH = 255

/** Reads an address for Okta: only https, as Okta requires; the path is added if there is none. */
const urlWith =
  (path: string) =>
  (value: string): string => {
    const url = URL.canParse(value) ? new URL(value) : undefined
    const isSafe =
      url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))
    if (!url || !isSafe || url.username || url.password || url.hash) {
      throw new InvalidArgumentError('Use the public https:// address of the hook server.')
    }
    if (url.pathname === '/') url.pathname = path
    if (url.href.length > MAX_URI_LENGTH) throw new InvalidArgumentError('It is too long for Okta.')
    return url.href
  }

export const urlOption = urlWith(HOOK_PATH)
export const eventsUrlOption = urlWith(EVENTS_PATH)

/** Reads --oauth-token-url, where the client secret is sent. */
export const tokenUrlOption = (value: string): string => {
  if (isSafeUrl(value)) return value
  throw new InvalidArgumentError('Use an https:// URL without user or password.')
}

export const nameOption = (value: string): string => {
  if (value.length >= 1 && value.length <= MAX_NAME_LENGTH) return value
  throw new InvalidArgumentError(`Use 1 to ${MAX_NAME_LENGTH} characters.`)
}
