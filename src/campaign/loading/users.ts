/** Reads the users of the org as parts of people. */
import { foldLogin, normaliseLogin } from '../../login.ts'
import type { OktaUser } from '../../okta/api/users.ts'
import type { KeptUser } from '../state/kept.ts'
import type { OktaPart, Parts } from '../state/parts.ts'
import type { NamesOf } from './accounts.ts'

export interface UsersDeps {
  readonly users: AsyncIterable<OktaUser>
  /** Where no accounts were read, every user is taken for one. */
  readonly areAccounts: boolean
  readonly namesOf: NamesOf | undefined
  /** What is to be compared with the profile of the account, as JSON. */
  readonly attributesOf: ((user: OktaUser) => string) | undefined
}

export interface UsersLoaded {
  readonly count: number
  /** Users who are left out, since another one has the login. */
  readonly sameLogin: number
}

/** @returns milliseconds since 1970, or null for what is no time */
export const timeOf = (text: string | null | undefined): number | null => {
  const ms = Date.parse(text ?? '')
  return Number.isNaN(ms) ? null : ms
}

/** A user without a login is no person who signs in; Okta has none. */
export const typedLoginOf = ({ profile }: OktaUser): string => profile.login?.trim() ?? ''

/** The key of the person in the state. */
export const personKeyOf = (user: OktaUser): string => {
  const typed = typedLoginOf(user)
  return foldLogin(typed === '' ? user.id : typed)
}

export const toOktaPart = (user: OktaUser, attributesOf?: UsersDeps['attributesOf']): OktaPart => ({
  ...{ login: personKeyOf(user), id: user.id, typed: typedLoginOf(user) },
  status: user.status ?? null,
  provider: user.credentials?.provider?.type ?? null,
  created: timeOf(user.created),
  changed: timeOf(user.passwordChanged),
  seen: timeOf(user.lastLogin),
  attributes: attributesOf?.(user) ?? null,
})

/** Where no accounts are read. */
export const userAsAccount = (
  { login, typed }: KeptUser,
  parts: Parts,
  namesOf: NamesOf | undefined,
) => ({
  ...{ login, typed, id: null, enabled: true, blocked: null, lastSeen: null, changed: null },
  ...{
    profile: null,
    wave: null,
    ...parts.decidedAs(namesOf?.(undefined, normaliseLogin(typed)) ?? []),
  },
})

export const loadUsers = async (
  { users, areAccounts, namesOf, attributesOf }: UsersDeps,
  parts: Parts,
  onRow: () => Promise<void>,
): Promise<UsersLoaded> => {
  let [count, sameLogin] = [0, 0]
  for await (const user of users) {
    const part = toOktaPart(user, attributesOf)
    const isNew = parts.addUser(part)
    count++
    if (!isNew) sameLogin++
    else if (areAccounts) parts.addAccount(userAsAccount(part, parts, namesOf))
    await onRow()
  }
  return { count, sameLogin }
}
