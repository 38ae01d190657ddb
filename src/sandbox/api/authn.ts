/** Primary authentication of the Classic Engine ("Authentication API"). */
import { randomBytes } from 'node:crypto'
import { Hono } from 'hono'
import * as z from 'zod'
import { OktaError } from '../http/errors.ts'
import { originOf, parseAs, readJson, type OrgEnv } from '../http/request.ts'
import type { Recovery } from '../recovery/recovery.ts'
import type { SignIn } from '../sign-in.ts'
import { userId, type User } from '../org/users.ts'
import type { Org } from '../org/org.ts'

const SESSION_TOKEN_LIFE_MS = 300_000

const schema = z.union(
  [
    z.object({ username: z.string(), password: z.string() }),
    /** Of the link that a new user got. */
    z.object({ token: z.string() }),
  ],
  { error: 'Needs username and password, or the token of an activation' },
)

const userSummary = (user: User): object => {
  const { login, firstName, lastName, locale, timezone } = user.profile
  return {
    id: userId(user),
    passwordChanged: user.passwordChanged,
    profile: { login, firstName, lastName, locale, timeZone: timezone },
  }
}

/** The answer to a person who is signed in now, or who must first change the password. */
export const sessionFor = ({ wallClock }: Org, recovery: Recovery, user: User): object => {
  const endsAt = wallClock.epoch() + SESSION_TOKEN_LIFE_MS
  const isExpired = user.status === 'PASSWORD_EXPIRED'
  return {
    expiresAt: new Date(endsAt).toISOString(),
    ...(isExpired
      ? { status: 'PASSWORD_EXPIRED', stateToken: recovery.expired(user, endsAt) }
      : { status: 'SUCCESS', sessionToken: randomBytes(24).toString('base64url') }),
    _embedded: { user: userSummary(user) },
  }
}

/**
 * The answer to a person who must set a password now, for the token of a link.
 * @throws OktaError E0000105
 */
export const resetFor = (recovery: Recovery, token: string): object => {
  const { user, endsAt, stateToken } = recovery.exchange(token)
  return {
    stateToken,
    expiresAt: new Date(endsAt).toISOString(),
    status: 'PASSWORD_RESET',
    _embedded: { user: userSummary(user) },
  }
}

export const authnApi = (org: Org, recovery: Recovery, signIn: SignIn): Hono<OrgEnv> => {
  const app = new Hono<OrgEnv>()
  app.post('/api/v1/authn', async (c) => {
    const given = parseAs(schema, await readJson(c), 'authentication')
    if ('token' in given) return c.json(resetFor(recovery, given.token))
    const { username, password } = given
    const { requestId } = c.var
    const user = await signIn({
      ...{ username, password, requestId, origin: originOf(c) },
      ipAddress: c.env.incoming.socket.remoteAddress ?? '',
      userAgent: c.req.header('user-agent'),
    })
    if (!user) throw new OktaError('E0000004')
    return c.json(sessionFor(org, recovery, user))
  })
  return app
}
