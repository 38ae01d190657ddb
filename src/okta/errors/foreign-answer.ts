/** Owns the answers that Okta did not give: a page, a proxy or a firewall in its place, and what each means. */
import type { OktaAnswer } from '../client/transport.ts'

/** What else may answer in Okta's place, and what that says of the request. */
export type Strange =
  /** Not the request: the way to Okta, or its address. Nothing else will pass either. */
  | 'misled'
  /** Perhaps the request alone: its words look like an attack, or it is too large. */
  | 'blocked'
  /** It may pass by itself: Okta's own network answers so during an outage, and so do proxies. */
  | 'gateway'
  /** It may even have been done: the answer alone is not Okta's. */
  | 'unusable'
  /** Too many requests for something before Okta. */
  | 'limited'

interface Row {
  readonly from: number
  readonly to?: number
  readonly kind: Strange
  readonly words: string
}

const PORTAL = 'the network wants a login in a browser first'
const NO_ORG = 'there is no Okta org at this address: check OKTA_ORG_URL'
const FIREWALL = 'a firewall or proxy between this machine and Okta blocks the request'
const GATEWAY = 'a gateway between this machine and Okta, or in front of Okta, fails'

/** The first row that fits. Okta itself marks each of its answers with a request id. */
const TABLE: readonly Row[] = [
  {
    from: 200,
    to: 299,
    kind: 'unusable',
    words: `a web page in place of JSON: ${PORTAL}, or ${NO_ORG}`,
  },
  {
    from: 300,
    to: 399,
    kind: 'misled',
    words: `a redirect, which is not followed: ${PORTAL}, or ${NO_ORG}`,
  },
  { from: 401, kind: 'misled', words: 'something between this machine and Okta wants a login' },
  { from: 403, kind: 'blocked', words: FIREWALL },
  { from: 404, kind: 'misled', words: NO_ORG },
  { from: 408, kind: 'gateway', words: GATEWAY },
  { from: 410, kind: 'misled', words: NO_ORG },
  { from: 421, kind: 'misled', words: NO_ORG },
  { from: 429, kind: 'limited', words: 'a gateway between this machine and Okta has a rate limit' },
  { from: 425, kind: 'gateway', words: GATEWAY },
  { from: 400, to: 499, kind: 'blocked', words: FIREWALL },
  {
    from: 501,
    kind: 'misled',
    words: 'what answers does not know this kind of request, and is not Okta',
  },
  { from: 505, kind: 'misled', words: 'what answers does not speak this HTTP, and is not Okta' },
  { from: 511, kind: 'misled', words: PORTAL },
  { from: 500, to: 599, kind: 'gateway', words: GATEWAY },
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
  return TABLE.find(({ from, to = from }) => status >= from && status <= to)
}

/** @returns undefined where the answer is Okta's, as far as can be seen */
export const strangenessOf = (answer: OktaAnswer): Strange | undefined => rowOf(answer)?.kind

const TITLE = /<title[^>]*>\s*([^<]*?)\s*<\/title>/i

const describePage = ({ page, headers }: OktaAnswer): string => {
  const type = /^[\w.+-]+\/[\w.+-]+/.exec(headers.get('content-type') ?? '')?.[0]
  const title = TITLE.exec(page ?? '')?.[1]
  const what = page === undefined ? undefined : (type ?? 'text without a type')
  return [what, title && `"${title}"`].filter(Boolean).join(' ')
}

/** Where a redirect leads, without the query, which may hold a token. */
const describeTarget = ({ headers }: OktaAnswer): string | undefined => {
  const location = headers.get('location')
  return location === null ? undefined : `to ${location.replace(/[?#].*$/s, '')}`
}

const describeServer = ({ headers }: OktaAnswer): string | undefined => {
  const server = headers.get('server') ?? headers.get('via')
  return server === null ? undefined : `from "${server}"`
}

/** What came in place of an answer of Okta's; empty where the answer is its own. */
export const describeStrange = (answer: OktaAnswer): string => {
  const row = rowOf(answer)
  const seen = [describePage(answer), describeTarget(answer), row && describeServer(answer)]
  return [row && `not Okta's own answer: ${row.words}`, seen.filter(Boolean).join(' ')]
    .filter(Boolean)
    .join('; ')
}
