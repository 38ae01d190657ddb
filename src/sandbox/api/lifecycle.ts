/** The operations on a user's lifecycle: activate, deactivate, reset the password, delete ("User Lifecycle"). */
import { Hono } from 'hono'
import * as z from 'zod'
import { changeCredentials, OKTA_PROVIDER } from '../org/credentials.ts'
import { OktaError } from '../http/errors.ts'
import { OPERATIONS, type OperationName, type UserStatus } from '../org/lifecycle.ts'
import { callSource, type LogSource } from '../log/source.ts'
import { logTarget, type EventType } from '../log/system-log.ts'
import { requireScope } from '../http/middleware.ts'
import { flag, originOf, parseAs, type OrgEnv } from '../http/request.ts'
import type { Org } from '../org/org.ts'
import { oneTimeToken } from '../recovery/links.ts'
import type { Recovery } from '../recovery/recovery.ts'
import { userAt } from './user-at.ts'
import { fullUserView, type User } from '../org/users.ts'

/** With `sendEmail=false` the answer has the link that an e-mail would have. */
const emailQuery = z.object({ sendEmail: flag(true) })

const EVENTS: Partial<Record<OperationName, EventType>> = {
  activate: 'user.lifecycle.activate',
  reactivate: 'user.lifecycle.reactivate',
  deactivate: 'user.lifecycle.deactivate',
  suspend: 'user.lifecycle.suspend',
  unsuspend: 'user.lifecycle.unsuspend',
  unlock: 'user.account.unlock',
  reset_password: 'user.account.reset_password',
  expire_password: 'user.account.expire_password',
  expire_password_with_temp_password: 'user.account.expire_password',
}

type Act = (user: User, origin: string, sendEmail: boolean) => object | Promise<object>

const createActs = (
  { wallClock, lockout, switches }: Org,
  recovery: Recovery,
): Partial<Record<OperationName, Act>> => {
  const activation: Act = (user, origin, sendEmail) => {
    const activationUrl = recovery.sendLink(user, origin, 'activate', sendEmail)
    return sendEmail ? {} : { activationUrl, activationToken: activationUrl.split('/').at(-1) }
  }
  return {
    reactivate: activation,
    activate(user, ...more) {
      const { password, provider } = user.credentials
      user.status = password === 'none' && provider.type === 'OKTA' ? 'PROVISIONED' : 'ACTIVE'
      user.activated = wallClock.iso()
      return activation(user, ...more)
    },
    reset_password(user, origin, sendEmail) {
      const { credentials } = user
      const isMoved =
        switches.current.providerAtReset === 'OKTA' && credentials.provider.type === 'IMPORT'
      if (isMoved) user.credentials = { ...credentials, provider: OKTA_PROVIDER }
      const resetPasswordUrl = recovery.sendLink(user, origin, 'reset', sendEmail)
      return sendEmail ? {} : { resetPasswordUrl }
    },
    unlock(user) {
      lockout.clear(user)
      return {}
    },
    expire_password: fullUserView,
    async expire_password_with_temp_password(user) {
      const tempPassword = `Aa1${oneTimeToken()}`
      const password = { value: tempPassword }
      user.credentials = await changeCredentials(user.credentials, { password })
      return { tempPassword }
    },
  }
}

export const lifecycleApi = (org: Org, recovery: Recovery): Hono<OrgEnv> => {
  const { wallClock, users, tokens, log } = org
  const app = new Hono<OrgEnv>()
  const mayManage = requireScope(tokens, 'okta.users.manage')
  const acts = createActs(org, recovery)

  const moveTo = (
    user: User,
    status: UserStatus,
    source: LogSource,
    eventType?: EventType,
  ): void => {
    user.status = status
    user.statusChanged = user.lastUpdated = wallClock.iso()
    if (eventType) log.write({ eventType, isSuccess: true, target: logTarget(user), source })
  }

  for (const [operation, { from, to, refusal }] of OPERATIONS) {
    app.post(`/api/v1/users/:id/lifecycle/${operation}`, mayManage, async (c) => {
      const user = userAt(users, c)
      const needsQuery = operation === 'reset_password' && c.req.query('sendEmail') === undefined
      if (needsQuery) throw new OktaError('E0000028')
      const { sendEmail } = parseAs(emailQuery, c.req.query(), 'query')
      if (!from.includes(user.status)) throw refusal?.() ?? new OktaError('E0000038')
      if (to) user.status = to
      const answer = (await acts[operation]?.(user, originOf(c), sendEmail)) ?? {}
      moveTo(user, user.status, callSource(c), EVENTS[operation])
      return c.json(answer)
    })
  }

  app.delete('/api/v1/users/:id', mayManage, (c) => {
    const user = userAt(users, c)
    // The first call deactivates, the second deletes.
    if (user.status === 'DEPROVISIONED') {
      users.remove(user)
      const eventType = 'user.lifecycle.delete.completed'
      log.write({ eventType, isSuccess: true, target: logTarget(user), source: callSource(c) })
    } else moveTo(user, 'DEPROVISIONED', callSource(c), EVENTS.deactivate)
    return c.body(null, 204)
  })
  return app
}
