/** Reads the users of the org as parts of people. */
import { foldLogin, normaliseLogin } from '../../login.ts'
import type { OktaUser } from '../../okta/api/users.ts'
import type { Parts } from '../state/parts.ts'
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

const timeOf = (text: string | null | undefined): number | null => {
  const ms = Date.parse(text ?? '')
  return Number.isNaN(ms) ? null : ms
}

const asAccount = (login: string, typed: string, parts: Parts, namesOf: NamesOf | undefined) => ({
  ...{ login, typed, id: null, enabled: true, blocked: null, lastSeen: null, changed: null },
  ...{ profile: null, ...parts.decidedAs(namesOf?.(undefined, normaliseLogin(typed)) ?? []) },
})

export const loadUsers = async (
  { users, areAccounts, namesOf, attributesOf }: UsersDeps,
  parts: Parts,
  onRow: () => Promise<void>,
): Promise<UsersLoaded> => {
  let [count, sameLogin] = [0, 0]
  for await (const user of users) {
    const typed = user.profile.login?.trim() ?? ''
    // A user without a login is no person who signs in; Okta has none.
    const login = foldLogin(typed === '' ? user.id : typed)
    const isNew = parts.addUser({
      ...{ login, id: user.id, typed, status: user.status ?? null },
      provider: user.credentials?.provider?.type ?? null,
      created: timeOf(user.created),
      changed: timeOf(user.passwordChanged),
      seen: timeOf(user.lastLogin),
      attributes: attributesOf?.(user) ?? null,
    })
    count++
    if (!isNew) sameLogin++
    else if (areAccounts) parts.addAccount(asAccount(login, typed, parts, namesOf))
    await onRow()
  }
  return { count, sameLogin }
}
