/** The operations on a user's lifecycle in one table: the statuses before and after, and Okta's refusal. */
import { invalid, OktaError } from '../http/errors.ts'

const IN_USE = ['PROVISIONED', 'ACTIVE', 'RECOVERY', 'PASSWORD_EXPIRED', 'LOCKED_OUT'] as const
const EXISTING = ['STAGED', ...IN_USE, 'SUSPENDED'] as const

export type UserStatus = (typeof EXISTING)[number] | 'DEPROVISIONED'

interface Operation {
  /** The name of the link to it in answers about a user. */
  readonly link?: string
  readonly from: readonly UserStatus[]
  /** The status after it, if it changes. */
  readonly to?: UserStatus
  /** If not the usual one, E0000038. */
  readonly refusal?: () => OktaError
}

const isActive = () => new OktaError('E0000016')
const notActive = () => invalid('suspendUser', 'Cannot suspend a user that is not active')
const notSuspended = () => invalid('unsuspendUser', 'Cannot unsuspend a user that is not suspended')
const notLocked = () => new OktaError('E0000032')

const expiry = { from: ['ACTIVE', 'PASSWORD_EXPIRED'], to: 'PASSWORD_EXPIRED' } as const

const TABLE = {
  activate: { link: 'activate', from: ['STAGED', 'DEPROVISIONED'], refusal: isActive },
  reactivate: { link: 'reactivate', from: ['PROVISIONED', 'RECOVERY'] },
  deactivate: { link: 'deactivate', from: EXISTING, to: 'DEPROVISIONED' },
  suspend: { link: 'suspend', from: ['ACTIVE'], to: 'SUSPENDED', refusal: notActive },
  unsuspend: { link: 'unsuspend', from: ['SUSPENDED'], to: 'ACTIVE', refusal: notSuspended },
  unlock: { link: 'unlock', from: ['LOCKED_OUT'], to: 'ACTIVE', refusal: notLocked },
  reset_password: { link: 'resetPassword', from: IN_USE, to: 'RECOVERY' },
  expire_password: { link: 'expirePassword', ...expiry },
  expire_password_with_temp_password: expiry,
  reset_factors: { link: 'resetFactors', from: IN_USE },
} as const satisfies Readonly<Record<string, Operation>>

export type OperationName = keyof typeof TABLE

export const OPERATIONS = Object.entries(TABLE) as [OperationName, Operation][]

/** Links to the operations that this status allows. `href` is the user's own. */
export const lifecycleLinks = (status: UserStatus, href: string): Record<string, object> => {
  const links: Record<string, object> = {}
  for (const [name, { link, from }] of OPERATIONS) {
    if (link === undefined || !from.includes(status)) continue
    links[link] = { href: `${href}/lifecycle/${name}`, method: 'POST' }
  }
  if (status === 'DEPROVISIONED') links['delete'] = { href, method: 'DELETE' }
  return links
}
