/** Owns the reading of users (Okta Management API, "List all users" and "Retrieve a user"). */
import * as z from 'zod'
import { AppError } from '../../errors/errors.ts'
import type { OktaClient } from '../client/client.ts'
import { listItems } from '../client/pages.ts'

const optionalText = z.string().nullish().catch(undefined)

/** What this program looks at of a user; all else stays in place beside it. */
const schema = z.looseObject({
  id: z.string(),
  status: optionalText,
  created: optionalText,
  activated: optionalText,
  lastLogin: optionalText,
  lastUpdated: optionalText,
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
export const readUser = (value: unknown): OktaUser => {
  const { success, data } = schema.safeParse(value)
  if (!success) throw new AppError('okta_answer_unusable', { detail: 'not a user' })
  return data
}

/**
 * Whether Okta holds no password of its own for the user yet. So it is too for a hash that was
 * imported: the provider alone does not tell the two apart.
 */
export const isPending = ({ credentials }: OktaUser): boolean =>
  credentials?.provider?.type === 'IMPORT'

/**
 * Whether the next sign-in of this user asks the hook. A reset password has no way back to it (Okta
 * Management API, "Reset password"). A hash that was imported looks the same.
 */
export const needsHook = (user: OktaUser): boolean => isPending(user) && user.status !== 'RECOVERY'

export interface UserQuery {
  /** Okta's search expression; finds deactivated users too. */
  readonly search?: string | undefined
  readonly filter?: string | undefined
  /** Users a page. */
  readonly limit?: number | undefined
}

/** Without `search` or `filter`, Okta leaves out deactivated users. */
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
export const getUser = async (client: OktaClient, name: string): Promise<OktaUser> => {
  // As a path segment, these would name another resource.
  if (['', '.', '..'].includes(name)) throw new AppError('okta_not_found', { detail: 'no name' })
  const path = `/api/v1/users/${encodeURIComponent(name)}`
  return readUser((await client.request({ method: 'GET', path })).body)
}
