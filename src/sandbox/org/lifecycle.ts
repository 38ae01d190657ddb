/** The operations on a user's lifecycle in one table: the statuses before and after, and Okta's refusal. */
import { invalid, OktaError } from '../http/errors.ts'

export type UserStatus =
  | 'STAGED'
  | 'PROVISIONED'
  | 'ACTIVE'
  | 'RECOVERY'
  | 'PASSWORD_EXPIRED'
  | 'LOCKED_OUT'
  | 'SUSPENDED'
  | 'DEPROVISIONED'

export interface Operation {
  /** The name of the link to it in answers about a user. */
  readonly link?: string
  readonly from: readonly UserStatus[]
  /** The status after it, if it changes. */
  readonly to?: UserStatus
  readonly refusal: () => OktaError
}

const notAllowed = (): OktaError => new OktaError('E0000038')

const EXISTING: readonly UserStatus[] = [
  ...(['STAGED', 'PROVISIONED', 'ACTIVE', 'RECOVERY'] as const),
  ...(['PASSWORD_EXPIRED', 'LOCKED_OUT', 'SUSPENDED'] as const),
]
const IN_USE = EXISTING.filter((status) => status !== 'STAGED' && status !== 'SUSPENDED')

export type OperationName =
  | 'activate'
  | 'reactivate'
  | 'deactivate'
  | 'suspend'
  | 'unsuspend'
  | 'unlock'
  | 'reset_password'
  | 'expire_password'
  | 'expire_password_with_temp_password'
  | 'reset_factors'

export const OPERATIONS: Readonly<Record<OperationName, Operation>> = {
  activate: {
    link: 'activate',
    from: ['STAGED', 'DEPROVISIONED'],
    refusal: () => new OktaError('E0000016'),
  },
  reactivate: { link: 'reactivate', from: ['PROVISIONED'], refusal: notAllowed },
  deactivate: { link: 'deactivate', from: EXISTING, to: 'DEPROVISIONED', refusal: notAllowed },
  suspend: {
    link: 'suspend',
    from: ['ACTIVE'],
    to: 'SUSPENDED',
    refusal: () => invalid('suspendUser', 'Cannot suspend a user that is not active'),
  },
  unsuspend: {
    link: 'unsuspend',
    from: ['SUSPENDED'],
    to: 'ACTIVE',
    refusal: () => invalid('unsuspendUser', 'Cannot unsuspend a user that is not suspended'),
  },
  unlock: {
    link: 'unlock',
    from: ['LOCKED_OUT'],
    to: 'ACTIVE',
    refusal: () => new OktaError('E0000032'),
  },
  reset_password: { link: 'resetPassword', from: IN_USE, to: 'RECOVERY', refusal: notAllowed },
  expire_password: {
    link: 'expirePassword',
    from: ['ACTIVE', 'PASSWORD_EXPIRED'],
    to: 'PASSWORD_EXPIRED',
    refusal: notAllowed,
  },
  expire_password_with_temp_password: {
    from: ['ACTIVE', 'PASSWORD_EXPIRED'],
    to: 'PASSWORD_EXPIRED',
    refusal: notAllowed,
  },
  reset_factors: { link: 'resetFactors', from: IN_USE, refusal: notAllowed },
}

const ALL = Object.entries(OPERATIONS) as [OperationName, Operation][]

/** Links to the operations that this status allows. `href` is the user's own. */
export const lifecycleLinks = (status: UserStatus, href: string): Record<string, object> => {
  const links: Record<string, object> = {}
  for (const [name, { link, from }] of ALL) {
    if (link === undefined || !from.includes(status)) continue
    links[link] = { href: `${href}/lifecycle/${name}`, method: 'POST' }
  }
  if (status === 'DEPROVISIONED') links['delete'] = { href, method: 'DELETE' }
  return links
}
