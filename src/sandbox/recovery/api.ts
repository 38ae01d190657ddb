/** Forgotten and expired passwords, and locked accounts: Okta's calls for them. */
import { Hono } from 'hono'
import * as z from 'zod'
import { resetFor, sessionFor } from '../api/authn.ts'
import { userAt } from '../api/user-at.ts'
import { OktaError } from '../http/errors.ts'
import { requireScope } from '../http/middleware.ts'
import { flag, originOf, parseAs, readJson, type OrgEnv } from '../http/request.ts'
import { personSource } from '../log/source.ts'
import type { Org } from '../org/org.ts'
import { pagesApi } from './pages.ts'
import type { Recovery } from './recovery.ts'

export const MAILS_PATH = '/sandbox/mails'

const forgotSchema = z.object({ username: z.string(), factorType: z.literal('EMAIL') })
const tokenSchema = z.object({ recoveryToken: z.string() })
const newPasswordSchema = z.object({ stateToken: z.string(), newPassword: z.string() })
const changeSchema = newPasswordSchema.extend({ oldPassword: z.string() })

/** The same answer for everybody, so that nobody learns who has an account. */
const challengeOf = (recoveryType: 'PASSWORD' | 'UNLOCK'): object => ({
  status: 'RECOVERY_CHALLENGE',
  factorResult: 'WAITING',
  factorType: 'EMAIL',
  recoveryType,
})

/** "Recovery operations" of the Authentication API. */
const authnRecoveryApi = (org: Org, recovery: Recovery): Hono<OrgEnv> => {
  const app = new Hono<OrgEnv>()
  app.post('/api/v1/authn/recovery/password', async (c) => {
    const { username } = parseAs(forgotSchema, await readJson(c), 'recovery')
    const user = org.users.find(username)
    if (user && recovery.mayForget(user)) recovery.sendLink(user, originOf(c), 'forgot', true)
    return c.json(challengeOf('PASSWORD'))
  })
  app.post('/api/v1/authn/recovery/unlock', async (c) => {
    const { username } = parseAs(forgotSchema, await readJson(c), 'recovery')
    const user = org.users.find(username)
    if (user?.status === 'LOCKED_OUT') recovery.sendLink(user, originOf(c), 'unlock', true)
    return c.json(challengeOf('UNLOCK'))
  })
  app.post('/api/v1/authn/recovery/token', async (c) => {
    const { recoveryToken } = parseAs(tokenSchema, await readJson(c), 'recovery')
    return c.json({ ...resetFor(recovery, recoveryToken), recoveryType: 'PASSWORD' })
  })
  app.post('/api/v1/authn/credentials/reset_password', async (c) => {
    const { stateToken, newPassword } = parseAs(newPasswordSchema, await readJson(c), 'recovery')
    const user = await recovery.complete(stateToken, newPassword, personSource(c))
    return c.json(sessionFor(org, recovery, user))
  })
  app.post('/api/v1/authn/credentials/change_password', async (c) => {
    const given = parseAs(changeSchema, await readJson(c), 'authentication')
    const { stateToken, oldPassword, newPassword } = given
    const source = personSource(c)
    const user = await recovery.changeExpired(stateToken, oldPassword, newPassword, source)
    return c.json(sessionFor(org, recovery, user))
  })
  return app
}

export const recoveryApi = (org: Org, recovery: Recovery): Hono<OrgEnv> => {
  const app = new Hono<OrgEnv>()
  const mayManage = requireScope(org.tokens, 'okta.users.manage')
  app.post('/api/v1/users/:id/credentials/forgot_password', mayManage, (c) => {
    const user = userAt(org.users, c)
    const query = z.object({ sendEmail: flag(true) })
    const { sendEmail } = parseAs(query, c.req.query(), 'query')
    if (!recovery.mayForget(user)) throw new OktaError('E0000034')
    const resetPasswordUrl = recovery.sendLink(user, originOf(c), 'forgot', sendEmail)
    return c.json(sendEmail ? {} : { resetPasswordUrl })
  })
  app.route('/', authnRecoveryApi(org, recovery))
  app.route('/', pagesApi(recovery))
  return app
}

/** The e-mails that Okta would send. Not part of Okta's API. */
export const mailsApi = (recovery: Recovery): Hono<OrgEnv> => {
  const app = new Hono<OrgEnv>()
  app.get(MAILS_PATH, (c) => c.json(recovery.mails()))
  return app
}
