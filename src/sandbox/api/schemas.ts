/** The schemas of users and their types, read-only (Okta Management API, "Schemas" and "User Types"). */
import { Hono } from 'hono'
import { notFound } from '../http/errors.ts'
import { requireScope } from '../http/middleware.ts'
import { originOf, type OrgEnv } from '../http/request.ts'
import type { Org } from '../org/org.ts'
import { schemaView } from '../org/schema.ts'
import { schemaHref, typeView } from '../org/user-types.ts'

export const metaApi = ({ tokens, userTypes, wallClock }: Org): Hono<OrgEnv> => {
  const app = new Hono<OrgEnv>()
  const createdAt = wallClock.iso()
  const mayReadTypes = requireScope(tokens, 'okta.userTypes.read')
  app.get('/api/v1/meta/schemas/user/:id', requireScope(tokens, 'okta.schemas.read'), (c) => {
    const type = userTypes.bySchemaId(c.req.param('id'))
    return c.json(schemaView(type.schema, schemaHref(originOf(c), type), type.name, createdAt))
  })
  app.get('/api/v1/meta/types/user', mayReadTypes, (c) =>
    c.json(userTypes.list.map((type) => typeView(type, originOf(c), createdAt))),
  )
  app.get('/api/v1/meta/types/user/:id', mayReadTypes, (c) => {
    const id = c.req.param('id')
    const type = id === 'default' ? userTypes.default : userTypes.byId(id)
    if (!type) throw notFound(id, 'UserType')
    return c.json(typeView(type, originOf(c), createdAt))
  })
  return app
}
