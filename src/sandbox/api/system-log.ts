/** The System Log API, as far as a migration needs it. */
import { Hono } from 'hono'
import * as z from 'zod'
import { LOG_ATTRIBUTES, type LogEvent, type SystemLog } from '../org/system-log.ts'
import { requireScope } from '../http/middleware.ts'
import { parseAs, type OrgEnv } from '../http/request.ts'
import { setLinks, pageStart } from '../http/paging.ts'
import { parseSearch, type Predicate } from '../org/search.ts'
import type { Org } from '../org/org.ts'

const QUERY = z.object({
  since: z.iso.datetime({ offset: true }).transform(Date.parse).default(0),
  until: z.iso.datetime({ offset: true }).transform(Date.parse).optional(),
  filter: z.string().optional(),
  q: z.string().optional(),
  after: z.string().optional(),
  sortOrder: z.enum(['ASCENDING', 'DESCENDING']).default('ASCENDING'),
  limit: z.coerce.number().int().min(0).max(1000).default(100),
})

type LogQuery = z.output<typeof QUERY>

const predicateOf = ({ since, until = Infinity, filter, q = '' }: LogQuery) => {
  const fits: Predicate<LogEvent> =
    filter === undefined ? () => true : parseSearch(filter, (name) => LOG_ATTRIBUTES.get(name))
  const words = q.toLowerCase().split(/\s+/)
  return (event: LogEvent): boolean => {
    const at = Date.parse(event.published)
    const text = q && JSON.stringify(event).toLowerCase()
    return at >= since && at < until && fits(event) && words.every((word) => text.includes(word))
  }
}

/** A page, and where the next one starts. Without `until` there is always a next one. */
const pageOf = (log: SystemLog, query: LogQuery) => {
  const events = log.events()
  const first = log.count - events.length
  const accepts = predicateOf(query)
  const isAscending = query.sortOrder === 'ASCENDING'
  const start = query.after === undefined ? undefined : pageStart(query.after)
  const found = events
    .map((event, index) => ({ event, number: first + index }))
    .filter(({ event, number }) =>
      isAscending
        ? number >= (start ?? 0) && accepts(event)
        : number < (start ?? Infinity) && accepts(event),
    )
  if (!isAscending) found.reverse()
  const page = found.slice(0, query.limit)
  const more = found[query.limit]
  const end = isAscending && query.until === undefined ? log.count : undefined
  const next = more && (isAscending ? more.number : more.number + 1)
  return { events: page.map(({ event }) => event), next: next ?? end }
}

export const logApi = ({ log, tokens }: Org): Hono<OrgEnv> => {
  const app = new Hono<OrgEnv>()
  app.get('/api/v1/logs', requireScope(tokens, 'okta.logs.read'), (c) => {
    const query = parseAs(QUERY, c.req.query(), 'query')
    const { events, next } = pageOf(log, query)
    setLinks(c, query.limit, next)
    return c.json(events)
  })
  return app
}
