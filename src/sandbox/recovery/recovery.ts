/** New passwords by the person: links for those who forgot it or never had one, expired passwords, and unlocking. */
import { OktaError } from '../http/errors.ts'
import type { LogSource } from '../log/source.ts'
import { logTarget } from '../log/system-log.ts'
import { changeCredentials, type UserCredentials } from '../org/credentials.ts'
import { passwordMatches } from '../org/hashes.ts'
import type { UserStatus } from '../org/lifecycle.ts'
import type { Org } from '../org/org.ts'
import { loginOf, type User } from '../org/users.ts'
import { createRing } from '../ring.ts'
import { createRecoveryLinks } from './links.ts'

const MINUTE_MS = 60_000
/** "Activation emails are valid for", in an org's general security settings: seven days unless changed. */
const ACTIVATION_MINUTES = 7 * 24 * 60
const MAX_MAILS = 10_000
/** Statuses that a new password ends. */
const ENDED: readonly UserStatus[] = ['RECOVERY', 'LOCKED_OUT', 'PASSWORD_EXPIRED', 'PROVISIONED']
const USABLE: readonly UserStatus[] = [...ENDED, 'ACTIVE']

const PAGES = {
  reset: 'reset_password',
  forgot: 'reset_password',
  activate: 'welcome',
  unlock: 'unlock',
} as const

type LinkKind = keyof typeof PAGES

/** An e-mail that Okta would send. */
export interface Mail {
  readonly to: string
  readonly login: string
  readonly at: string
  readonly kind: LinkKind
  readonly url: string
}

const createLinks = ({ wallClock, policy, links }: Org) => {
  const unlocks = createRecoveryLinks(() => wallClock.epoch())
  const mails = createRing<Mail>(MAX_MAILS)
  return {
    unlocks,
    mails,
    /** @returns the link, which is also in an e-mail if one is wanted */
    send: (user: User, origin: string, kind: LinkKind, isMailed: boolean): string => {
      const minutes = kind === 'activate' ? ACTIVATION_MINUTES : policy.linkMinutes
      const store = kind === 'unlock' ? unlocks : links
      const token = store.issue(user, wallClock.epoch() + minutes * MINUTE_MS)
      const url = `${origin}/${PAGES[kind]}/${token}`
      const [to, login, at] = [String(user.profile['email']), loginOf(user), wallClock.iso()]
      if (isMailed) mails.push({ to, login, at, kind, url })
      return url
    },
  }
}

const becomeActive = ({ wallClock, lockout }: Org, user: User): void => {
  lockout.clear(user)
  if (!ENDED.includes(user.status)) return
  user.status = 'ACTIVE'
  user.statusChanged = user.lastUpdated = wallClock.iso()
}

/** What a person's new password changes. */
const storePassword = (org: Org, user: User, given: UserCredentials, source: LogSource): void => {
  const { switches, wallClock, log } = org
  const isKept =
    user.credentials.password === 'hook' && switches.current.providerAfterReset === 'IMPORT'
  const { provider } = isKept ? user.credentials : given
  user.credentials = { ...given, provider }
  user.passwordChanged = user.lastUpdated = wallClock.iso()
  becomeActive(org, user)
  const eventType = 'user.account.update_password'
  log.write({ eventType, isSuccess: true, target: logTarget(user), source })
}

const refuseIfReadOnly = ({ faults }: Org): void => {
  if (faults.current.readOnly) throw new OktaError('E0000010')
}

/** Passwords that are right, but must be changed ("Change password" of the Authentication API). */
const createExpiry = (org: Org) => {
  const tokens = createRecoveryLinks(() => org.wallClock.epoch())
  const find = (token: string): User => {
    const { user } = tokens.find(token) ?? {}
    if (user?.status !== 'PASSWORD_EXPIRED') throw new OktaError('E0000011')
    return user
  }
  return {
    /** A state token, for a person whose expired password was right. */
    expired: (user: User, endsAt: number): string => tokens.issue(user, endsAt),
    /**
     * Replaces the password. One that the policy refuses does not use the token up.
     * @throws OktaError E0000011, E0000014 for a wrong old password, E0000080
     */
    async changeExpired(token: string, old: string, value: string, source: LogSource) {
      const user = find(token)
      const { password } = user.credentials
      const isRight = typeof password === 'object' && (await passwordMatches(password, old))
      if (!isRight) throw new OktaError('E0000014')
      const credentials = await changeCredentials(user.credentials, { password: { value } })
      // Another call may have used the token meanwhile.
      find(token)
      tokens.cancel(user)
      org.links.cancel(user)
      storePassword(org, user, credentials, source)
      return user
    },
  }
}

export const createRecovery = (org: Org) => {
  const { links, switches, log } = org
  const { unlocks, mails, send } = createLinks(org)

  const usableLink = (token: string) => {
    const link = links.find(token)
    if (!link || !USABLE.includes(link.user.status)) throw new OktaError('E0000105')
    return link
  }

  return {
    ...createExpiry(org),
    mails: () => mails.values(),
    sendLink: send,
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
    async complete(token: string, value: string, source: LogSource): Promise<User> {
      refuseIfReadOnly(org)
      const { user } = usableLink(token)
      const credentials = await changeCredentials(user.credentials, { password: { value } })
      // Another call may have used the link meanwhile.
      usableLink(token)
      links.cancel(user)
      storePassword(org, user, credentials, source)
      return user
    },
    /** @throws OktaError E0000105, or E0000010 in read-only mode */
    unlock(token: string, source: LogSource): void {
      refuseIfReadOnly(org)
      const { user } = unlocks.find(token) ?? {}
      if (user?.status !== 'LOCKED_OUT') throw new OktaError('E0000105')
      unlocks.cancel(user)
      becomeActive(org, user)
      const [eventType, target] = ['user.account.unlock', logTarget(user)] as const
      log.write({ eventType, isSuccess: true, target, source })
    },
  }
}

export type Recovery = ReturnType<typeof createRecovery>
