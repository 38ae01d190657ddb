/** Owns what is asked and changed of users who are there already (Okta Management API, "Users"). */
import { AppError } from '../../errors/errors.ts'
import { foldLogin } from '../../login.ts'
import type { OktaClient } from '../client/client.ts'
import { OktaRejection } from '../errors/rejection.ts'
import { readUser, type OktaUser } from './users.ts'

/** A user as Okta holds it now. */
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

type Request = OktaClient['request']

const USERS = '/api/v1/users'

const asKnown = ({
  id,
  status,
  created,
  lastLogin,
  profile,
  credentials,
}: OktaUser): KnownUser => ({
  id,
  login: profile.login ?? '',
  email: profile.email ?? undefined,
  status: status ?? undefined,
  provider: credentials?.provider?.type ?? undefined,
  created: created ?? undefined,
  lastLogin: lastLogin ?? undefined,
  profile,
})

/** Okta's own word that there is nothing: another server's 404 is none. */
export const isMissing = (err: unknown): boolean =>
  err instanceof OktaRejection && err.status === 404 && err.errorCode === 'E0000007'

/** @returns undefined where Okta says that there is nothing */
export const orMissing = async <T>(asked: Promise<T>): Promise<T | undefined> => {
  try {
    return await asked
  } catch (err) {
    if (isMissing(err)) return undefined
    throw err
  }
}

const getOne = async (request: Request, name: string): Promise<KnownUser | undefined> => {
  const path = `${USERS}/${encodeURIComponent(name)}`
  const answer = await orMissing(request({ method: 'GET', path }))
  return answer && asKnown(readUser(answer.body))
}

const listWhere = async (
  request: Request,
  how: 'filter' | 'search',
  attribute: 'login' | 'email',
  value: string,
): Promise<KnownUser[]> => {
  const expression = `profile.${attribute} eq ${JSON.stringify(value)}`
  const path = `${USERS}?${how}=${encodeURIComponent(expression)}`
  const { body } = await request({ method: 'GET', path })
  if (!Array.isArray(body)) throw new AppError('okta_answer_unusable', { detail: 'not a list' })
  return body.map((each) => asKnown(readUser(each)))
}

/** A slash cannot be part of the path ("Retrieve a user"), and dots alone are another path. */
const fitsPath = (login: string): boolean => !/[/\\]|^\.{0,2}$/.test(login)

const isMeant =
  (login: string) =>
  (user: KnownUser): boolean =>
    foldLogin(user.login) === foldLogin(login)

const findByPath = async (request: Request, login: string): Promise<KnownUser | undefined> => {
  const user = fitsPath(login) ? await getOne(request, login) : undefined
  return user && isMeant(login)(user) ? user : undefined
}

/**
 * Finds by login, without regard to case and diacritics, as Okta holds logins unique. The path also takes an
 * id, `me` and a short name before the @, and who is there is then not the one meant. Whether it finds people
 * who are deactivated is not documented; the list with a filter does.
 */
const findByLogin = async (request: Request, login: string): Promise<KnownUser | undefined> => {
  const user = await findByPath(request, login)
  if (user) return user
  return (await listWhere(request, 'filter', 'login', login)).find(isMeant(login))
}

const whoAmI = async (request: Request): Promise<KnownUser | undefined> => {
  try {
    return await getOne(request, 'me')
  } catch (err) {
    const isNobody = err instanceof OktaRejection || (err as AppError).code === 'okta_forbidden'
    if (isNobody) return undefined
    throw err
  }
}

/** @param request the client's own, or one that ends its waits with the run */
export const createKnownUsers = (request: Request) => ({
  /** @returns undefined where nobody has the login */
  find: (login: string): Promise<KnownUser | undefined> => findByLogin(request, login),

  /** The same in one call, which may not find people who are deactivated, or whose login has a slash. */
  findByPath: (login: string): Promise<KnownUser | undefined> => findByPath(request, login),

  /**
   * Finds everybody with the address, also people who are deactivated. A filter sees a change at once, and
   * may tell upper from lower case; a search does not, and sees a change about a second later ("List all users").
   */
  async findByEmail(email: string): Promise<KnownUser[]> {
    for (const how of ['filter', 'search'] as const) {
      const users = await listWhere(request, how, 'email', email)
      const found = users.filter((user) => user.email?.toLowerCase() === email.toLowerCase())
      if (found.length > 0) return found
    }
    return []
  },

  /** @param id Okta's, as `KnownUser` has it */
  get: (id: string): Promise<KnownUser | undefined> => getOne(request, id),

  /**
   * Changes the attributes that are named, and leaves the rest and the credentials.
   * @throws OktaAnswerLost where it may or may not have been done: ask again, it may be repeated
   */
  async update(
    id: string,
    profile: Readonly<Record<string, unknown>>,
  ): Promise<KnownUser & { readonly requestId: string | undefined }> {
    const path = `${USERS}/${encodeURIComponent(id)}`
    const { body, requestId } = await request({ method: 'POST', path, body: { profile } })
    return { ...asKnown(readUser(body)), requestId }
  },

  /** @throws OktaAnswerLost where it may or may not have been done: ask for the status */
  async deactivate(id: string): Promise<void> {
    const path = `${USERS}/${encodeURIComponent(id)}/lifecycle/deactivate?sendEmail=false`
    await request({ method: 'POST', path })
  },

  /**
   * Deletes a user who is deactivated. Of another, Okta's first DELETE only deactivates, and the repeat of
   * one whose answer was lost would then delete: ask for the status first.
   */
  async delete(id: string): Promise<void> {
    const path = `${USERS}/${encodeURIComponent(id)}?sendEmail=false`
    // A repeat finds nothing where the first one did its work.
    await orMissing(request({ method: 'DELETE', path }))
  },

  /** The account that an API token belongs to; undefined for a service app, which has none. */
  whoAmI: (): Promise<KnownUser | undefined> => whoAmI(request),
})

export type KnownUsers = ReturnType<typeof createKnownUsers>
