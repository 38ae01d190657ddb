/** Finds the user whom a path names by id, login or short name. */
import { notFound } from '../http/errors.ts'
import type { OrgContext } from '../http/request.ts'
import { ADMIN_ID } from '../org/admin.ts'
import type { User, UserStore } from '../org/users.ts'

/**
 * `me` is the owner of the API token: the admin, who is the first user.
 * @throws OktaError E0000007
 */
export const userAt = (users: UserStore, c: OrgContext): User => {
  const idOrName = c.req.param('id') ?? ''
  const isAdmin = idOrName === 'me' && c.req.header('authorization')?.startsWith('SSWS')
  // A user whose login has a slash is found by id only ("Retrieve a user").
  const user = idOrName.includes('/') ? undefined : users.find(isAdmin ? ADMIN_ID : idOrName)
  if (!user) throw notFound(idOrName, 'User')
  return user
}
