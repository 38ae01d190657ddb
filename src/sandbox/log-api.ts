/** Owns the System Log API, as far as following a migration needs it. */
import { Hono } from 'hono'
import * as z from 'zod'
import { LOG_ATTRIBUTES, type SystemLog } from './log.ts'
import { may, parseAs, type OrgEnv } from './org.ts'
import { parseSearch } from './search.ts'
import type { Tokens } from './tokens.ts'

const QUERY = z.object({
  since: z.iso.datetime({ offset: true }).transform(Date.parse).default(0),
  until: z.iso.datetime({ offset: true }).transform(Date.parse).default(Infinity),
  filter: z.string().optional(),
  limit: z.coerce.number().int().min(0).max(1000).default(100),
})

export const logApi = (log: SystemLog, tokens: Tokens): Hono<OrgEnv> => {
  const app = new Hono<OrgEnv>()
  app.get('/api/v1/logs', may(tokens, 'okta.logs.read'), (c) => {
    const { since, until, filter, limit } = parseAs(QUERY, c.req.query(), 'query')
    const fits =
      filter === undefined ? () => true : parseSearch(filter, (name) => LOG_ATTRIBUTES.get(name))
    const isWithin = (published: string): boolean =>
      Date.parse(published) >= since && Date.parse(published) < until
    const events = log.events().filter((event) => isWithin(event.published) && fits(event))
    return c.json(events.slice(0, limit))
  })
  return app
}
