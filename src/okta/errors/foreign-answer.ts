/** Recognises answers that did not come from Okta but from a page, proxy or firewall in its place. */
import type { OktaAnswer } from '../client/transport.ts'

/** What an answer that is not Okta's says about the request. */
export type ForeignKind =
  /** The address or the network is wrong: every other request would fail too. */
  | 'wrong-address'
  /** Perhaps this request only: its words look like an attack, or it is too large. */
  | 'blocked'
  /** Perhaps temporary: Okta's own network answers like this during an outage, and so do proxies. */
  | 'gateway'
  /** The request may have been processed: only the answer is not Okta's. */
  | 'unusable'
  /** Too many requests for something in front of Okta. */
  | 'limited'

type Row = readonly [from: number, to: number, kind: ForeignKind, description: string]

const PORTAL = 'the network requires a login in a browser first'
const NO_ORG = 'there is no Okta org at this address: check OKTA_ORG_URL'
const FIREWALL = 'a firewall or proxy between this machine and Okta blocks the request'
const GATEWAY = 'a gateway between this machine and Okta, or in front of Okta, is failing'
const LOGIN = 'something between this machine and Okta requires a login'
const RATE_LIMIT = 'a gateway between this machine and Okta has a rate limit'

/** By status; the first row that fits. Okta's own answers have a request id, and are not looked up here. */
const TABLE: readonly Row[] = [
  [200, 299, 'unusable', `a web page instead of JSON: ${PORTAL}, or ${NO_ORG}`],
  [300, 399, 'wrong-address', `a redirect, which is not followed: ${PORTAL}, or ${NO_ORG}`],
  [401, 401, 'wrong-address', LOGIN],
  [403, 403, 'blocked', FIREWALL],
  [404, 404, 'wrong-address', NO_ORG],
  [408, 408, 'gateway', GATEWAY],
  [410, 410, 'wrong-address', NO_ORG],
  [421, 421, 'wrong-address', NO_ORG],
  [425, 425, 'gateway', GATEWAY],
  [429, 429, 'limited', RATE_LIMIT],
  [400, 499, 'blocked', FIREWALL],
  [501, 501, 'wrong-address', 'the server does not know this kind of request, and is not Okta'],
  [505, 505, 'wrong-address', 'the server does not speak this version of HTTP, and is not Okta'],
  [511, 511, 'wrong-address', PORTAL],
  [500, 599, 'gateway', GATEWAY],
]

const isOktas = ({ requestId, body }: OktaAnswer): boolean => {
  const { errorCode, error } = Object(body) as { errorCode?: unknown; error?: unknown }
  return (
    requestId !== undefined ||
    (typeof errorCode === 'string' && /^E\d{7}$/.test(errorCode)) ||
    // A token endpoint's (RFC 6749, section 5.2).
    typeof error === 'string'
  )
}

const rowOf = (answer: OktaAnswer): Row | undefined => {
  const { status, isReadable } = answer
  if (isOktas(answer) || (status < 300 && isReadable)) return undefined
  return TABLE.find(([from, to]) => status >= from && status <= to)
}

/** @returns undefined where the answer seems to be Okta's */
export const foreignKindOf = (answer: OktaAnswer): ForeignKind | undefined => rowOf(answer)?.[2]

const TITLE = /<title[^>]*>\s*([^<]*?)\s*<\/title>/i

const describePage = ({ page, headers }: OktaAnswer): string => {
  const type = /^[\w.+-]+\/[\w.+-]+/.exec(headers.get('content-type') ?? '')?.[0]
  const title = TITLE.exec(page ?? '')?.[1]
  const what = page === undefined ? undefined : (type ?? 'text without a type')
  return [what, title && `"${title}"`].filter(Boolean).join(' ')
}

/** A redirect's target, without the query, which may contain a token. */
const describeTarget = ({ headers }: OktaAnswer): string | undefined => {
  const location = headers.get('location')
  return location === null ? undefined : `to ${location.replace(/[?#].*$/s, '')}`
}

const describeServer = ({ headers }: OktaAnswer): string | undefined => {
  const server = headers.get('server') ?? headers.get('via')
  return server === null ? undefined : `from "${server}"`
}

/** Describes what answered in Okta's place; empty where the answer is Okta's. */
export const describeForeign = (answer: OktaAnswer): string => {
  const [, , , description] = rowOf(answer) ?? []
  const server = description && describeServer(answer)
  const details = [describePage(answer), describeTarget(answer), server].filter(Boolean).join(' ')
  return [description && `not Okta's own answer: ${description}`, details]
    .filter(Boolean)
    .join('; ')
}
