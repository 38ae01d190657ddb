/** Forgotten passwords and reset links: Okta's calls for them, and the page behind a link. */
import { Hono } from 'hono'
import { html } from 'hono/html'
import * as z from 'zod'
import { sessionFor, userSummary } from '../api/authn.ts'
import { userAt } from '../api/user-at.ts'
import { OktaError } from '../http/errors.ts'
import { requireScope } from '../http/middleware.ts'
import { flag, originOf, parseAs, readBodyText, readJson, type OrgEnv } from '../http/request.ts'
import type { Org } from '../org/org.ts'
import type { Recovery } from './recovery.ts'

export const MAILS_PATH = '/sandbox/mails'

const forgotSchema = z.object({ username: z.string(), factorType: z.literal('EMAIL') })
const tokenSchema = z.object({ recoveryToken: z.string() })
const newPasswordSchema = z.object({ stateToken: z.string(), newPassword: z.string() })

const page = (text: string) =>
  html`<!doctype html>
    <html lang="en">
      <title>Set a new password</title>
      <h1>Set a new password</h1>
      <p>${text}</p>
      <form method="post">
        <label>New password <input type="password" name="password" required /></label>
        <button>Set password</button>
      </form>
    </html>`

/** For a person who opens the link. */
const pageApi = (recovery: Recovery): Hono<OrgEnv> => {
  const app = new Hono<OrgEnv>()
  app.get('/reset_password/:token', (c) => c.html(page('The link can be used once.')))
  app.post('/reset_password/:token', async (c) => {
    const password = new URLSearchParams(await readBodyText(c)).get('password') ?? ''
    try {
      await recovery.complete(c.req.param('token'), password)
    } catch (err) {
      if (!(err instanceof OktaError)) throw err
      return c.html(page(err.message), err.status)
    }
    return c.html(
      html`<!doctype html>
        <p>The password is set.</p>`,
    )
  })
  return app
}

/** "Recovery operations" of the Authentication API. */
const authnRecoveryApi = (org: Org, recovery: Recovery): Hono<OrgEnv> => {
  const app = new Hono<OrgEnv>()
  app.post('/api/v1/authn/recovery/password', async (c) => {
    const { username } = parseAs(forgotSchema, await readJson(c), 'recovery')
    const user = org.users.find(username)
    if (user && recovery.mayForget(user)) recovery.sendLink(user, originOf(c), 'forgot', true)
    // The same answer for everybody, so that nobody learns who has an account.
    const [factorResult, factorType, recoveryType] = ['WAITING', 'EMAIL', 'PASSWORD']
    return c.json({ status: 'RECOVERY_CHALLENGE', factorResult, factorType, recoveryType })
  })
  app.post('/api/v1/authn/recovery/token', async (c) => {
    const { recoveryToken } = parseAs(tokenSchema, await readJson(c), 'recovery')
    const { user, endsAt, stateToken } = recovery.exchange(recoveryToken)
    return c.json({
      stateToken,
      expiresAt: new Date(endsAt).toISOString(),
      status: 'PASSWORD_RESET',
      recoveryType: 'PASSWORD',
      _embedded: { user: userSummary(user) },
    })
  })
  app.post('/api/v1/authn/credentials/reset_password', async (c) => {
    const { stateToken, newPassword } = parseAs(newPasswordSchema, await readJson(c), 'recovery')
    const user = await recovery.complete(stateToken, newPassword)
    return c.json(sessionFor(user, org.wallClock.epoch()))
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
  app.route('/', pageApi(recovery))
  return app
}

/** The e-mails that Okta would send. Not part of Okta's API. */
export const mailsApi = (recovery: Recovery): Hono<OrgEnv> => {
  const app = new Hono<OrgEnv>()
  app.get(MAILS_PATH, (c) => c.json(recovery.mails()))
  return app
}
