/** Owns the question that a duplicate asks: who is there already, by the login or by the e-mail address. */
import { foldLogin } from '../../login.ts'
import type { KnownUser, KnownUsers } from '../../okta/api/known-users.ts'
import { OktaRejection } from '../../okta/errors/rejection.ts'
import { printable } from '../../text/printable.ts'
import type { RowOutcome } from '../journal/journal.ts'
import type { Sendable } from '../rows/prepare.ts'

/** Only the text of the cause tells a duplicate from other faults (Okta error code E0000001). */
const IS_DUPLICATE = /^login: .*already exists/i

export const isDuplicate = ({ errorCode, causes }: OktaRejection): boolean =>
  errorCode === 'E0000001' && causes.some((cause) => IS_DUPLICATE.test(cause))

/** Whether the row has a value that another user has, of whatever attribute. */
export const isTaken = ({ causes }: OktaRejection): boolean =>
  causes.some((cause) => /already exists/i.test(cause))

/** A user with the row's login, whom this import did not create. */
export const existing = ({ id: oktaId, login, status, provider }: KnownUser): RowOutcome => ({
  state: 'existing',
  oktaId,
  oktaLogin: login,
  status,
  provider,
})

const MAX_SHOWN = 3

const describe = (holders: readonly KnownUser[]): string => {
  const shown = holders
    .slice(0, MAX_SHOWN)
    .map(({ login, id, status = 'status unknown' }) => printable(`${login} (${id}, ${status})`))
  const more = holders.length - shown.length
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '')
}

export interface Found {
  /** Who has the login. */
  readonly user: KnownUser | undefined
  /** Where nobody has: what was found in place of it. */
  readonly words: string
}

const look = async (users: KnownUsers, { login, request }: Sendable): Promise<Found> => {
  const byLogin = await users.find(login)
  if (byLogin) return { user: byLogin, words: '' }
  const { email } = request.body.profile
  const holders = typeof email === 'string' ? await users.findByEmail(email) : []
  const user = holders.find((holder) => foldLogin(holder.login) === foldLogin(login))
  const words =
    holders.length > 0
      ? `nobody has this login, and the e-mail address belongs to ${describe(holders)}`
      : 'Okta shows nobody with this login or e-mail address'
  return { user, words }
}

/**
 * Okta says that a *login* exists also where only the e-mail address is taken: so do orgs that allow an
 * address once, as those with self-service registration do. And a login may be held by one that differs in
 * case or accents only, which the question by login need not find.
 */
export const whoIsThere = async (users: KnownUsers, sendable: Sendable): Promise<Found> => {
  try {
    return await look(users, sendable)
  } catch (err) {
    if (!(err instanceof OktaRejection)) throw err
    return { user: undefined, words: `Okta does not say who has it: ${err.words}` }
  }
}
