/** Owns a user's lifecycle: activate, deactivate, reset the password, delete ("User Lifecycle"). */
import { randomBytes } from 'node:crypto'
import { Hono } from 'hono'
import * as z from 'zod'
import { OktaError } from './errors.ts'
import { flag, may, originOf, parseAs, type Org, type OrgEnv } from './org.ts'
import { userAt } from './user-at.ts'
import type { Status, User } from './users.ts'

const EMAIL_QUERY = z.object({ sendEmail: flag(true) })

const makeOneTimeToken = (): string => randomBytes(15).toString('base64url')

export const lifecycleApi = ({ wall, users, tokens }: Org): Hono<OrgEnv> => {
  const app = new Hono<OrgEnv>()
  const mayManage = may(tokens, 'okta.users.manage')

  const moveTo = (user: User, status: Status): void => {
    user.status = status
    user.statusChanged = user.lastUpdated = wall.iso()
    if (status === 'ACTIVE' || status === 'PROVISIONED') user.activated = user.statusChanged
  }

  app.post('/api/v1/users/:id/lifecycle/activate', mayManage, (c) => {
    const { sendEmail } = parseAs(EMAIL_QUERY, c.req.query(), 'query')
    const user = userAt(users, c)
    if (user.status !== 'STAGED' && user.status !== 'DEPROVISIONED') throw new OktaError('E0000016')
    const { password, provider } = user.credentials
    const needsToken = password === 'none' && provider.type === 'OKTA'
    moveTo(user, needsToken ? 'PROVISIONED' : 'ACTIVE')
    if (sendEmail || !needsToken) return c.json({})
    const activationToken = makeOneTimeToken()
    return c.json({ activationUrl: `${originOf(c)}/welcome/${activationToken}`, activationToken })
  })

  app.post('/api/v1/users/:id/lifecycle/deactivate', mayManage, (c) => {
    moveTo(userAt(users, c), 'DEPROVISIONED')
    return c.json({})
  })

  app.post('/api/v1/users/:id/lifecycle/reset_password', mayManage, (c) => {
    const { sendEmail } = parseAs(EMAIL_QUERY, c.req.query(), 'query')
    const user = userAt(users, c)
    if (!RESETTABLE.includes(user.status)) throw new OktaError('E0000038')
    moveTo(user, 'RECOVERY')
    if (sendEmail) return c.json({})
    const resetPasswordUrl = `${originOf(c)}/reset_password/${makeOneTimeToken()}`
    return c.json({ resetPasswordUrl })
  })

  app.delete('/api/v1/users/:id', mayManage, (c) => {
    const user = userAt(users, c)
    // The first call deactivates, the second deletes.
    if (user.status === 'DEPROVISIONED') users.remove(user)
    else moveTo(user, 'DEPROVISIONED')
    return c.body(null, 204)
  })
  return app
}

const RESETTABLE: readonly Status[] = ['ACTIVE', 'PROVISIONED', 'RECOVERY', 'PASSWORD_EXPIRED']
