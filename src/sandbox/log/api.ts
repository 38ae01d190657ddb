/** The System Log API: requests that follow the log, and requests for a definite time. */
import { Hono } from 'hono'
import * as z from 'zod'
import { OktaError } from '../http/errors.ts'
import { requireScope } from '../http/middleware.ts'
import { setLink } from '../http/paging.ts'
import { parseAs, type OrgEnv } from '../http/request.ts'
import type { Org } from '../org/org.ts'
import { parseSearch, type Predicate } from '../org/search.ts'
import { boundedPage, followingPage, type LogPlace } from './pages.ts'
import { LOG_ATTRIBUTES, type LogEntry } from './system-log.ts'
import { DAY_MS } from '../../clock.ts'

const RETENTION_DAYS = 90
const USUAL_DAYS = 7

const time = z.iso.datetime({ offset: true }).transform(Date.parse).optional()

const QUERY = z.object({
  since: time,
  until: time,
  filter: z.string().optional(),
  q: z.string().optional(),
  after: z.string().optional(),
  sortOrder: z.enum(['ASCENDING', 'DESCENDING']).default('ASCENDING'),
  limit: z.coerce.number().int().min(0).max(1000).default(100),
})

type LogQuery = z.output<typeof QUERY>

/** @throws OktaError E0000031 for a cursor that was not made here */
const readPlace = (after: string | undefined): LogPlace | undefined => {
  if (after === undefined) return undefined
  const text = Buffer.from(after, 'base64url').toString()
  const [, number, published] = /^event:(-?\d+)(?:@(\d+))?$/.exec(text) ?? []
  if (number === undefined) throw new OktaError('E0000031')
  return {
    number: Number(number),
    ...(published !== undefined && { published: Number(published) }),
  }
}

const writePlace = ({ number, published }: LogPlace): string =>
  Buffer.from(`event:${number}${published === undefined ? '' : `@${published}`}`).toString(
    'base64url',
  )

const predicateOf = ({ log, wallClock }: Org, { filter, q = '' }: LogQuery) => {
  const oldest = wallClock.epoch() - RETENTION_DAYS * DAY_MS
  const fits: Predicate<LogEntry> =
    filter === undefined ? () => true : parseSearch(filter, (name) => LOG_ATTRIBUTES.get(name))
  const words = q.toLowerCase().split(/\s+/).filter(Boolean)
  return (entry: LogEntry): boolean => {
    if (entry.published < oldest || !fits(entry)) return false
    const text = words.length === 0 ? '' : JSON.stringify(log.view(entry)).toLowerCase()
    return words.every((word) => text.includes(word))
  }
}

const pageOf = (org: Org, query: LogQuery, limit: number) => {
  const { wallClock, log } = org
  const now = wallClock.epoch()
  const { until = now + 1, sortOrder } = query
  const after = readPlace(query.after)
  const { since = until - USUAL_DAYS * DAY_MS } = query
  const accepts = predicateOf(org, query)
  const isFollowing = query.until === undefined && sortOrder === 'ASCENDING'
  // `since` would move with the clock; the cursor says it all.
  if (isFollowing) {
    return followingPage(log, { since: after ? 0 : since, after, limit, accepts })
  }
  const isDescending = sortOrder === 'DESCENDING'
  return boundedPage(log, { since, until, after, limit, accepts, isDescending })
}

/** Sometimes a page is shorter than it could be, which says nothing about the next one. */
const SHORT = 0.5

export const logApi = (org: Org): Hono<OrgEnv> => {
  const { log, tokens, faults } = org
  const app = new Hono<OrgEnv>()
  app.get('/api/v1/logs', requireScope(tokens, 'okta.logs.read'), (c) => {
    const query = parseAs(QUERY, c.req.query(), 'query')
    const isShort = faults.occurs(faults.current.shortPageRate)
    const limit = isShort ? Math.ceil(query.limit * SHORT) : query.limit
    const { entries, next } = pageOf(org, query, limit)
    setLink(c, next && { after: writePlace(next), limit: String(query.limit) })
    return c.json(entries.map(log.view))
  })
  return app
}
