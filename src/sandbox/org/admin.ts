/** The admin of the org, who exists from the start and owns its API tokens. */
import { makeId } from '../ids.ts'
import { NO_CREDENTIALS } from './credentials.ts'
import type { UserType } from './user-types.ts'
import type { NewUser } from './users.ts'

/** The first user. */
export const ADMIN_ID = makeId('00u', 0)

const LOGIN = 'admin@sandbox.example'

/** As the System Log shows the owner of an API token. */
export const ADMIN_ACTOR = {
  id: ADMIN_ID,
  type: 'User',
  alternateId: LOGIN,
  displayName: 'Sandbox Admin',
} as const

export const adminOf = (type: UserType): NewUser => ({
  status: 'ACTIVE',
  type,
  groupIds: [],
  profile: { login: LOGIN, email: LOGIN, firstName: 'Sandbox', lastName: 'Admin' },
  credentials: NO_CREDENTIALS,
})
