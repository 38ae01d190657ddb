/** Reads the System Log: follows it from a place for ever, or reads a definite time (Okta docs, "System Log query"). */
import * as z from 'zod'
import type { OktaClient } from '../client/client.ts'
import { findLink } from '../client/pages.ts'
import { readAs, unusableAnswer } from '../errors/unusable-answer.ts'

export const LOG_SCOPES = ['okta.logs.read'] as const

const PATH = '/api/v1/logs'

/** The most that Okta sends at once. */
const PAGE = 1_000

const optionalText = z.string().optional().catch(undefined)

const targetSchema = z.object({ id: z.string(), type: optionalText, alternateId: optionalText })

/** Of a list, those that can be read. */
const targets = z
  .array(targetSchema.optional().catch(undefined))
  .catch([])
  .transform((all) => all.filter((each) => each !== undefined))

const schema = z.object({
  uuid: z.string(),
  published: z.iso.datetime({ offset: true }).transform(Date.parse),
  eventType: z.string(),
  outcome: z.object({ result: optionalText, reason: optionalText }).catch({}),
  actor: targetSchema.optional().catch(undefined),
  target: targets,
})

/** `published` is when it happened, in milliseconds since 1970. */
export type OktaEvent = z.output<typeof schema>

/** The id of the user to whom it happened, where the event says so: Okta documents the targets of no event type. */
export const userOf = ({ target }: OktaEvent): string | undefined =>
  target.find(({ type }) => type === 'User')?.id

export interface EventQuery {
  readonly eventTypes: readonly string[]
  /** Such as SUCCESS; any where it is left out. */
  readonly result?: string
  /** Events per page. */
  readonly limit?: number
  readonly signal?: AbortSignal | undefined
}

export interface EventPage {
  readonly events: readonly OktaEvent[]
  /** How many events of the page cannot be read, and are not among them. */
  readonly malformed: number
  /** Path and query of the page after it; undefined at the end of a definite time. */
  readonly next: string | undefined
}

const filterOf = ({ eventTypes, result }: EventQuery): string => {
  const types = eventTypes.map((type) => `eventType eq ${JSON.stringify(type)}`).join(' or ')
  return result === undefined ? types : `(${types}) and outcome.result eq ${JSON.stringify(result)}`
}

const firstPath = (query: EventQuery, range: Record<string, string>): string => {
  const { limit = PAGE } = query
  const more = { filter: filterOf(query), limit: String(limit), sortOrder: 'ASCENDING' }
  return `${PATH}?${new URLSearchParams({ ...range, ...more }).toString()}`
}

/**
 * A request with our token goes where a link leads, so it must lead to the log of our org. A link that was kept in a
 * file is held to the same.
 */
const pathIn = (orgUrl: string, link: string): string => {
  const [{ origin }, url] = [new URL(orgUrl), URL.parse(link, orgUrl)]
  if (url?.origin !== origin)
    throw unusableAnswer('a link of the System Log leads to another origin')
  if (url.pathname !== PATH) throw unusableAnswer('a link of the System Log leads elsewhere')
  return url.pathname + url.search
}

const readPage = async (
  client: OktaClient,
  path: string,
  signal: AbortSignal | undefined,
): Promise<EventPage & { readonly count: number }> => {
  const { body, headers } = await client.request({ method: 'GET', path, signal })
  const items = readAs(z.array(z.unknown()), body, 'a page of the System Log')
  const events = items
    .map((item) => schema.safeParse(item).data)
    .filter((each) => each !== undefined)
  const link = findLink(headers.get('link'), 'next')
  const next = link === undefined ? undefined : pathIn(client.orgUrl, link)
  if (next === path && items.length > 0) throw unusableAnswer('a page links to itself')
  return { events, next, malformed: items.length - events.length, count: items.length }
}

/** Where to follow the log from: a time (milliseconds since 1970, by which events were stored), or the `next` of a page. */
export type LogStart = { readonly since: number } | { readonly next: string }

/**
 * Follows the log: each event once, in the order in which Okta stored them, late ones too. Ends after a page that is
 * not full; its `next` is where to go on later. A page can also be short for no reason: with `untilEmpty` it ends after
 * an empty one, at the price of one more request.
 * @throws OktaRejection where Okta does not know the place any more; AppError `okta_answer_unusable` for a page that is
 * no list, or a link to another origin; and all that `request` throws
 */
export async function* followLog(
  client: OktaClient,
  query: EventQuery,
  from: LogStart,
  { untilEmpty = false } = {},
): AsyncGenerator<EventPage & { readonly next: string }> {
  let path =
    'next' in from
      ? pathIn(client.orgUrl, from.next)
      : firstPath(query, { since: new Date(from.since).toISOString() })
  for (;;) {
    const { count, next, ...page } = await readPage(client, path, query.signal)
    // The same request again would bring the same events again.
    if (next === undefined && count > 0) throw unusableAnswer('the System Log has no next page')
    path = next ?? path
    yield { ...page, next: path }
    const { limit = PAGE } = query
    if (count === 0 || (!untilEmpty && count < limit)) return
  }
}

/** Reads the events that happened in a time (milliseconds since 1970), by their dates. Those that Okta stores late are missing. */
export async function* readLog(
  client: OktaClient,
  query: EventQuery,
  { since, until }: { readonly since: number; readonly until: number },
): AsyncGenerator<EventPage> {
  const [from, to] = [since, until].map((ms) => new Date(ms).toISOString()) as [string, string]
  let path: string | undefined = firstPath(query, { since: from, until: to })
  while (path !== undefined) {
    const { events, malformed, next } = await readPage(client, path, query.signal)
    yield { events, malformed, next }
    path = next
  }
}
