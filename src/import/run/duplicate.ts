/** Finds the user who already has the login or the e-mail address of a row that Okta calls a duplicate. */
import { foldLogin } from '../../login.ts'
import type { KnownUser, KnownUsers } from '../../okta/api/known-users.ts'
import { OktaRejection } from '../../okta/errors/rejection.ts'
import { printable } from '../../text/printable.ts'
import type { RowOutcome } from '../journal/row.ts'
import type { Sendable } from '../rows/prepare.ts'

/** Only the text of the cause distinguishes a duplicate from other errors (Okta error code E0000001). */
const IS_DUPLICATE = /^login: .*already exists/i

export const isDuplicate = ({ errorCode, causes }: OktaRejection): boolean =>
  errorCode === 'E0000001' && causes.some((cause) => IS_DUPLICATE.test(cause))

/** Whether the row has a value that another user has, of whatever attribute. */
export const isTaken = ({ causes }: OktaRejection): boolean =>
  causes.some((cause) => /already exists/i.test(cause))

/** A user with the row's login, whom this import did not create. */
export const asExisting = ({ id: oktaId, login, status, provider }: KnownUser): RowOutcome => ({
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

/** The user with the login; if there is none, what was found instead. */
interface Holder {
  readonly user: KnownUser | undefined
  readonly explanation: string
}

const search = async (users: KnownUsers, { login, request }: Sendable): Promise<Holder> => {
  const byLogin = await users.find(login)
  if (byLogin) return { user: byLogin, explanation: '' }
  const { email } = request.body.profile
  const holders = typeof email === 'string' ? await users.findByEmail(email) : []
  const user = holders.find((holder) => foldLogin(holder.login) === foldLogin(login))
  const explanation =
    holders.length > 0
      ? `nobody has this login, and the e-mail address belongs to ${describe(holders)}`
      : 'Okta shows nobody with this login or e-mail address'
  return { user, explanation }
}

/**
 * Okta also says that a *login* exists if only the e-mail address is taken: orgs with self-service registration
 * allow an address once. And the login of the holder may differ in case or accents, so that a search by login
 * need not find it.
 */
export const findHolder = async (users: KnownUsers, sendable: Sendable): Promise<Holder> => {
  try {
    return await search(users, sendable)
  } catch (err) {
    if (!(err instanceof OktaRejection)) throw err
    return { user: undefined, explanation: `Okta does not say who has it: ${err.words}` }
  }
}
