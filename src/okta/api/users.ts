/** Reads users (Okta Management API, "List all users" and "Retrieve a user"). */
import * as z from 'zod'
import { AppError } from '../../errors/errors.ts'
import { readAs } from '../errors/unusable-answer.ts'
import type { OktaClient, RequestFn } from '../client/client.ts'
import { listItems } from '../client/pages.ts'

const optionalText = z.string().nullish().catch(undefined)

/** The attributes that this program uses. The others are kept as they are. */
const schema = z.looseObject({
  id: z.string(),
  status: optionalText,
  created: optionalText,
  activated: optionalText,
  statusChanged: optionalText,
  lastLogin: optionalText,
  lastUpdated: optionalText,
  passwordChanged: optionalText,
  profile: z
    .looseObject({
      login: optionalText,
      email: optionalText,
      firstName: optionalText,
      lastName: optionalText,
    })
    .catch({}),
  credentials: z
    .looseObject({ provider: z.looseObject({ type: optionalText }).optional() })
    .optional()
    .catch(undefined),
})

export type OktaUser = z.infer<typeof schema>

/** @throws AppError `okta_answer_unusable` */
export const readUser = (value: unknown): OktaUser => readAs(schema, value, 'a user')

/**
 * Whether Okta has not set a password of its own for the user yet. This includes users with an imported hash:
 * the provider alone does not distinguish the two.
 */
export const isPending = ({ credentials }: OktaUser): boolean =>
  credentials?.provider?.type === 'IMPORT'

/** With any other status nobody has a password for certain: an admin, or a link, must come first. */
export const HAVE_PASSWORD: readonly string[] = ['ACTIVE', 'PASSWORD_EXPIRED', 'LOCKED_OUT']

/** Whether it is certain that Okta has a password of its own for the user. */
export const hasMoved = ({ status, credentials }: OktaUser): boolean =>
  credentials?.provider?.type === 'OKTA' && HAVE_PASSWORD.includes(status ?? '')

/**
 * Whether the user's next sign-in calls the hook, unless a hash was imported, which looks the same. After a reset
 * of the password Okta never calls it again (Okta Management API, "Reset password").
 */
export const needsHook = (user: OktaUser): boolean => isPending(user) && user.status !== 'RECOVERY'

export interface UserQuery {
  /** Okta's search expression, which also finds deactivated users. */
  readonly search?: string | undefined
  readonly filter?: string | undefined
  /** Users per page. */
  readonly limit?: number | undefined
}

/** Without `search` or `filter`, Okta omits deactivated users. */
export async function* listUsers(client: OktaClient, query: UserQuery): AsyncGenerator<OktaUser> {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query) as [string, string | number | undefined][]) {
    if (value !== undefined) parameters.set(name, String(value))
  }
  const path = `/api/v1/users?${parameters.toString()}`
  for await (const user of listItems(client, path)) yield readUser(user)
}

/**
 * @param name an id, a login, a short name where it is unique, or `me`
 * @throws OktaRejection with status 404 where there is no such user
 */
export const getUser = async (request: RequestFn, name: string): Promise<OktaUser> => {
  // As part of the path, these would name another resource.
  if (['', '.', '..'].includes(name)) throw new AppError('okta_not_found', { detail: 'no name' })
  const path = `/api/v1/users/${encodeURIComponent(name)}`
  return readUser((await request({ method: 'GET', path })).body)
}
