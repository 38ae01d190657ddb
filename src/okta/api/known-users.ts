/** Finds, updates and deletes users who exist in Okta (Okta Management API, "Users"). */
import type { AppError } from '../../errors/errors.ts'
import { foldLogin } from '../../login.ts'
import type { RequestFn } from '../client/client.ts'
import { OktaRejection, orMissing } from '../errors/rejection.ts'
import { unusableAnswer } from '../errors/unusable-answer.ts'
import { getUser, readUser, type OktaUser } from './users.ts'

/** A user's current state in Okta. */
export interface KnownUser {
  readonly id: string
  readonly login: string
  readonly email: string | undefined
  readonly status: string | undefined
  /** `credentials.provider.type`. */
  readonly provider: string | undefined
  readonly created: string | undefined
  readonly lastLogin: string | undefined
  /** Every attribute that Okta shows. */
  readonly profile: Readonly<Record<string, unknown>>
}

export const isDeactivated = ({ status }: Pick<KnownUser, 'status'>): boolean =>
  status === 'DEPROVISIONED'

const USERS = '/api/v1/users'

const toKnownUser = (user: OktaUser): KnownUser => ({
  id: user.id,
  login: user.profile.login ?? '',
  email: user.profile.email ?? undefined,
  status: user.status ?? undefined,
  provider: user.credentials?.provider?.type ?? undefined,
  created: user.created ?? undefined,
  lastLogin: user.lastLogin ?? undefined,
  profile: user.profile,
})

const find = async (request: RequestFn, name: string): Promise<KnownUser | undefined> => {
  const user = await orMissing(getUser(request, name))
  return user && toKnownUser(user)
}

const listWhere = async (request: RequestFn, how: 'filter' | 'search', expression: string) => {
  const path = `${USERS}?${how}=${encodeURIComponent(expression)}`
  const { body } = await request({ method: 'GET', path })
  if (!Array.isArray(body)) throw unusableAnswer('the answer is not a list')
  return body.map((each) => toKnownUser(readUser(each)))
}

/** Okta does not find logins with a slash by path ("Retrieve a user"), and dots alone are another path. */
const fitsPath = (login: string): boolean => !/[/\\]|^\.{0,2}$/.test(login)

const hasLogin = (user: KnownUser, login: string): boolean =>
  foldLogin(user.login) === foldLogin(login)

const findByPath = async (request: RequestFn, login: string): Promise<KnownUser | undefined> => {
  const user = fitsPath(login) ? await find(request, login) : undefined
  return user && hasLogin(user, login) ? user : undefined
}

/**
 * Finds by login, ignoring case and diacritics as Okta's rule of unique logins does. The path also takes an id,
 * `me` and a short name before the @: the user found may then be another one. Whether it finds deactivated users
 * is not documented; the list with a filter does.
 */
const findByLogin = async (request: RequestFn, login: string): Promise<KnownUser | undefined> => {
  const byPath = await findByPath(request, login)
  if (byPath) return byPath
  const users = await listWhere(request, 'filter', `profile.login eq ${JSON.stringify(login)}`)
  return users.find((user) => hasLogin(user, login))
}

const whoAmI = async (request: RequestFn): Promise<KnownUser | undefined> => {
  try {
    return await find(request, 'me')
  } catch (err) {
    const hasNoUser = err instanceof OktaRejection || (err as AppError).code === 'okta_forbidden'
    if (hasNoUser) return undefined
    throw err
  }
}

/** @param request the client's own, or one that ends its waits with the run */
export const createKnownUsers = (request: RequestFn) => ({
  /** @returns undefined where no user has the login */
  find: (login: string): Promise<KnownUser | undefined> => findByLogin(request, login),

  /** The same in one call, which may miss users who are deactivated or whose login has a slash. */
  findByPath: (login: string): Promise<KnownUser | undefined> => findByPath(request, login),

  /**
   * Finds all users with the address, including deactivated ones. A filter sees changes at once but may
   * distinguish upper and lower case; a search does not, but sees changes a second late ("List all users").
   */
  async findByEmail(email: string): Promise<KnownUser[]> {
    for (const how of ['filter', 'search'] as const) {
      const users = await listWhere(request, how, `profile.email eq ${JSON.stringify(email)}`)
      const found = users.filter((user) => user.email?.toLowerCase() === email.toLowerCase())
      if (found.length > 0) return found
    }
    return []
  },

  /** @param id Okta's, as `KnownUser` has it */
  get: (id: string): Promise<KnownUser | undefined> => find(request, id),

  /**
   * Changes the given attributes, and no others and no credentials.
   * @throws OktaAnswerLost where Okta may or may not have done it: the update may be repeated
   */
  async update(id: string, profile: KnownUser['profile']) {
    const path = `${USERS}/${encodeURIComponent(id)}`
    const { body, requestId } = await request({ method: 'POST', path, body: { profile } })
    return { ...toKnownUser(readUser(body)), requestId }
  },

  /** @throws OktaAnswerLost where Okta may or may not have done it: read the user's status */
  async deactivate(id: string): Promise<void> {
    const path = `${USERS}/${encodeURIComponent(id)}/lifecycle/deactivate?sendEmail=false`
    await request({ method: 'POST', path })
  },

  /**
   * Deletes a deactivated user. For any other, Okta's first DELETE only deactivates, and a repeat after a lost
   * answer would delete: read the status first.
   */
  async delete(id: string): Promise<void> {
    const path = `${USERS}/${encodeURIComponent(id)}?sendEmail=false`
    // A repeat finds no user if the first request succeeded.
    await orMissing(request({ method: 'DELETE', path }))
  },

  /** The account that an API token belongs to; undefined for a service app, which has none. */
  whoAmI: (): Promise<KnownUser | undefined> => whoAmI(request),
})

export type KnownUsers = ReturnType<typeof createKnownUsers>
