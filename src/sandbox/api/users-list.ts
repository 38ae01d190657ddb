/** The list of users, with pages, filter, search and q ("List all users"). */
import { Hono } from 'hono'
import * as z from 'zod'
import { parseFields } from '../http/fields.ts'
import { requireScope } from '../http/middleware.ts'
import { originOf, parseAs, type OrgEnv } from '../http/request.ts'
import type { Org } from '../org/org.ts'
import { setLinks, pageStart } from '../http/paging.ts'
import type { AttributeSchema } from '../org/schema.ts'
import { FILTER, parseSearch, textAttribute, type SearchAttribute } from '../org/search.ts'
import type { UserTypes } from '../org/user-types.ts'
import { userId, userView, type User } from '../org/users.ts'

const MAX_LIMIT = 200
const Q_LIMIT = 10

const QUERY = z.object({
  limit: z.coerce.number().int().min(1).optional(),
  after: z.string().optional(),
  filter: z.string().optional(),
  search: z.string().optional(),
  q: z.string().optional(),
  fields: z.string().optional(),
  sortBy: z.undefined({ error: 'Is not part of the sandbox' }).optional(),
})

type ListQuery = z.infer<typeof QUERY>

type Attribute = SearchAttribute<User>
type Kinds = Readonly<Record<string, Attribute['kind']>>

const date = (read: Attribute['read']): Attribute => ({ kind: 'date', read })

const KINDS: Kinds = { number: 'number', integer: 'number', boolean: 'boolean' }

const profileAttribute = (name: string, { type, items }: AttributeSchema = {}) => {
  const kind = KINDS[(type === 'array' ? items?.type : type) ?? 'string'] ?? 'text'
  return { kind, read: ({ profile }: User) => profile[name] }
}

const FILTERABLE = new Map<string, Attribute>([
  ['id', textAttribute(userId)],
  ['status', textAttribute(({ status }) => status)],
  ['lastUpdated', date(({ lastUpdated }) => lastUpdated)],
  ...['login', 'email', 'firstName', 'lastName'].map(
    (name) => [`profile.${name}`, profileAttribute(name)] as const,
  ),
])

const SEARCHABLE = new Map<string, Attribute>([
  ...FILTERABLE,
  ['created', date(({ created }) => created)],
  ['activated', date(({ activated }) => activated)],
  ['statusChanged', date(({ statusChanged }) => statusChanged)],
  ['type.id', textAttribute(({ type }) => type.id)],
])

const searchable = (name: string, userTypes: UserTypes): Attribute | undefined => {
  const [, attribute = ''] = /^profile\.(\w+)$/.exec(name) ?? []
  const schema = userTypes.attribute(attribute)
  return SEARCHABLE.get(name) ?? (schema && profileAttribute(attribute, schema))
}

const startsWith = (wanted: string) => {
  const start = wanted.toLowerCase()
  return ({ profile, status }: User): boolean =>
    status !== 'DEPROVISIONED' &&
    [profile['firstName'], profile['lastName'], profile['email']].some((value) =>
      String(value).toLowerCase().startsWith(start),
    )
}

const predicateOf = ({ search, filter, q }: ListQuery, { userTypes }: Org) => {
  if (search !== undefined) return parseSearch(search, (name) => searchable(name, userTypes))
  if (filter !== undefined) return parseSearch(filter, (name) => FILTERABLE.get(name), FILTER)
  if (q !== undefined) return startsWith(q)
  return ({ status }: User) => status !== 'DEPROVISIONED'
}

export const listApi = (org: Org): Hono<OrgEnv> => {
  const app = new Hono<OrgEnv>()
  app.get('/api/v1/users', requireScope(org.tokens, 'okta.users.read'), (c) => {
    const query = parseAs(QUERY, c.req.query(), 'query')
    const isQ = query.q !== undefined && query.search === undefined && query.filter === undefined
    const limit = Math.min(query.limit ?? (isQ ? Q_LIMIT : MAX_LIMIT), MAX_LIMIT)
    const { users, next } = org.users.page(pageStart(query.after), limit, predicateOf(query, org))
    setLinks(c, limit, isQ ? undefined : next)
    const origin = originOf(c)
    const pick = query.fields === undefined ? (view: object) => view : parseFields(query.fields)
    return c.json(users.map((user) => pick(userView(user, origin))))
  })
  return app
}
