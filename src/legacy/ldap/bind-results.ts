/** The table of what a directory's answer to a bind means. Whatever is not in it is an outage. */
import type { LoginResult } from '../login.ts'
import type { DirectoryResult } from './responses.ts'

const SUCCESS = 0
const INVALID_CREDENTIALS = 49

/** Whether the right password of an account counts where Active Directory demands another one first. */
export type ExpiredPasswords = 'match' | 'expired'

/**
 * Active Directory's codes, the system error codes of Windows in hexadecimal. All but 525, 52e and 775 are sent
 * only where the password is right. 530, 531: not at this time, not at this workstation. 532, 773: the password has
 * expired, or must be changed. 533, 701: the account is disabled, or has expired. 775: it is locked.
 */
const BY_SUB_CODE: Readonly<Record<string, LoginResult>> = {
  '525': 'unknown_login',
  '52e': 'mismatch',
  '530': 'disabled',
  '531': 'disabled',
  '532': 'expired',
  '533': 'disabled',
  '701': 'disabled',
  '773': 'expired',
  '775': 'locked',
}

/** What the password policy control adds where a bind failed (its draft, section 6.2). */
const BY_POLICY_ERROR: Readonly<Record<number, LoginResult>> = { 0: 'expired', 1: 'locked' }

/** `80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data 52e, v3839` */
const DIAGNOSTIC = /\bAcceptSecurityContext error, data ([0-9a-f]+)\b/i

export const subCodeOf = ({ code, diagnostic }: DirectoryResult): string | undefined =>
  code === INVALID_CREDENTIALS ? DIAGNOSTIC.exec(diagnostic)?.[1]?.toLowerCase() : undefined

/**
 * @param expired what Active Directory's 532 and 773 mean
 * @returns undefined where the directory did not say whether the password is right
 */
export const readBindResult = (
  result: DirectoryResult,
  expired: ExpiredPasswords,
): LoginResult | undefined => {
  const { code, policyError } = result
  if (code === SUCCESS) return 'match'
  const byPolicy = policyError === undefined ? undefined : BY_POLICY_ERROR[policyError]
  if (byPolicy) return byPolicy
  if (code !== INVALID_CREDENTIALS) return undefined
  const subCode = subCodeOf(result)
  if (subCode === undefined) return 'mismatch'
  const known = Object.hasOwn(BY_SUB_CODE, subCode) ? BY_SUB_CODE[subCode] : undefined
  return known === 'expired' ? expired : known
}
