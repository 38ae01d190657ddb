/** The Users API: create, get, list and update ("Users" in the Okta Management API). */
import { Hono } from 'hono'
import * as z from 'zod'
import { changeCredentials, credentialsSchema, newCredentials } from '../org/credentials.ts'
import { hashOf } from '../dpop.ts'
import { invalid, OktaError } from '../http/errors.ts'
import { callSource, type LogSource } from '../log/source.ts'
import { logTarget } from '../log/system-log.ts'
import { lifecycleApi } from './lifecycle.ts'
import { listApi } from './users-list.ts'
import { requireScope } from '../http/middleware.ts'
import { flag, originOf, parseAs, readJson, type OrgContext, type OrgEnv } from '../http/request.ts'
import type { Recovery } from '../recovery/recovery.ts'
import type { Org } from '../org/org.ts'
import { checkProfile, duplicateLogin } from '../org/profile.ts'
import { userAt } from './user-at.ts'
import { fullUserView, type User } from '../org/users.ts'

const MAX_GROUPS = 20

const profileSchema = z.record(z.string(), z.unknown())

const createSchema = z.object({
  profile: profileSchema,
  credentials: credentialsSchema.optional(),
  groupIds: z.array(z.string().min(1).max(100)).default([]),
  type: z.object({ id: z.string() }).optional(),
  realmId: z.string().optional(),
})

const createQuery = z.object({
  activate: flag(true),
  provider: flag(false),
  nextLogin: z.enum(['changePassword']).optional(),
})

const updateSchema = z.object({
  profile: profileSchema.optional(),
  credentials: credentialsSchema.optional(),
})

type CreateQuery = z.infer<typeof createQuery>

/** The table in "Create a user" of the Users API, by the credentials of the user. */
const firstStatus = (query: CreateQuery, { password, provider }: User['credentials']) => {
  if (!query.activate) return 'STAGED'
  if (query.nextLogin) return 'PASSWORD_EXPIRED'
  return password === 'none' && provider.type === 'OKTA' ? 'PROVISIONED' : 'ACTIVE'
}

const checkNextLogin = (query: CreateQuery, { password }: User['credentials']): void => {
  if (!query.nextLogin) return
  if (!query.activate) throw new OktaError('E0000124')
  if (password === 'none' || password === 'hook') throw new OktaError('E0000125')
}

const show = (c: OrgContext, user: User) => c.json(fullUserView(user, originOf(c)))

const create = (org: Org, recovery: Recovery) => async (c: OrgContext) => {
  const query = parseAs(createQuery, c.req.query(), 'query')
  const body = parseAs(createSchema, await readJson(c), 'user')
  if (body.groupIds.length > MAX_GROUPS) throw new OktaError('E0000093')
  org.groups.checkNewMember(body.groupIds)
  const type = body.type ? org.userTypes.byId(body.type.id) : org.userTypes.default
  if (!type) throw invalid('type', 'No such user type')
  const profile = checkProfile(body.profile, type.schema)
  const credentials = await newCredentials(body.credentials, query.provider)
  checkNextLogin(query, credentials)
  // Nothing is awaited from here on, so that one of two concurrent calls with equal logins is a duplicate.
  if (org.users.isTaken(profile)) throw duplicateLogin()
  const status = firstStatus(query, credentials)
  const { groupIds } = body
  const user = org.users.add({ status, type, groupIds, profile, credentials }, org.wallClock.iso())
  const created = { eventType: 'user.lifecycle.create', isSuccess: true } as const
  org.log.write({ ...created, target: logTarget(user), source: callSource(c) })
  if (status === 'PROVISIONED') recovery.sendLink(user, originOf(c), 'activate', true)
  return show(c, user)
}

const setCredentials = async (
  org: Org,
  user: User,
  given: z.infer<typeof credentialsSchema>,
  source: LogSource,
) => {
  const { provider } = user.credentials
  const isSame = given.provider?.type === provider.type && given.provider.name === provider.name
  if (given.provider && !isSame) throw invalid('provider', 'Cannot be changed here')
  if (given.password?.hash && user.status !== 'STAGED') throw new OktaError('E0000038')
  user.credentials = await changeCredentials(user.credentials, given)
  if (given.password) user.passwordChanged = org.wallClock.iso()
  const isHookSetAgain = given.password?.hook && user.status === 'RECOVERY'
  if (isHookSetAgain && org.switches.current.hookSetAgain === 'ACTIVE') {
    user.status = 'ACTIVE'
    user.statusChanged = org.wallClock.iso()
  }
  if (given.password?.value === undefined) return
  const eventType = 'user.account.update_password'
  org.log.write({ eventType, isSuccess: true, target: logTarget(user), source })
  org.links.cancel(user)
  if (user.status === 'PROVISIONED' || user.status === 'RECOVERY') {
    user.status = 'ACTIVE'
    user.statusChanged = org.wallClock.iso()
  }
}

/** A partial update keeps the other attributes; a replacement removes them. */
const update = (org: Org, isPartial: boolean) => async (c: OrgContext) => {
  const { profile, credentials } = parseAs(updateSchema, await readJson(c), 'user')
  const user = userAt(org.users, c)
  const kept = isPartial ? user.profile : {}
  const next = profile && checkProfile({ ...kept, ...profile }, user.type.schema, user.profile)
  if (next && org.users.isTaken(next, user)) throw duplicateLogin()
  if (credentials) await setCredentials(org, user, credentials, callSource(c))
  // Another call may have taken the login in the meantime.
  if (next && org.users.isTaken(next, user)) throw duplicateLogin()
  if (next) {
    org.users.setProfile(user, next)
    const eventType = 'user.account.update_profile'
    org.log.write({ eventType, isSuccess: true, target: logTarget(user), source: callSource(c) })
  }
  user.lastUpdated = org.wallClock.iso()
  return show(c, user)
}

export const usersApi = (org: Org, recovery: Recovery): Hono<OrgEnv> => {
  const app = new Hono<OrgEnv>()
  const mayRead = requireScope(org.tokens, 'okta.users.read')
  const mayManage = requireScope(org.tokens, 'okta.users.manage')
  app.route('/', listApi(org))
  app.post('/api/v1/users', mayManage, create(org, recovery))
  app.get('/api/v1/users/:id', mayRead, (c) => {
    const user = userAt(org.users, c)
    c.header('etag', `W/"${hashOf(JSON.stringify(user))}"`)
    return show(c, user)
  })
  app.put('/api/v1/users/:id', mayManage, update(org, false))
  app.post('/api/v1/users/:id', mayManage, update(org, true))
  app.route('/', lifecycleApi(org, recovery))
  return app
}
