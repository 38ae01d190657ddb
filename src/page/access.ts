/** Decides who may see the page: callers by a name of this host, and with the token where there is one. */
import type { MiddlewareHandler } from 'hono'
import { createSecretCheck } from '../http/secret-check.ts'
import { isLoopback } from '../http/url.ts'

export interface PageAccess {
  /** The address that the ops port is bound to. */
  readonly host: string
  readonly token: string | undefined
  /** Names in the header Host that are right, besides those of the loopback address. */
  readonly allowedHosts: readonly string[]
}

/** RFC 7617, section 2: any user name, and the token as the password. */
const passwordIn = (header: string | undefined): string | undefined => {
  const [, encoded] = /^Basic +([A-Za-z\d+/=]{1,1024})$/i.exec(header ?? '') ?? []
  if (encoded === undefined) return undefined
  const given = Buffer.from(encoded, 'base64').toString()
  const colon = given.indexOf(':')
  return colon < 0 ? undefined : given.slice(colon + 1)
}

/** RFC 9110, section 7.2: the name, without the port and the brackets of an IPv6 address. */
const nameIn = (host = ''): string | undefined => {
  const [, address, name] = /^(?:\[([\da-f:.]+)\]|([a-z\d.-]+))(?::\d+)?$/i.exec(host) ?? []
  return (address ?? name)?.toLowerCase()
}

const CHALLENGE = 'Basic realm="okta-migrate", charset="UTF-8"'

/**
 * A page elsewhere can let a browser call this one under a name of its own (DNS rebinding), so the name is checked
 * first. Without a token, nothing is there for other machines; with one, a proxy on this machine needs it too.
 */
export const guardPage = ({ host, token, allowedHosts }: PageAccess): MiddlewareHandler => {
  const isOpen = isLoopback(host)
  const matchToken =
    token === undefined ? undefined : createSecretCheck({ current: token, previous: undefined })
  const isKnown = (name: string): boolean => isLoopback(name) || allowedHosts.includes(name)
  return async (c, next) => {
    const name = nameIn(c.req.header('host'))
    if (name === undefined || !isKnown(name)) {
      return c.text('This host name is not one of OPS_ALLOWED_HOSTS.\n', 421)
    }
    if (!matchToken) return isOpen ? next() : c.notFound()
    if (matchToken([passwordIn(c.req.header('authorization')) ?? ''])) return next()
    return c.text('The password is OPS_TOKEN; the user name does not matter.\n', 401, {
      'WWW-Authenticate': CHALLENGE,
    })
  }
}
