/** The Groups API, read-only: list groups, find them by name, and get one. */
import { Hono } from 'hono'
import * as z from 'zod'
import { GROUP_ATTRIBUTES, groupView, type OrgGroup } from '../org/groups.ts'
import { requireScope } from '../http/middleware.ts'
import { originOf, parseAs, type OrgEnv } from '../http/request.ts'
import type { Org } from '../org/org.ts'
import { pageOf } from '../http/paging.ts'
import { FILTER, parseSearch } from '../org/search.ts'

const MAX_LIMIT = 10_000

const QUERY = z.object({
  q: z.string().optional(),
  search: z.string().optional(),
  filter: z.string().optional(),
  after: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(MAX_LIMIT),
})

/** The attributes of groups that `filter` takes. Names work in `search` and `q` only. */
const FILTERABLE = ['id', 'type']

const predicateOf = ({ q, search, filter }: z.output<typeof QUERY>) => {
  if (search !== undefined) return parseSearch(search, (name) => GROUP_ATTRIBUTES.get(name))
  if (filter !== undefined) {
    const filterable = (name: string) =>
      FILTERABLE.includes(name) ? GROUP_ATTRIBUTES.get(name) : undefined
    return parseSearch(filter, filterable, FILTER)
  }
  const start = (q ?? '').toLowerCase()
  return ({ profile }: OrgGroup) => profile.name.toLowerCase().startsWith(start)
}

export const groupsApi = ({ tokens, groups, wallClock }: Org): Hono<OrgEnv> => {
  const app = new Hono<OrgEnv>()
  const createdAt = wallClock.iso()
  const mayRead = requireScope(tokens, 'okta.groups.read')
  app.get('/api/v1/groups', mayRead, (c) => {
    const query = parseAs(QUERY, c.req.query(), 'query')
    const found = groups.list.filter(predicateOf(query))
    return c.json(pageOf(c, found, query).map((group) => groupView(group, originOf(c), createdAt)))
  })
  app.get('/api/v1/groups/:id', mayRead, (c) =>
    c.json(groupView(groups.get(c.req.param('id')), originOf(c), createdAt)),
  )
  return app
}
