/** Owns the question to Okta who has a login. */
import type { OktaClient } from '../okta/client.ts'
import { OktaRejection } from '../okta/rejection.ts'
import { foldLogin } from '../login.ts'

export interface User {
  readonly id: string
  readonly created: number
  readonly login: string
  readonly provider: string | undefined
}

/** The user in an answer of Okta, if it holds one. */
export const toUser = (body: unknown): User | undefined => {
  const { id, created, profile, credentials } = (body ?? {}) as {
    id?: unknown
    created?: unknown
    profile?: { login?: unknown }
    credentials?: { provider?: { type?: string } }
  }
  if (typeof id !== 'string' || typeof profile?.login !== 'string') return undefined
  const provider = credentials?.provider?.type
  return { id, created: Date.parse(String(created)), login: profile.login, provider }
}

/** Logins with a slash cannot be part of a path (Okta management API, "Retrieve a user"). */
const pathFor = (login: string): string => {
  if (!login.includes('/')) return `/api/v1/users/${encodeURIComponent(login)}`
  const quoted = JSON.stringify(login)
  return `/api/v1/users?filter=${encodeURIComponent(`profile.login eq ${quoted}`)}`
}

/** Asks Okta who has the login. A short name finds its user too, and that is not the one meant. */
export const findByLogin = async (
  request: OktaClient['request'],
  login: string,
): Promise<User | undefined> => {
  try {
    const { body } = await request({ method: 'GET', path: pathFor(login) })
    const user = toUser(Array.isArray(body) ? body[0] : body)
    return user && foldLogin(user.login) === foldLogin(login) ? user : undefined
  } catch (err) {
    if (err instanceof OktaRejection && err.status === 404) return undefined
    throw err
  }
}
