/** Tells which URLs are safe to call, and finds the org in an Okta address. */

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host)

/**
 * Whether answers from this URL can be trusted: it is HTTPS, or plain HTTP that stays on this machine. A URL with a
 * user or password is refused: `fetch` does not accept one, and URLs are shown to people.
 */
export const isSafeUrl = (value: string): boolean => {
  if (!URL.canParse(value)) return false
  const { protocol, hostname, username, password } = new URL(value)
  if (username !== '' || password !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}

/** Only on Okta's own domains: elsewhere the name could be another host, whose owner would then get the token. */
const ADMIN_HOST = /^([^.]+)-admin(\.(?:okta|oktapreview|okta-emea|okta-gov)\.com|\.okta\.mil)$/

/** Whether this is the host of the Admin Console, which people copy from their browser, and not that of the org. */
export const isAdminUrl = (url: string): boolean => ADMIN_HOST.test(new URL(url).hostname)

/** Scheme and host of the org; the host of the Admin Console is corrected. */
export const toOrgUrl = (given: string): string => {
  const url = new URL(given)
  url.hostname = url.hostname.replace(ADMIN_HOST, '$1$2')
  return url.origin
}

/** For a URL of others, which can contain a password. */
export const withoutUser = (url: string): string => url.replace(/\/\/[^/?#]*@/, '//…@')
