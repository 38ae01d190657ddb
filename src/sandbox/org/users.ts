/** The users of an org, stored so that a million of them fit into memory and pages are cheap. */
import type { UserCredentials } from './credentials.ts'
import { indexOfId, makeId } from '../ids.ts'
import { lifecycleLinks, type UserStatus } from './lifecycle.ts'
import { uniqueLogin, type UserProfile } from './profile.ts'
import { schemaHref, typeHref, type UserType } from './user-types.ts'

export interface User {
  /** The order of creation, from which the id is made. */
  readonly index: number
  status: UserStatus
  readonly created: string
  activated: string | null
  statusChanged: string | null
  lastLogin: string | null
  lastUpdated: string
  passwordChanged: string | null
  readonly type: UserType
  readonly groupIds: readonly string[]
  profile: UserProfile
  credentials: UserCredentials
}

export type NewUser = Pick<User, 'status' | 'type' | 'groupIds' | 'profile' | 'credentials'>

export const userId = ({ index }: User): string => makeId('00u', index)

export const loginOf = ({ profile }: User): string => String(profile['login'])

/** As the System Log shows it. */
export const nameOf = ({ profile }: User): string =>
  [profile['firstName'], profile['lastName']].filter(Boolean).join(' ')

/** The user as lists show it. `origin` is the scheme and host that the caller used. */
export const userView = (user: User, origin: string) => ({
  id: userId(user),
  status: user.status,
  created: user.created,
  activated: user.activated,
  statusChanged: user.statusChanged,
  lastLogin: user.lastLogin,
  lastUpdated: user.lastUpdated,
  passwordChanged: user.passwordChanged,
  type: { id: user.type.id },
  // Always present in recorded answers.
  profile: { secondEmail: null, ...user.profile } as UserProfile,
  credentials: {
    ...(user.credentials.password === 'none' ? {} : { password: {} }),
    ...(user.credentials.question !== undefined && {
      recovery_question: { question: user.credentials.question },
    }),
    provider: user.credentials.provider,
  },
  _links: { self: { href: `${origin}/api/v1/users/${userId(user)}` } },
})

/** The user as answers about one user show it, with links to the operations that are possible now. */
export const fullUserView = (user: User, origin: string) => {
  const view = userView(user, origin)
  const { self } = view._links
  return {
    ...view,
    _links: {
      self,
      schema: { href: schemaHref(origin, user.type) },
      type: { href: typeHref(origin, user.type) },
      ...lifecycleLinks(user.status, self.href),
    },
  }
}

export type UserView = ReturnType<typeof userView>

const keyOf = (profile: UserProfile, name: 'login' | 'email'): string =>
  uniqueLogin(String(profile[name]))

/** Scans all logins: too rare to be worth the memory of an index. */
const findShortName = (logins: ReadonlyMap<string, User>, name: string): User | undefined => {
  const start = `${uniqueLogin(name)}@`
  let found: User | undefined
  for (const [key, user] of logins) {
    if (!key.startsWith(start)) continue
    if (found) return undefined
    found = user
  }
  return found
}

/** Users by their unique attributes. */
const createIndex = (uniqueEmail: boolean) => {
  const logins = new Map<string, User>()
  const emails = new Map<string, User>()
  return {
    byLogin: (login: string) => logins.get(uniqueLogin(login)),
    byShortName: (name: string) => findShortName(logins, name),
    /** Whether another user has this login or, if addresses must be unique, this e-mail address. */
    isTaken: (profile: UserProfile, user?: User): boolean =>
      [logins.get(keyOf(profile, 'login')), emails.get(keyOf(profile, 'email'))].some(
        (holder) => holder !== undefined && holder !== user,
      ),
    add(user: User): void {
      logins.set(keyOf(user.profile, 'login'), user)
      if (uniqueEmail) emails.set(keyOf(user.profile, 'email'), user)
    },
    remove({ profile }: User): void {
      logins.delete(keyOf(profile, 'login'))
      emails.delete(keyOf(profile, 'email'))
    },
  }
}

export const createUserStore = ({ uniqueEmail = false } = {}) => {
  const users: (User | undefined)[] = []
  const index = createIndex(uniqueEmail)

  function* from(start: number): Generator<User> {
    for (let index = start; index < users.length; index += 1) {
      const user = users[index]
      if (user) yield user
    }
  }

  return {
    add(user: NewUser, now: string): User {
      const activated = user.status === 'STAGED' ? null : now
      const added: User = {
        index: users.length,
        ...user,
        created: now,
        activated,
        statusChanged: activated,
        lastLogin: null,
        lastUpdated: now,
        passwordChanged: user.credentials.password === 'none' ? null : now,
      }
      users.push(added)
      index.add(added)
      return added
    },
    isTaken: index.isTaken,
    /** By id, by login, or by the part of the login before the @ if only one user has it. */
    find(idOrName: string): User | undefined {
      const at = indexOfId('00u', idOrName)
      if (at !== undefined) return users[at]
      const isShort = !idOrName.includes('@')
      return index.byLogin(idOrName) ?? (isShort ? index.byShortName(idOrName) : undefined)
    },
    setProfile(user: User, profile: UserProfile): void {
      index.remove(user)
      user.profile = profile
      index.add(user)
    },
    remove(user: User): void {
      index.remove(user)
      users[user.index] = undefined
    },
    /** `next`: where the next page begins, if there is one. */
    page(start: number, limit: number, accepts: (user: User) => boolean) {
      const found: User[] = []
      for (const user of from(start)) {
        if (!accepts(user)) continue
        if (found.length === limit) return { users: found, next: user.index }
        found.push(user)
      }
      return { users: found, next: undefined }
    },
    values: () => from(0),
  }
}

export type UserStore = ReturnType<typeof createUserStore>
