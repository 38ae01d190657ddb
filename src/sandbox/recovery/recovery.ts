/** New passwords by a link: who may ask for one, what the link is, and what it changes. */
import { OktaError } from '../http/errors.ts'
import { logTarget } from '../log/system-log.ts'
import { changeCredentials, type UserCredentials } from '../org/credentials.ts'
import type { UserStatus } from '../org/lifecycle.ts'
import type { Org } from '../org/org.ts'
import { loginOf, type User } from '../org/users.ts'
import { createRing } from '../ring.ts'

const MINUTE_MS = 60_000
const MAX_MAILS = 10_000
/** Statuses that a new password ends. */
const ENDED: readonly UserStatus[] = ['RECOVERY', 'LOCKED_OUT', 'PASSWORD_EXPIRED', 'PROVISIONED']
const USABLE: readonly UserStatus[] = [...ENDED, 'ACTIVE']

/** An e-mail that Okta would send. */
export interface Mail {
  readonly to: string
  readonly login: string
  readonly at: string
  readonly kind: 'reset' | 'forgot'
  readonly url: string
}

/** What a person's new password changes. */
const storePassword = (org: Org, user: User, credentials: UserCredentials): void => {
  const { lockout, switches, wallClock, log } = org
  lockout.clear(user)
  const isKept =
    user.credentials.password === 'hook' && switches.current.providerAfterReset === 'IMPORT'
  const { provider } = isKept ? user.credentials : credentials
  user.credentials = { ...credentials, provider }
  user.passwordChanged = user.lastUpdated = wallClock.iso()
  if (ENDED.includes(user.status)) {
    user.status = 'ACTIVE'
    user.statusChanged = user.passwordChanged
  }
  const eventType = 'user.account.update_password'
  log.write({ eventType, isSuccess: true, target: logTarget(user) })
}

export const createRecovery = (org: Org) => {
  const { wallClock, policy, links, faults, switches } = org
  const mails = createRing<Mail>(MAX_MAILS)

  /** @returns the link, which is also in an e-mail if one is wanted */
  const sendLink = (user: User, origin: string, kind: Mail['kind'], isMailed: boolean): string => {
    const token = links.issue(user, wallClock.epoch() + policy.linkMinutes * MINUTE_MS)
    const url = `${origin}/reset_password/${token}`
    const [to, login, at] = [String(user.profile['email']), loginOf(user), wallClock.iso()]
    if (isMailed) mails.push({ to, login, at, kind, url })
    return url
  }

  const usableLink = (token: string) => {
    const link = links.find(token)
    if (!link || !USABLE.includes(link.user.status)) throw new OktaError('E0000105')
    return link
  }

  return {
    mails: () => mails.values(),
    sendLink,
    mayForget({ status, credentials: { password } }: User): boolean {
      if (status !== 'ACTIVE' || password === 'none') return false
      return password !== 'hook' || switches.current.forgotWithHook === 'allowed'
    },
    /**
     * Exchanges the token of a link for one that sets the password.
     * @throws OktaError E0000105
     */
    exchange(token: string) {
      const { user, endsAt } = usableLink(token)
      return { user, endsAt, stateToken: links.issue(user, endsAt) }
    },
    /**
     * Sets a password. A password that the policy refuses does not use the link up.
     * @throws OktaError E0000105, E0000080, or E0000010 in read-only mode
     */
    async complete(token: string, value: string): Promise<User> {
      if (faults.current.readOnly) throw new OktaError('E0000010')
      const { user } = usableLink(token)
      const credentials = await changeCredentials(user.credentials, { password: { value } })
      // Another call may have used the link meanwhile.
      usableLink(token)
      links.cancel(user)
      storePassword(org, user, credentials)
      return user
    },
  }
}

export type Recovery = ReturnType<typeof createRecovery>
