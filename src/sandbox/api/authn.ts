/** Primary authentication of the Classic Engine ("Authentication API"). */
import { randomBytes } from 'node:crypto'
import { Hono } from 'hono'
import * as z from 'zod'
import { OktaError } from '../http/errors.ts'
import { originOf, parseAs, readJson, type OrgEnv } from '../http/request.ts'
import type { SignIn } from '../sign-in.ts'
import { userId, type User } from '../org/users.ts'
import type { Org } from '../org/org.ts'

const SESSION_TOKEN_LIFE_MS = 300_000

const schema = z.object({ username: z.string(), password: z.string() })

export const userSummary = (user: User): object => {
  const { login, firstName, lastName, locale, timezone } = user.profile
  return {
    id: userId(user),
    passwordChanged: user.passwordChanged,
    profile: { login, firstName, lastName, locale, timeZone: timezone },
  }
}

/** The answer to a person who is signed in now, or who must first change the password. */
export const sessionFor = (user: User, now: number): object => {
  const token = randomBytes(24).toString('base64url')
  const isExpired = user.status === 'PASSWORD_EXPIRED'
  return {
    expiresAt: new Date(now + SESSION_TOKEN_LIFE_MS).toISOString(),
    ...(isExpired
      ? { status: 'PASSWORD_EXPIRED', stateToken: token }
      : { status: 'SUCCESS', sessionToken: token }),
    _embedded: { user: userSummary(user) },
  }
}

export const authnApi = ({ wallClock }: Org, signIn: SignIn): Hono<OrgEnv> => {
  const app = new Hono<OrgEnv>()
  app.post('/api/v1/authn', async (c) => {
    const { username, password } = parseAs(schema, await readJson(c), 'authentication')
    const { requestId } = c.var
    const ipAddress = c.env.incoming.socket.remoteAddress ?? ''
    const user = await signIn({ username, password, requestId, ipAddress, origin: originOf(c) })
    if (!user) throw new OktaError('E0000004')
    return c.json(sessionFor(user, wallClock.epoch()))
  })
  return app
}
